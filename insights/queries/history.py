"""Reads what departments have seen: their referrals from primary care, their sessions, and who else had a place."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from facilities.models import Department, Membership, Pool
from facilities.models.dated import in_force
from facilities.vocabulary import HIGHEST_PRIMARY_TIER, Direction, PoolKind
from insights.models import LegFact
from insights.whatif.estimate import Leg, Session
from referral.models import Booking, BookingState, Referral
from referral.states import Status, Urgency

MINUTES_A_DAY: Final = 24 * 60
FULL: Final = 100
NOON: Final = time(12)


@dataclass(slots=True)
class History:
    """One department over a period; `persons` counts patients by urgency.

    `released` and `ahead` hold, of each session, how many days before it reserved places were free for everybody
    (1: on the day itself, 0: never), and how many days before it places could be had.
    """

    legs: list[Leg] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    persons: dict[str, set[UUID]] = field(default_factory=dict)
    released: list[int] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many referrals were accepted or not."""
        return sum(leg.accepted is not None for leg in self.legs)

    @property
    def begun(self) -> date | None:
        """The first day of which anything is known."""
        days = [*(leg.submitted for leg in self.legs), *(each.day for each in self.sessions)]
        return min(days, default=None)

    def usual_release(self) -> int:
        """Return when places are mostly released."""
        return max(set(self.released), key=lambda each: (self.released.count(each), each))


def booked_ahead(histories: Collection[History]) -> int | None:
    """Return how many days ahead places can mostly be had, None where there are no sessions."""
    days = [each for history in histories for each in history.ahead]
    return max(int(median(days)), 1) if days else None


def beside(department: Department, alliance_id: UUID, on: date) -> list[Department]:
    """Return the departments of the same subject at other members of an alliance on a day."""
    members = Membership.objects.filter(in_force(on), alliance=alliance_id).values("facility")
    rows = Department.objects.filter(
        code=department.code, is_active=True, facility__in=members, facility__is_active=True
    )
    return list(rows.exclude(facility=department.facility_id).order_by("id"))


def read(
    departments: Collection[UUID], kind: PoolKind, first: date, last: date
) -> dict[UUID, History]:
    """Return departments over the days from `first` to `last`; needs a scope that sees their facts. Four statements.

    Emergencies are left out: nobody lets them wait for a session.
    """
    found: dict[UUID, History] = {pk: History() for pk in departments}
    counted = legs(departments, kind, first, last)
    absent = set(_absent(counted))
    for fact in counted.order_by("submitted_on", "id"):
        if fact.to_department is not None:
            history = found[fact.to_department]
            code = Urgency(fact.urgency).name.lower()
            history.legs.append(_leg(fact, code, is_absent=fact.pk in absent))
            history.persons.setdefault(code, set()).add(fact.patient)
    for pk, session, released, ahead in _sessions(departments, kind, first, last):
        found[pk].sessions.append(session)
        found[pk].released.append(released)
        found[pk].ahead.append(ahead)
    return found


def legs(
    departments: Collection[UUID], kind: PoolKind, first: date, last: date
) -> QuerySet[LegFact]:
    """Return the referrals from primary care to departments over days: those with a bed, or those without one."""
    found = LegFact.objects.filter(
        to_department__in=list(departments),
        submitted_on__range=(first, last),
        cancelled=False,
        urgency__gt=Urgency.EMERGENCY,
        from_tier__lte=HIGHEST_PRIMARY_TIER,
    ).exclude(direction=Direction.DOWN)
    beds = Booking.objects.filter(pool__kind=PoolKind.BED, referral__in=found.values("id"))
    in_beds = Q(pk__in=beds.values("referral_id"))
    return found.filter(in_beds if kind == PoolKind.BED else ~in_beds)


def _absent(legs: QuerySet[LegFact]) -> QuerySet[Referral, UUID]:
    rows = Referral.objects.filter(status=Status.NO_SHOW, pk__in=legs.values("id"))
    return rows.values_list("pk", flat=True)


def _leg(fact: LegFact, urgency: str, *, is_absent: bool) -> Leg:
    refused = fact.declined or fact.redirected or fact.expired
    minutes = fact.answer_minutes
    came = True if fact.arrived_on is not None else False if is_absent else None
    return Leg(
        submitted=fact.submitted_on,
        urgency=urgency,
        accepted=True if fact.accepted else False if refused else None,
        answer_days=minutes / MINUTES_A_DAY if fact.accepted and minutes is not None else None,
        came=came,
    )


def _sessions(
    departments: Collection[UUID], kind: PoolKind, first: date, last: date
) -> Iterator[tuple[UUID, Session, int, int]]:
    pools = list(
        Pool.objects.filter(department__in=list(departments), kind=kind, day__range=(first, last))
    )
    others = Booking.objects.filter(
        pool__in=[pool.pk for pool in pools], from_primary=False, state=BookingState.BOOKED
    )
    own: dict[UUID, int] = defaultdict(int)
    own.update(others.values_list("pool").annotate(taken=Count("id")))
    for pool in pools:
        reserved = math.ceil(pool.places * pool.reserved_percent / FULL)
        ahead = (pool.day - timezone.localdate(pool.opens_at)).days
        if pool.department_id is not None:
            session = Session(pool.day, pool.places, reserved, own[pool.pk])
            yield pool.department_id, session, _released(pool), ahead


def _released(pool: Pool) -> int:
    """Return on how many days before the next the rest of a session is free, at noon when places are given."""
    if pool.released_at >= pool.starts_at:
        return 0
    noon = timezone.make_aware(datetime.combine(pool.day, NOON))
    return max((noon - pool.released_at) // timedelta(days=1) + 1, 0)
