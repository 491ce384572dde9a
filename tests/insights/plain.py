"""Counts plainly, leg by leg in Python from the rows themselves: what the counters must equal to the last digit.

Written from the definitions in words (domain.md §5.5) and from nothing of the app under test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from referral import clocks
from referral.limits import Rules
from referral.models import FollowUp, LegClock, Referral
from referral.stages import Stage
from referral.states import Status

HERE = ZoneInfo("Asia/Shanghai")


@dataclass
class Leg:
    """A submitted leg with what hangs on it."""

    row: Referral
    ways_back: list[Referral]
    contacts: list[FollowUp]
    contacts_after: list[FollowUp]
    clock: LegClock | None

    def day(self, moment: datetime | None) -> date | None:
        return None if moment is None else moment.astimezone(HERE).date()

    @property
    def submitted(self) -> date:
        found = self.day(self.row.submitted_at)
        assert found
        return found

    @property
    def is_accepted(self) -> bool:
        return self.row.decided_at is not None and self.row.status != "declined"

    @property
    def accepted(self) -> date | None:
        return self.day(self.row.decided_at) if self.is_accepted else None

    @property
    def arrived(self) -> date | None:
        return self.day(self.row.arrived_at)

    @property
    def completed(self) -> date | None:
        return self.day(self.row.ended_at) if self.row.status == "completed" else None

    @property
    def is_wish(self) -> bool:
        return self.row.reason_code == "patient_wish"

    def is_closed(self) -> bool:
        moments = [leg.submitted_at for leg in self.ways_back if leg.submitted_at]
        if self.clock and self.clock.reported_at:
            moments.append(self.clock.reported_at)
        ended = self.row.ended_at
        return bool(
            self.completed and ended and moments and min(moments) <= ended + timedelta(days=14)
        )

    def is_late(self, rules: Rules, now: datetime) -> bool:
        row, clock = self.row, self.clock
        assert row.submitted_at
        emergency = row.urgency == 0
        stage = Stage.ACKNOWLEDGE if emergency else Stage.ANSWER
        limit = rules.limit_of(
            (stage, row.urgency, row.direction), row.alliance_id, row.submitted_at
        )
        start = row.submitted_at
        if clock and not emergency:
            start = getattr(clock, f"{limit.clock.value}_from") or start
        due = rules.add(start, limit.length, limit.clock)
        answered = row.decided_at or row.ended_at
        if emergency:
            answered = row.acknowledged_at or row.arrived_at or row.ended_at
        stopped = clock.paused_at if clock else None
        return (answered or stopped or now) > due


def read() -> list[Leg]:
    """Return all legs that count or are shown apart."""
    rows = Referral.objects.filter(submitted_at__isnull=False).exclude(
        status=Status.ENTERED_IN_ERROR
    )
    legs = list(rows.select_related("from_facility", "to_facility", "patient__region"))
    clocks_of = {each.pk: each for each in LegClock.objects.all()}
    contacts: dict[object, list[FollowUp]] = {}
    for each in FollowUp.objects.all():
        contacts.setdefault(each.referral_id, []).append(each)
    back: dict[object, list[Referral]] = {}
    for leg in legs:
        if leg.direction == "down" and leg.previous_id and leg.status != "cancelled":
            back.setdefault(leg.previous_id, []).append(leg)
    return [
        Leg(
            leg,
            back.get(leg.pk, []),
            contacts.get(leg.pk, []),
            [one for way in back.get(leg.pk, []) for one in contacts.get(way.pk, [])],
            clocks_of.get(leg.pk),
        )
        for leg in legs
    ]


def _is_chronic(code: str) -> bool:
    """Say whether a code is of hypertension, diabetes, the coronaries, the vessels of the brain, or COPD."""
    ranges = (("I10", "I13"), ("I15", "I15"), ("E10", "E14"), ("I20", "I25"), ("I60", "I69"))
    category = code[:3].upper()
    return category == "J44" or any(low <= category <= high for low, high in ranges)


def terms(  # noqa: C901 - a case for each definition, each in one line
    code: str, legs: Iterable[Leg], first: date, last: date, now: datetime
) -> tuple[int, int | None]:
    """Return numerator and denominator of an indicator over legs; None where nothing counted divides it."""
    rules = clocks.read()

    def within(day: date | None) -> bool:
        return day is not None and first <= day <= last

    counted = [leg for leg in legs if leg.row.status != "cancelled"]
    up = [leg for leg in counted if leg.row.direction == "up"]
    down = [leg for leg in counted if leg.row.direction == "down"]
    both = up + down
    here = [leg for leg in both if within(leg.submitted)]
    arrived_up = [leg for leg in up if within(leg.arrived) and not leg.is_wish]
    taken_down = [leg for leg in down if within(leg.accepted) and not leg.is_wish]
    inpatients = [leg for leg in taken_down if leg.row.setting == "inpatient"]
    match code:
        case "up-rate" | "up-count":
            return len(arrived_up), None
        case "wish-up-count":
            return sum(within(leg.arrived) and leg.is_wish for leg in up), None
        case "wish-down-count":
            return sum(within(leg.accepted) and leg.is_wish for leg in down), None
        case "down-rate-inpatient" | "down-count-inpatient":
            return len(inpatients), None
        case "down-rate-outpatient" | "down-count-outpatient":
            return len(taken_down) - len(inpatients), None
        case "down-growth":
            return len(taken_down), None
        case "chronic-down-share":
            chronic = [leg for leg in taken_down if _is_chronic(leg.row.diagnosis_code)]
            return len(chronic), len(taken_down)
        case "down-share":
            return len(taken_down), len(taken_down) + len(arrived_up)
        case "two-way-ratio":
            return len(taken_down), len(arrived_up)
        case "two-way-rate":
            return sum(within(leg.completed) for leg in both), None
        case "acceptance-rate":
            return sum(leg.is_accepted for leg in here), len(here)
        case "decline-rate":
            return sum(leg.row.status == "declined" for leg in here), len(here)
        case "late-rate":
            return sum(leg.is_late(rules, now) for leg in here), len(here)
        case "arrival-rate":
            taken = [leg for leg in both if within(leg.accepted)]
            return sum(leg.arrived is not None for leg in taken), len(taken)
        case "loop-rate":
            done = [leg for leg in up if within(leg.completed)]
            return sum(leg.is_closed() for leg in done), len(done)
        case "follow-up-rate":
            due = [
                (one, leg)
                for leg in counted
                for one in leg.contacts
                if within(one.due_on) and one.due_on <= now.astimezone(HERE).date()
            ]
            return sum(
                one.done_at is not None and one.done_at.astimezone(HERE).date() <= one.due_on
                for one, _leg in due
            ), len(due)
        case "out-of-county-rate":
            located = [
                leg
                for leg in up
                if within(leg.submitted)
                and leg.row.patient.region
                and not leg.row.patient.region.code[:6].endswith("00")
            ]
            return sum(
                leg.row.patient.region.code[:6] != leg.row.to_facility.region_id[:6]  # type: ignore[union-attr]
                for leg in located
            ), len(located)
        case "cancelled-count":
            gone = [leg for leg in legs if leg.row.status == "cancelled" and within(leg.submitted)]
            return sum(leg.row.direction in {"up", "down"} for leg in gone), None
    raise AssertionError(f"say in plain words what {code} counts")
