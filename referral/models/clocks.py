"""Stores what the clocks run by: limits and automatic steps of an alliance, pauses, reminders sent."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance, Facility
from facilities.models.dated import Planned, never_twice
from facilities.vocabulary import Direction
from referral.models.constraints import iff, implies
from referral.models.legs import Referral
from referral.stages import LIMITED, STAGES, Action, Clock, Stage
from referral.states import Urgency

LONGEST_MINUTES = 366 * 24 * 60


class ServiceLimit(Planned):
    """How long a stage may take in one alliance, for legs submitted in a term of days; never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    direction = models.CharField(max_length=10, choices=Direction)
    stage = models.CharField(max_length=16, choices=Stage)
    minutes = models.PositiveIntegerField(_("Minutes"))
    clock = models.CharField(_("Clock"), max_length=10, choices=Clock)
    source = models.CharField(_("Source"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Time limit")
        verbose_name_plural = _("Time limits")
        constraints: ClassVar = [
            *Planned.Meta.constraints,
            models.CheckConstraint(
                name="limit_urgency_known", condition=Q(urgency__in=Urgency.values)
            ),
            models.CheckConstraint(
                name="limit_direction_known", condition=Q(direction__in=Direction.values)
            ),
            models.CheckConstraint(
                name="limit_stage_known", condition=Q(stage__in=sorted(LIMITED))
            ),
            models.CheckConstraint(name="limit_clock_known", condition=Q(clock__in=Clock.values)),
            models.CheckConstraint(
                name="limit_within_a_year", condition=Q(minutes__range=(1, LONGEST_MINUTES))
            ),
            never_twice(
                "limit_never_twice",
                "alliance",
                "urgency",
                "direction",
                "stage",
                message=_("Another limit holds in this term."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.minutes} {self.clock}"


class AutomaticStep(Planned):
    """What the system does by itself in one alliance, once so many steps of the ladder went unanswered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    stage = models.CharField(max_length=16, choices=Stage)
    action = models.CharField(max_length=10, choices=Action)
    after_steps = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    fallback = models.ForeignKey(
        Facility, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Automatic step")
        verbose_name_plural = _("Automatic steps")
        constraints: ClassVar = [
            *Planned.Meta.constraints,
            implies(
                "automatic_redirect_waits",
                Q(action__in=[Action.REDIRECT, Action.REMATCH]),
                Q(stage=Stage.ANSWER),
            ),
            models.CheckConstraint(
                name="automatic_stage_waits",
                condition=Q(stage__in=[Stage.ANSWER, Stage.INFORMATION]),
            ),
            iff(
                "automatic_redirect_has_fallback",
                Q(action=Action.REDIRECT),
                Q(fallback__isnull=False),
            ),
            models.CheckConstraint(
                name="automatic_after_a_step", condition=Q(after_steps__range=(1, 4))
            ),
            never_twice(
                "automatic_never_twice",
                "alliance",
                "stage",
                message=_("Another automatic step holds in this term."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.action}"


class LegClock(models.Model):
    """What moves the clock of one leg: a question that waits, the time given back, the receiver's report.

    `calendar_from` and `working_from` are the submission, moved on by the length of every answered
    question, on either clock: a deadline is a plain addition to them, and the database can compare.
    """

    referral = models.OneToOneField(
        Referral, models.PROTECT, primary_key=True, related_name="clock"
    )
    paused_at = models.DateTimeField(null=True)
    calendar_from = models.DateTimeField(null=True)
    working_from = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Clock of a referral")
        verbose_name_plural = _("Clocks of referrals")
        constraints: ClassVar = [
            iff(
                "clock_both_or_none",
                Q(calendar_from__isnull=True),
                Q(working_from__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.referral_id)


class Reminder(models.Model):
    """One step of the ladder that was sent for one deadline; the unique row makes it once.

    `window` counts the repetitions of the last step, 0 for each step's first time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="reminders")
    stage = models.CharField(max_length=16, choices=Stage)
    due_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField()
    window = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Reminder")
        verbose_name_plural = _("Reminders")
        constraints: ClassVar = [
            models.CheckConstraint(name="reminder_stage_known", condition=Q(stage__in=STAGES)),
            models.CheckConstraint(name="reminder_step_known", condition=Q(step__range=(1, 4))),
            models.CheckConstraint(
                name="reminder_not_before_due", condition=Q(sent_at__gte=F("due_at"))
            ),
            models.UniqueConstraint(
                name="reminder_once", fields=["referral", "stage", "due_at", "step", "window"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.step}.{self.window}"


class VainStep(models.Model):
    """A leg that the system may move, and when it last tried in vain.

    Where it found nowhere to send it, it looks again once a call was made since. What was refused is tried
    again at `again_at`, later each time.
    """

    referral = models.OneToOneField(
        Referral, models.PROTECT, primary_key=True, related_name="vain_step"
    )
    at = models.DateTimeField()
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)
    again_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Automatic step that found nowhere to go")
        verbose_name_plural = _("Automatic steps that found nowhere to go")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(refusals=0, again_at__isnull=True)
                | Q(refusals__gt=0, again_at__gt=F("at")),
                name="vain_step_again_after_a_refusal",
            )
        ]

    def __str__(self) -> str:
        return str(self.referral_id)
