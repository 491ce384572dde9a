"""Names everything that is counted: which legs, and on which of their days; each is a column of the counters.

Cancelled legs count nowhere but in their own measures; drafts and legs entered in error are no facts at all
(domain.md §5.5, rules). Lateral legs are neither up nor down.
"""

import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from django.db.models import Q

from facilities.vocabulary import Direction

DISEASES: Final = Path(__file__).parent / "data" / "diseases.toml"
CHRONIC: Final[tuple[str, ...]] = tuple(
    tomllib.loads(DISEASES.read_text(encoding="utf-8"))["chronic"]["categories"]
)
UP: Final = Q(direction=Direction.UP.value)
DOWN: Final = Q(direction=Direction.DOWN.value)
LATERAL: Final = Q(direction=Direction.LATERAL.value)
COUNTED: Final = Q(cancelled=False)


class Measure(NamedTuple):
    """A number of legs: those of a condition on `LegFact`, each on the day in its column `day`."""

    day: str
    condition: Q


def _both(name: str, day: str, condition: Q) -> dict[str, Measure]:
    return {
        f"up_{name}": Measure(day, COUNTED & UP & condition),
        f"down_{name}": Measure(day, COUNTED & DOWN & condition),
    }


SUBMITTED: Final = "submitted_on"
DECIDED: Final = "decided_on"
ARRIVED: Final = "arrived_on"
COMPLETED: Final = "completed_on"

LEGS: Final[dict[str, Measure]] = {
    # What became of the legs submitted on a day, whenever it did.
    **_both("submitted", SUBMITTED, Q()),
    **_both("submitted_accepted", SUBMITTED, Q(accepted=True)),
    **_both("submitted_declined", SUBMITTED, Q(declined=True)),
    **_both("submitted_redirected", SUBMITTED, Q(redirected=True)),
    **_both("submitted_expired", SUBMITTED, Q(expired=True)),
    **_both("submitted_late", SUBMITTED, Q(late=True)),
    **_both("submitted_arrived", SUBMITTED, Q(arrived_on__isnull=False)),
    **_both("submitted_completed", SUBMITTED, Q(completed_on__isnull=False)),
    "up_submitted_returned": Measure(SUBMITTED, COUNTED & UP & Q(returned=True)),
    "up_submitted_followed": Measure(SUBMITTED, COUNTED & UP & Q(followed=True)),
    "up_submitted_located": Measure(SUBMITTED, COUNTED & UP & Q(outside__isnull=False)),
    "up_submitted_outside": Measure(SUBMITTED, COUNTED & UP & Q(outside=True)),
    "lateral_submitted": Measure(SUBMITTED, COUNTED & LATERAL),
    "up_cancelled": Measure(SUBMITTED, Q(cancelled=True) & UP),
    "down_cancelled": Measure(SUBMITTED, Q(cancelled=True) & DOWN),
    # Legs accepted on a day.
    **_both("accepted", DECIDED, Q(accepted=True)),
    **_both("accepted_arrived", DECIDED, Q(accepted=True, arrived_on__isnull=False)),
    "down_accepted_outpatient": Measure(
        DECIDED, COUNTED & DOWN & Q(accepted=True, inpatient=False, wish=False)
    ),
    "down_accepted_inpatient": Measure(
        DECIDED, COUNTED & DOWN & Q(accepted=True, inpatient=True, wish=False)
    ),
    "down_accepted_chronic": Measure(
        DECIDED, COUNTED & DOWN & Q(accepted=True, wish=False, disease__in=CHRONIC)
    ),
    "down_accepted_wish": Measure(DECIDED, COUNTED & DOWN & Q(accepted=True, wish=True)),
    # Patients who arrived on a day.
    "up_arrived": Measure(ARRIVED, COUNTED & UP & Q(wish=False)),
    "up_arrived_wish": Measure(ARRIVED, COUNTED & UP & Q(wish=True)),
    "down_arrived": Measure(ARRIVED, COUNTED & DOWN),
    # Legs completed on a day.
    **_both("completed", COMPLETED, Q()),
    "up_closed": Measure(COMPLETED, COUNTED & UP & Q(closed=True)),
}

# Planned contacts after a return whose day has come, counted on that day.
DUE: Final = "due_on"
FOLLOW_UPS: Final[dict[str, Measure]] = {
    "follow_ups_due": Measure(DUE, Q()),
    "follow_ups_done": Measure(DUE, Q(in_time=True)),
}
NAMES: Final[tuple[str, ...]] = (*LEGS, *FOLLOW_UPS)
