"""Stores what the criteria said: of a draft before it goes, and of a patient who might go back down."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from patients.models import Gender
from referral.codes import OverrideReason, RuleOutcome, StayReason, Visit
from referral.models.constraints import iff, implies
from referral.models.legs import Referral

RULE = 12


class Assessment(models.Model):
    """What was observed of a patient before a leg went, and what the rules of that day said.

    `results` holds the rules' own words and thresholds, so that a later edition changes nothing here.
    `overrides` is filled at submission: in what the sender does otherwise than the rules that are met.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    assessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    assessed_at = models.DateTimeField()
    rules_of = models.DateField()
    visit = models.CharField(max_length=10, blank=True, choices=Visit)
    age = models.PositiveSmallIntegerField(null=True)
    gender = models.CharField(max_length=1, blank=True, db_default="", default="", choices=Gender)
    observations = models.JSONField()
    results = models.JSONField()
    met = ArrayField(models.CharField(max_length=RULE))
    not_met = ArrayField(models.CharField(max_length=RULE))
    overridden = ArrayField(models.CharField(max_length=RULE), default=list)
    overrides = ArrayField(models.CharField(max_length=12), default=list)
    override_reason = models.CharField(max_length=24, blank=True, choices=OverrideReason)
    override_note = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Assessment")
        verbose_name_plural = _("Assessments")
        constraints: ClassVar = [
            implies("assessment_override_explained", ~Q(overrides=[]), ~Q(override_reason="")),
            iff("assessment_reason_in_words", ~Q(override_reason=""), ~Q(override_note="")),
            implies("assessment_overridden_is_override", ~Q(overridden=[]), ~Q(overrides=[])),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DownReview(models.Model):
    """One look at whether an arrived patient may go back down: observations, or a reason why not.

    Rows are only added. After a reason the patient is not proposed again before `ask_again_on`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="+")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reviewed_at = models.DateTimeField()
    rules_of = models.DateField()
    observations = models.JSONField(default=dict)
    results = models.JSONField(default=list)
    met = ArrayField(models.CharField(max_length=RULE), default=list)
    not_met = ArrayField(models.CharField(max_length=RULE), default=list)
    overridden = ArrayField(models.CharField(max_length=RULE), default=list)
    outcome = models.CharField(max_length=16, blank=True, choices=RuleOutcome)
    reason = models.CharField(max_length=24, blank=True, choices=StayReason)
    note = models.TextField(blank=True)
    ask_again_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("Review of a return")
        verbose_name_plural = _("Reviews of returns")
        indexes: ClassVar = [models.Index(fields=["referral", "-id"], name="down_review_newest")]
        constraints: ClassVar = [
            iff("down_review_outcome_or_reason", Q(outcome=""), ~Q(reason="")),
            models.CheckConstraint(
                name="down_review_outcome_known",
                condition=Q(outcome__in=["", *RuleOutcome.values]),
            ),
            iff("down_review_reason_has_a_day", ~Q(reason=""), Q(ask_again_on__isnull=False)),
            implies("down_review_only_a_reason_overrides", ~Q(overridden=[]), ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return str(self.id)
