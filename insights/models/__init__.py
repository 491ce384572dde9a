"""Stores what is counted; one module for each subject."""

from insights.models.capitation import CapitationAgreement, CapitationCommunity
from insights.models.exports import Export, ExportForm, ExportKind, ExportState
from insights.models.facts import Change, ChangeKind, FollowUpFact, LegFact, Reading
from insights.models.jobs import DepartmentForecast, Job, JobState, WhatIf
from insights.models.rollups import Rollup
from insights.models.secondments import Secondment, Title
from insights.models.statements import Standing, Statement
from insights.models.volumes import FileKind, FileState, Volume, VolumeFile

__all__ = [
    "CapitationAgreement",
    "CapitationCommunity",
    "Change",
    "ChangeKind",
    "DepartmentForecast",
    "Export",
    "ExportForm",
    "ExportKind",
    "ExportState",
    "FileKind",
    "FileState",
    "FollowUpFact",
    "Job",
    "JobState",
    "LegFact",
    "Reading",
    "Rollup",
    "Secondment",
    "Standing",
    "Statement",
    "Title",
    "Volume",
    "VolumeFile",
    "WhatIf",
]
