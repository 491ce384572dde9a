"""Stores who may act for a colleague, and in which term."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.dated import Dated
from facilities.models.facility import Facility


class Delegation(Dated):
    """The right of a deputy to act for a principal at one facility, from one day to another.

    It always has an end; `ended_at` is when somebody took it back before that. Rows are never removed:
    the history of moves names them through both persons.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(
        Facility, models.PROTECT, db_index=False, related_name="+", verbose_name=_("Facility")
    )
    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("Principal"),
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("Deputy"),
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("Granted by"),
    )
    reason = models.CharField(_("Reason"), max_length=200)
    created_at = models.DateTimeField(_("Created"))
    ended_at = models.DateTimeField(_("Taken back"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Taken back by"),
    )

    class Meta:
        verbose_name = _("Delegation")
        verbose_name_plural = _("Delegations")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")), name="delegation_to_somebody_else"
            ),
            models.CheckConstraint(condition=Q(ends__isnull=False), name="delegation_has_an_end"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="delegation_taken_back_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["deputy", "principal", "facility"], name="delegation_of_deputy"),
            models.Index(fields=["facility", "-created_at", "-id"], name="delegation_at_facility"),
        ]

    def __str__(self) -> str:
        return str(self.id)
