"""Gathers the directory's tables, which are split by subject."""

from facilities.models.capacity import Pool
from facilities.models.facility import Accreditation, Facility, Region
from facilities.models.networks import Alliance, Membership, Relation
from facilities.models.services import Capability, Department, StaffPost

__all__ = [
    "Accreditation",
    "Alliance",
    "Capability",
    "Department",
    "Facility",
    "Membership",
    "Pool",
    "Region",
    "Relation",
    "StaffPost",
]
