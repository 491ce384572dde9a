"""Stores episodes, their legs and their history; rows of history never change."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance, Department, Facility
from facilities.vocabulary import Direction
from patients.models import Consent, Patient
from referral.codes import (
    CancelReason,
    DeclineReason,
    NoReturnReason,
    Outcome,
    ReferralReason,
    Setting,
)
from referral.models.constraints import iff, implies, values
from referral.states import DECIDED, ENDED, LIVE, OPEN, PREPARING, WAITING, Status, Urgency

# A foreign key has an index of its own only where somebody looks rows up by it: each index costs every
# insert, and nothing is ever deleted.


class Episode(models.Model):
    """One patient's journey up and down: open while any of its legs is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    origin = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    open_legs = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Episode")
        verbose_name_plural = _("Episodes")
        constraints: ClassVar = [
            iff("episode_closed_iff_no_open_leg", Q(open_legs=0), Q(closed_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(self.id)


class Referral(models.Model):
    """One leg, up, down or lateral; `version` rises by one with every move.

    `consent_gone` and `keeps_seat` are read by whoever asks for them (consents.with_standing,
    alike.before_sending, queries.referrals.lock); None is not asked for.
    """

    consent_gone: bool | None = None
    keeps_seat: bool | None = None
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("Number"), max_length=24)
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="legs")
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="following")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    origin = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    from_facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    from_department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    to_facility = models.ForeignKey(
        Facility, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    to_department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    alliance = models.ForeignKey(
        Alliance, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    direction = models.CharField(max_length=10, blank=True, choices=Direction)
    from_tier = models.PositiveSmallIntegerField(null=True)
    to_tier = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=24, choices=Status, default=Status.DRAFT)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.ROUTINE)
    setting = models.CharField(max_length=10, choices=Setting, default=Setting.OUTPATIENT)

    diagnosis_code = models.CharField(_("Diagnosis code (ICD-10)"), max_length=20, blank=True)
    diagnosis = models.TextField(_("Diagnosis or first impression"), blank=True)
    reason_code = models.CharField(max_length=24, blank=True, choices=ReferralReason)
    reason = models.TextField(_("Present illness and reason"), blank=True)
    past_history = models.TextField(_("Past history"), blank=True)
    allergies = models.TextField(_("Allergies"), blank=True)
    treatment = models.TextField(_("Treatment so far"), blank=True)
    results = models.TextField(_("Main results"), blank=True)
    plan = models.TextField(_("Plan of further treatment"), blank=True)
    rehabilitation = models.TextField(_("Rehabilitation advice"), blank=True)
    inpatient_no = models.CharField(_("Inpatient record number"), max_length=40, blank=True)
    contact_phone = models.CharField(_("Doctor's phone"), max_length=30, blank=True)
    patient_age = models.PositiveSmallIntegerField(null=True)
    consent = models.ForeignKey(
        Consent, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=32, blank=True, choices=DeclineReason)
    cancel_reason = models.CharField(max_length=32, blank=True, choices=CancelReason)
    outcome = models.CharField(max_length=24, blank=True, choices=Outcome)
    no_return_reason = models.CharField(max_length=24, blank=True, choices=NoReturnReason)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("Referral")
        verbose_name_plural = _("Referrals")
        indexes: ClassVar = [
            models.Index(
                name="referral_inbox",
                fields=["to_facility", "urgency", "submitted_at", "id"],
                condition=Q(status__in=values(LIVE)),
            ),
            models.Index(name="referral_sent", fields=["from_facility", "-created_at", "-id"]),
            models.Index(
                name="referral_drafts",
                fields=["from_facility", "-created_at", "-id"],
                condition=Q(status__in=values(PREPARING)),
            ),
            models.Index(name="referral_to", fields=["to_facility", "-created_at", "-id"]),
            models.Index(name="referral_origin", fields=["origin", "-created_at", "-id"]),
            models.Index(
                name="referral_tracking",
                fields=["origin", "-created_at", "-id"],
                condition=Q(status__in=values(LIVE)),
            ),
            # Of those whose visit is fixed alone, so that a submission pays nothing for it.
            models.Index(
                name="referral_visits",
                fields=["to_facility", "scheduled_for", "id"],
                condition=Q(status=Status.SCHEDULED),
            ),
            models.Index(
                name="referral_consent_afterwards",
                fields=["from_facility", "submitted_at", "id"],
                condition=Q(
                    urgency=Urgency.EMERGENCY, consent__isnull=True, submitted_at__isnull=False
                ),
            ),
            models.Index(name="referral_alliance", fields=["alliance", "-created_at", "-id"]),
            models.Index(
                name="referral_under_way",
                fields=["alliance", "-created_at", "-id"],
                condition=Q(status__in=values(LIVE)),
            ),
            models.Index(
                name="referral_deadlines",
                fields=["status", "submitted_at"],
                condition=Q(status__in=values(LIVE)),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="referral_status_known", condition=Q(status__in=Status.values)
            ),
            models.CheckConstraint(
                name="referral_urgency_known", condition=Q(urgency__in=Urgency.values)
            ),
            implies(
                "referral_routed_once_submitted",
                Q(submitted_at__isnull=False),
                Q(direction__in=Direction.values)
                & Q(from_tier__isnull=False, to_tier__isnull=False, to_facility__isnull=False),
            ),
            implies(
                "referral_unsubmitted_while_preparing",
                Q(status__in=values(PREPARING)),
                Q(submitted_at__isnull=True),
            ),
            implies(
                "referral_submitted_once_live",
                Q(status__in=values(LIVE)),
                Q(submitted_at__isnull=False),
            ),
            implies(
                "referral_direction_follows_tiers",
                Q(submitted_at__isnull=False),
                Q(direction=Direction.UP, to_tier__gt=F("from_tier"))
                | Q(direction=Direction.DOWN, to_tier__lt=F("from_tier"))
                | Q(direction=Direction.LATERAL, to_tier=F("from_tier")),
            ),
            implies("referral_decided", Q(status__in=values(DECIDED)), Q(decided_at__isnull=False)),
            implies(
                "referral_undecided",
                Q(status__in=values(PREPARING | WAITING)),
                Q(decided_at__isnull=True),
            ),
            iff(
                "referral_ended_iff_terminal",
                Q(status__in=values(ENDED)),
                Q(ended_at__isnull=False),
            ),
            implies(
                "referral_arrived",
                Q(status__in=[Status.ARRIVED, Status.COMPLETED]),
                Q(arrived_at__isnull=False),
            ),
            implies("referral_no_show", Q(status=Status.NO_SHOW), Q(arrived_at__isnull=True)),
            implies(
                "referral_scheduled", Q(status=Status.SCHEDULED), Q(scheduled_for__isnull=False)
            ),
            implies("referral_decline_coded", Q(status=Status.DECLINED), ~Q(decline_reason="")),
            implies("referral_cancel_coded", Q(status=Status.CANCELLED), ~Q(cancel_reason="")),
            implies("referral_outcome_coded", Q(status=Status.COMPLETED), ~Q(outcome="")),
            implies(
                "referral_ends_differ",
                Q(to_facility__isnull=False),
                ~Q(to_facility=F("from_facility")),
            ),
            models.UniqueConstraint(name="referral_number_once", fields=["number"]),
            # Of legs that follow one alone: an index of all open legs of the country was taken for lists of a few.
            models.UniqueConstraint(
                name="referral_one_open_leg_follows",
                fields=["previous"],
                condition=Q(status__in=values(OPEN), previous__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def visit(self) -> datetime | None:
        """Return the visit that is fixed.

        While a leg is accepted there is none: `scheduled_for` then says which one was put off, and from
        that day runs the time to find another.
        """
        return None if self.status == Status.ACCEPTED else self.scheduled_for


class Transition(models.Model):
    """One move of one referral: appended in the move's transaction, never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(
        Referral, models.PROTECT, db_index=False, related_name="transitions"
    )
    version = models.PositiveIntegerField()
    verb = models.CharField(max_length=24)
    from_status = models.CharField(max_length=24, blank=True, choices=Status)
    to_status = models.CharField(max_length=24, choices=Status)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    facility = models.ForeignKey(
        Facility, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        Facility, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # The colleague for whom `by` acted under a delegation.
    for_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reason_code = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("Transition")
        verbose_name_plural = _("Transitions")
        constraints: ClassVar = [
            models.UniqueConstraint(name="transition_one_a_version", fields=["referral", "version"])
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.version}"
