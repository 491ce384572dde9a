"""Facts of many weeks for tests, written as the counting would leave them."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.ids import uuid7
from facilities.models import Department, Facility
from facilities.vocabulary import Direction
from insights.models import LegFact
from insights.weeks import WEEK
from referral.states import Urgency
from tests.factories import as_system
from tests.referral.pools import make_pool

FLAGS: Final = (
    "inpatient wish cancelled accepted declined redirected expired late returned followed closed"
)
ZERO: Final[dict[str, Any]] = dict.fromkeys(FLAGS.split(), False)


def fact(to: Facility, day: date, *, department: Department | None = None, **other: Any) -> LegFact:
    """Return an up-referral of somebody new, received on a day and not answered yet."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "patient": uuid7(),
        "from_facility": uuid7(),
        "to_facility": to.pk,
        "to_department": department.pk if department else None,
        "from_region": "310115",
        "to_region": "310115",
        "direction": Direction.UP,
        "from_tier": 1,
        "to_tier": 3,
        "urgency": Urgency.ROUTINE,
        "disease": "I10",
        "submitted_on": day,
        **ZERO,
        **other,
    }
    return LegFact(**values)


def keep(rows: Iterable[LegFact]) -> None:
    """Write facts."""
    as_system()
    LegFact.objects.bulk_create(rows)


def monday(today: date) -> date:
    """Return the Monday of a day's week."""
    return today - timedelta(days=today.weekday())


def fill(
    to: Facility, today: date, weeks: int, demand: int | Callable[[int], int], **other: Any
) -> None:
    """Write the referrals of the last whole weeks, the oldest first: so many in each, on Mondays and Tuesdays.

    One more in the week before, which nobody knows to have been whole.
    """
    first = monday(today) - WEEK * weeks
    rows = [fact(to, first - timedelta(days=3), **other)]
    for number in range(weeks):
        week = first + WEEK * number
        many = demand if isinstance(demand, int) else demand(number)
        rows += [fact(to, week + timedelta(days=each % 2), **other) for each in range(many)]
    keep(rows)


def practise(
    to: Facility,
    department: Department,
    today: date,
    *,
    weeks: int = 10,
    referred: int = 2,
    places: int = 3,
    share: int = 50,
) -> None:
    """Let a department work for whole weeks: each day so many referrals, all accepted after a day, and one session."""
    first = monday(today) - WEEK * weeks
    rows = []
    for number in range(weeks * 7):
        day = first + timedelta(days=number)
        if day.weekday() > 4:
            continue
        done = {"accepted": True, "answer_minutes": 1440, "decided_on": day, "arrived_on": day}
        rows += [fact(to, day, department=department, **done) for _each in range(referred)]
        starts = timezone.make_aware(datetime.combine(day, time(8)))
        make_pool(
            to,
            code=department.code,
            department=department,
            day=day,
            starts_at=starts,
            ends_at=starts + timedelta(hours=4),
            opens_at=starts - timedelta(days=14),
            released_at=starts,
            places=places,
            reserved_percent=share,
        )
    keep(rows)
