"""Stores what is counted; one module for each subject."""

from insights.models.facts import Change, ChangeKind, FollowUpFact, LegFact, Reading
from insights.models.rollups import Rollup
from insights.models.volumes import FileState, Volume, VolumeFile

__all__ = [
    "Change",
    "ChangeKind",
    "FileState",
    "FollowUpFact",
    "LegFact",
    "Reading",
    "Rollup",
    "Volume",
    "VolumeFile",
]
