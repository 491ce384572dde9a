"""Gives rows a term of days, half-open: `starts` is the first day in force, `ends` the first after."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


def in_force(on: date, *, path: str = "") -> Q:
    """Return the condition that the dated row at `path` (as "memberships__") is in force on a day."""
    return Q(**{f"{path}starts__lte": on}) & (
        Q(**{f"{path}ends__isnull": True}) | Q(**{f"{path}ends__gt": on})
    )


class Dated(models.Model):
    """A row that holds from one day to another; without `ends` it holds on."""

    starts = models.DateField(_("Starts"))
    ends = models.DateField(_("Ends"), null=True, blank=True, help_text=_("First day after."))

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("The end must lie after the start."),
            )
        ]

    def is_in_force(self, on: date) -> bool:
        """Say whether the row holds on that day."""
        return self.starts <= on and (self.ends is None or self.ends > on)


class Planned(Dated):
    """A dated row that may be withdrawn before it begins: its term is empty then, so that it never holds."""

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="%(app_label)s_%(class)s_ends_from_start_on",
                violation_error_message=_("The end may not lie before the start."),
            )
        ]

    @property
    def is_withdrawn(self) -> bool:
        """Say whether the row never holds."""
        return self.ends == self.starts


def never_twice(
    name: str, *same: Any, message: object, condition: Q | None = None
) -> ExclusionConstraint:
    """Return the constraint that no two rows with the `same` values hold on one day."""
    term = Func(F("starts"), F("ends"), function="daterange")
    return ExclusionConstraint(
        name=name,
        expressions=[(each, RangeOperators.EQUAL) for each in same]
        + [(term, RangeOperators.OVERLAPS)],
        condition=condition,
        violation_error_message=message,  # type: ignore[arg-type]
    )


def never_beside(
    name: str, same: str, differing: str, *, message: object, condition: Q
) -> ExclusionConstraint:
    """Return the constraint that no two rows of one `same` with `differing` values hold on one day."""
    term = Func(F("starts"), F("ends"), function="daterange")
    return ExclusionConstraint(
        name=name,
        expressions=[
            (same, RangeOperators.EQUAL),
            (differing, RangeOperators.NOT_EQUAL),
            (term, RangeOperators.OVERLAPS),
        ],
        condition=condition,
        violation_error_message=message,  # type: ignore[arg-type]
    )
