"""Stores what is too long for a request: asked for by a person, computed by a worker, kept with its data."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance, Department, Facility


class JobState(models.TextChoices):
    """How far a computation is."""

    WAITING = "waiting", _("Is being calculated")
    DONE = "done", _("Calculated")
    REFUSED = "refused", _("Cannot be calculated")
    FAILED = "failed", _("Did not succeed")


class Job(models.Model):
    """Something to compute; `outcome` holds what came of it, or the words of the refusal by language.

    A worker has it in hand until `leased_until`; who dies leaves it to the next, `tries` times at most.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    asked_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


def waiting(name: str) -> models.Index:
    """Return the index by which workers find what waits, the oldest first."""
    return models.Index(fields=["asked_at"], name=name, condition=Q(state=JobState.WAITING))


def known_state(name: str) -> models.CheckConstraint:
    """Return the constraint that the state is one, and that what is over says when that was."""
    is_over = Q(state__in=[JobState.DONE, JobState.REFUSED, JobState.FAILED])
    return models.CheckConstraint(
        name=name, condition=Q(state=JobState.WAITING) | is_over & Q(computed_at__isnull=False)
    )


class DepartmentForecast(Job):
    """The weekly demand of a department, or of a whole facility without one: past weeks and those to come.

    `asked_at` is when a person last asked: what nobody asks for is not renewed for ever. `data_until` is the last
    day that was counted. While it is computed anew, the former outcome stays.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    department = models.ForeignKey(
        Department, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    data_until = models.DateField(null=True)

    class Meta:
        verbose_name = _("Forecast of a department")
        verbose_name_plural = _("Forecasts of departments")
        constraints: ClassVar = [
            known_state("forecast_state_known"),
            models.UniqueConstraint(
                name="forecast_once", fields=["facility", "department"], nulls_distinct=False
            ),
        ]
        indexes: ClassVar = [waiting("forecast_waiting")]


class WhatIf(Job):
    """One trial of a change: what was changed, from which numbers, with which seed; the same again gives the same.

    Who looks over an alliance tries it with that alliance; without one it is the facility's own. `inputs` holds what
    was estimated from history, empty until a worker has done so; `repeats` names the run that was done again.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    alliance = models.ForeignKey(
        Alliance, models.PROTECT, db_index=False, null=True, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    change = models.JSONField()
    inputs = models.JSONField(default=dict)
    seed = models.PositiveIntegerField()
    repeats = models.ForeignKey("self", models.PROTECT, db_index=False, null=True, related_name="+")

    class Meta:
        verbose_name = _("What-if")
        verbose_name_plural = _("What-ifs")
        constraints: ClassVar = [known_state("what_if_state_known")]
        indexes: ClassVar = [
            waiting("what_if_waiting"),
            models.Index(fields=["alliance", "-asked_at", "-id"], name="what_if_of_alliance"),
            models.Index(fields=["facility", "-asked_at", "-id"], name="what_if_of_facility"),
        ]
