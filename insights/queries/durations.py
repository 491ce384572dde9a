"""Tells how long legs took in each stage: median and 90th percentile, over those whose stage ended in the period."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Aggregate, Count, IntegerField, Q, QuerySet

from insights.models import LegFact
from insights.periods import Period
from insights.scopes import Where

# Stage -> the column with its whole minutes, the column with the day on which it ended.
STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "answer": ("answer_minutes", "decided_on"),
    "arrival": ("arrival_minutes", "arrived_on"),
    "treatment": ("treatment_minutes", "completed_on"),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """Minutes of a stage over `n` legs; None over none. Both are values that occurred (percentile_disc)."""

    n: int
    median: int | None
    p90: int | None


class _Percentile(Aggregate):
    """A value that occurred, at or above which a share of all lies."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


def legs(where: Where, period: Period, stage: str) -> QuerySet[LegFact]:
    """Return the legs over which a stage is told: those in which it ended in the period."""
    return _counted(where, period).filter(_ended(stage, period))


def _ended(stage: str, period: Period) -> Q:
    minutes, day = STAGES[stage]
    return Q(**{f"{day}__range": (period.first, period.last), f"{minutes}__isnull": False})


def _counted(where: Where, period: Period) -> QuerySet[LegFact]:
    # Whoever was submitted after the period cannot have been answered in it.
    return LegFact.objects.filter(where.condition(), cancelled=False, submitted_on__lte=period.last)


def durations(where: Where, period: Period) -> dict[str, Duration]:
    """Return each stage, in one statement; medians do not add up, so they come from the facts, not from counters."""
    asked: dict[str, Aggregate] = {}
    for stage, (minutes, _day) in STAGES.items():
        here = _ended(stage, period)
        asked[f"{stage}_n"] = Count("id", filter=here)
        asked[f"{stage}_median"] = _Percentile(minutes, share="0.5", filter=here)
        asked[f"{stage}_p90"] = _Percentile(minutes, share="0.9", filter=here)
    found = _counted(where, period).aggregate(**asked)
    return {
        stage: Duration(found[f"{stage}_n"], found[f"{stage}_median"], found[f"{stage}_p90"])
        for stage in STAGES
    }
