"""Stores what is counted; one module for each subject."""

from insights.models.facts import Change, ChangeKind, FollowUpFact, LegFact, Reading
from insights.models.rollups import Rollup

__all__ = ["Change", "ChangeKind", "FollowUpFact", "LegFact", "Reading", "Rollup"]
