"""Stores what people changed in the directory: who, when, and each value before and after."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.facility import Facility


class Subject(models.TextChoices):
    """What kind of row was changed; its whole history is that of its facility."""

    FACILITY = "facility", _("Institution")
    ACCREDITATION = "accreditation", _("Accreditation")
    DEPARTMENT = "department", _("Department")
    CAPABILITY = "capability", _("Capability")
    POST = "post", _("Staff post")
    ALLIANCE = "alliance", _("Alliance")
    MEMBERSHIP = "membership", _("Membership")
    RELATION = "relation", _("Relation")


class DirectoryChange(models.Model):
    """One change by a person; `values` are by the model's field, each before and after, None for a new row.

    Written beside the row in its transaction and never altered. What loaders and imports by the system
    bring is not here: their files are its record.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    subject = models.CharField(max_length=20, choices=Subject)
    object_id = models.UUIDField()
    # What the row was called at that time: a department, a capability, a person.
    label = models.CharField(max_length=120)
    values = models.JSONField()

    class Meta:
        verbose_name = _("Change of the directory")
        verbose_name_plural = _("Changes of the directory")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(subject__in=Subject.values), name="directory_change_subject_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "-at", "-id"], name="directory_change_of_facility"),
            # An alliance is shown with its own changes and those of its members' terms.
            models.Index(fields=["object_id", "-at", "-id"], name="directory_change_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.object_id}"
