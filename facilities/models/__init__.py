"""Gathers the directory's tables, which are split by subject."""

from facilities.models.calendar import Holiday
from facilities.models.capacity import Pool
from facilities.models.events import Designation, PublicHealthEvent
from facilities.models.facility import Accreditation, Facility, Region
from facilities.models.history import DirectoryChange, Subject
from facilities.models.imports import Trial
from facilities.models.networks import Alliance, Membership, Relation
from facilities.models.people import Delegation
from facilities.models.services import Capability, Department, StaffPost

__all__ = [
    "Accreditation",
    "Alliance",
    "Capability",
    "Delegation",
    "Department",
    "Designation",
    "DirectoryChange",
    "Facility",
    "Holiday",
    "Membership",
    "Pool",
    "PublicHealthEvent",
    "Region",
    "Relation",
    "StaffPost",
    "Subject",
    "Trial",
]
