"""Stores examinations ordered from another facility, and the reports that answer them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from facilities.vocabulary import CapabilityCode
from patients.models import Patient
from referral.models.constraints import iff, implies
from referral.models.legs import Episode, Referral
from referral.models.sharing import StoredDocument
from referral.states import Urgency


class OrderState(models.TextChoices):
    """Where an order stands."""

    ORDERED = "ordered", _("Ordered")
    RECEIVED = "received", _("Received")
    REPORTED = "reported", _("Reported")
    CANCELLED = "cancelled", _("Cancelled")


class ExaminationOrder(models.Model):
    """One examination of one patient, which a centre or a member with the equipment carries out.

    With a `referral` it belongs to that leg's episode, and whoever receives a leg of it reads the report.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    referral = models.ForeignKey(
        Referral, models.PROTECT, null=True, db_index=False, related_name="orders"
    )
    episode = models.ForeignKey(Episode, models.PROTECT, null=True, related_name="+")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    centre = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    capability = models.CharField(max_length=20, choices=CapabilityCode)
    item = models.CharField(_("Examination"), max_length=30)
    question = models.TextField(_("Clinical question"))
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.ROUTINE)
    duplicate_reason = models.TextField(_("Why it is repeated"), blank=True)
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.ORDERED)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    ordered_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    received_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Examination order")
        verbose_name_plural = _("Examination orders")
        indexes: ClassVar = [
            models.Index(name="order_placed", fields=["facility", "-ordered_at", "-id"]),
            models.Index(name="order_at_centre", fields=["centre", "-ordered_at", "-id"]),
            # For the sweep of orders at centres that are gone: of a million orders, few hundred wait.
            models.Index(
                name="order_waiting",
                fields=["facility", "centre", "capability", "ordered_at", "id"],
                condition=Q(state=OrderState.ORDERED),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="order_state_known", condition=Q(state__in=OrderState.values)
            ),
            models.CheckConstraint(
                name="order_urgency_known", condition=Q(urgency__in=Urgency.values)
            ),
            models.CheckConstraint(name="order_ends_differ", condition=~Q(centre=F("facility"))),
            iff("order_episode_iff_leg", Q(referral__isnull=False), Q(episode__isnull=False)),
            iff("order_reported", Q(state=OrderState.REPORTED), Q(reported_at__isnull=False)),
            iff("order_cancelled", Q(state=OrderState.CANCELLED), Q(cancelled_at__isnull=False)),
            implies("order_cancel_says_why", Q(cancelled_at__isnull=False), ~Q(cancel_reason="")),
            implies(
                "order_received_before_report",
                Q(state__in=[OrderState.RECEIVED, OrderState.REPORTED]),
                Q(received_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OrderConsent(models.Model):
    """The consent that an emergency order was placed without; `met_at` is when an answer was found recorded.

    `step` and `window` are those of the last call for it, 0 before the first; `next_at` is when the next
    one is to be made, empty where none is.
    """

    order = models.OneToOneField(
        ExaminationOrder, models.PROTECT, primary_key=True, related_name="consent_awaited"
    )
    due_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=0)
    window = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Consent to an emergency order")
        verbose_name_plural = _("Consents to emergency orders")
        indexes: ClassVar = [
            models.Index(
                name="order_consent_calls", fields=["next_at"], condition=Q(next_at__isnull=False)
            )
        ]
        constraints: ClassVar = [
            implies("order_consent_met_ends", Q(met_at__isnull=False), Q(next_at__isnull=True)),
            models.CheckConstraint(
                name="order_consent_step_known", condition=Q(step__range=(0, 4))
            ),
        ]

    def __str__(self) -> str:
        return str(self.order_id)


class ExaminationReport(models.Model):
    """One edition of the report on an order; an amendment is a further row, and none is ever changed.

    `references` name images and specimens in the centre's own systems; `recognised` says that the
    result counts for mutual recognition (互认).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(
        ExaminationOrder, models.PROTECT, db_index=False, related_name="reports"
    )
    version = models.PositiveSmallIntegerField()
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    conclusion = models.TextField(_("Conclusion"))
    references = ArrayField(models.CharField(max_length=64), default=list)
    recognised = models.BooleanField(_("Mutually recognised"))
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Examination report")
        verbose_name_plural = _("Examination reports")
        constraints: ClassVar = [
            models.UniqueConstraint(name="report_one_a_version", fields=["order", "version"]),
            models.CheckConstraint(name="report_says_something", condition=~Q(conclusion="")),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ExaminationFile(StoredDocument):
    """A file that the centre adds to an order: the report as it was signed, a picture, a DICOM image."""

    order = models.ForeignKey(ExaminationOrder, models.PROTECT, related_name="files")

    class Meta:
        verbose_name = _("File of an examination")
        verbose_name_plural = _("Files of examinations")
