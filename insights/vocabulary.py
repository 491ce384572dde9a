"""Names what numbers are kept for: scopes to count in, ways to break down, grains of time."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.IntegerChoices):
    """Whose referrals are counted; of a region and a facility, either those sent or those received."""

    ALL = 0, _("Everything")
    REGION_SENT = 1, _("Sent from a region")
    REGION_RECEIVED = 2, _("Received in a region")
    ALLIANCE = 3, _("Alliance")
    FACILITY_SENT = 4, _("Sent by a facility")
    FACILITY_RECEIVED = 5, _("Received by a facility")


class Dim(models.IntegerChoices):
    """By what a number is broken down; the first is no breakdown."""

    NONE = 0, _("Total")
    DISEASE = 1, _("Disease (ICD-10 category)")
    URGENCY = 2, _("Urgency")
    EDGE = 3, _("Tiers, from and to")
    DECLINE_REASON = 4, _("Reason of declining")
    SENDER = 5, _("Sending facility")
    RECEIVER = 6, _("Receiving facility")
    DEPARTMENT = 7, _("Department")
    DOCTOR = 8, _("Doctor")
    REGION = 9, _("Region")
    ALLIANCE = 10, _("Alliance")


class Grain(models.TextChoices):
    """How long a piece of time a stored counter covers."""

    DAY = "D", _("Day")
    MONTH = "M", _("Month")
    YEAR = "Y", _("Year")


# What a breakdown that is not stored costs is bounded by its scope: one facility's own legs.
STORED_DIMS: Final = frozenset({Dim.DISEASE, Dim.URGENCY, Dim.EDGE, Dim.DECLINE_REASON})
