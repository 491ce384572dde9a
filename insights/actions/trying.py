"""Tries a change: takes the wish, estimates from history what the simulation is told, runs it, and keeps all of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import replica, scope
from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from accounts.ids import uuid7
from audit import record
from facilities.models import Department
from facilities.vocabulary import Direction, PoolKind
from insights.actions import jobs
from insights.models import JobState, WhatIf
from insights.policy import whatif as policy
from insights.queries import history as queries
from insights.queries.history import History
from insights.thresholds import WHAT_IF_DAYS, WHAT_IF_REFERRALS, WHAT_IF_WEEKS
from insights.weeks import WEEK
from insights.whatif import kept
from insights.whatif.compare import compare
from insights.whatif.estimate import department as estimated
from insights.whatif.setting import MOST_ARRIVALS, Change, Closure, Setting, Urgency, load
from insights.whatif.setting import Department as Simulated
from insights.whatif.telling import as_data
from referral import clocks, states
from referral.limits import Rules, midnight
from referral.stages import Clock, Stage

# Repetitions, the most that can be done in the time.
REPLICATIONS: Final = (100, 50, 20, 10)
URGENCIES: Final = (states.Urgency.URGENT, states.Urgency.ROUTINE)
WORKING_DAY: Final = timedelta(hours=8)
# Five of seven days are worked.
DAYS_OF_A_WORKING_DAY: Final = 7 / 5
DAY: Final = timedelta(days=1)
SEEDS: Final = 2**31 - 1


class Trial(StrEnum):
    """What may be tried."""

    SHARE = "share"
    PLACES = "places"
    CLOSURE = "closure"


# What the number of a change may be.
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    Trial.SHARE: (0, 100),
    Trial.PLACES: (-50, 50),
    Trial.CLOSURE: (0, 52),
}


def ask(facility_id: UUID, change: Mapping[str, Any], *, by: Actor, now: datetime) -> WhatIf:
    """Ask what a change would do: `kind` (Trial), `pool` (slot or bed), `department` (of the facility; a closure may
    be of all of them), `number` (percent, or places more or less a session; weeks of a closure, 0 for good).

    Needs a transaction. Raises Refused `not-found`, `what-if-closure`, `what-if-department`.
    """
    alliance_id = policy.alliance_of(by, facility_id, timezone.localdate(now))
    if change["kind"] == Trial.CLOSURE:
        policy.demand_closure(alliance_id)
    named = change.get("department")
    if named is None and change["kind"] != Trial.CLOSURE:
        text = _("Say which department.")
        raise Refused("what-if-department", text, kind=Kind.UNPROCESSABLE)
    if named and not Department.objects.filter(pk=named, facility=facility_id).exists():
        raise not_found()
    pk = uuid7()
    row = WhatIf(
        id=pk,
        facility_id=facility_id,
        alliance_id=alliance_id,
        owner_id=by.person,
        change={**change, "department": str(named) if named else None},
        seed=pk.int % SEEDS,
        asked_at=now,
    )
    return _asked(row, by)


def again(row: WhatIf, *, by: Actor, now: datetime) -> WhatIf:
    """Ask for the same run once more: the same numbers, the same seed. Raises Refused `what-if-unfinished`."""
    if row.state != JobState.DONE:
        text = _("Only what was calculated can be repeated.")
        raise Refused("what-if-unfinished", text)
    repeated = WhatIf(
        facility_id=row.facility_id,
        alliance_id=row.alliance_id,
        owner_id=by.person,
        change=row.change,
        inputs=row.inputs,
        seed=row.seed,
        repeats_id=row.repeats_id or row.pk,
        asked_at=now,
    )
    return _asked(repeated, by)


def _asked(row: WhatIf, by: Actor) -> WhatIf:
    row.save(force_insert=True)
    record.change(by, what="what_if.ask", fields=[row.change["kind"]])
    return row


def perform(row: WhatIf, now: datetime) -> None:
    """Estimate, simulate for some seconds, keep; what was estimated before is simulated as it was."""
    told = jobs.attempted(lambda: _inputs(row, timezone.localdate(now)))
    if "refused" not in told:
        row.inputs = told
        told = jobs.attempted(lambda: _outcome(row.inputs, row.seed))
    with transaction.atomic():
        row.save(update_fields=["inputs"])
        state = JobState.REFUSED if "refused" in told else JobState.DONE
        jobs.finish(row, state, told, now)


def _outcome(inputs: Mapping[str, Any], seed: int) -> dict[str, Any]:
    setting, change = kept.setting_of(inputs["setting"]), kept.change_of(inputs["change"])
    return as_data(compare(setting, change, replications=inputs["replications"], seed=seed))


def _inputs(row: WhatIf, today: date) -> dict[str, Any]:
    if row.inputs:
        return dict(row.inputs)
    with scope.transaction_as(Actor.system()):
        return replica.read(lambda: _estimate(row, today), by=Actor.system())


def _estimate(row: WhatIf, today: date) -> dict[str, Any]:
    """Return what the simulation is told; raises Refused where the history is too short."""
    first, last = today - timedelta(days=WHAT_IF_DAYS), today - DAY
    mine, others = _concerned(row, today)
    kind = PoolKind(row.change["pool"])
    histories = queries.read([each.pk for each in (*mine, *others)], kind, first, last)
    known = {pk: each for pk, each in histories.items() if _is_enough(each)}
    _demand_known(mine, histories, known)
    following = _following(mine, others, known)
    setting = Setting(
        departments=tuple(
            _simulated(pk, known[pk], following.get(pk, ()), first, last) for pk in known
        ),
        urgencies=_urgencies(row, clocks.read(), today),
        booked_ahead=queries.booked_ahead(known.values()) or 1,
    )
    change = _change(row, setting, [str(each.pk) for each in mine if each.pk in known])
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "setting": kept.setting_data(setting),
        "change": kept.change_data(change),
        "replications": _replications(setting),
        "legs": {str(pk): len(each.legs) for pk, each in known.items()},
        "persons": {
            str(pk): {code: len(who) for code, who in each.persons.items()}
            for pk, each in known.items()
        },
        "left_out": sorted(str(pk) for pk in histories if pk not in known),
    }


def _concerned(row: WhatIf, today: date) -> tuple[list[Department], list[Department]]:
    """Return the departments that are changed, and those of other members that take over from closed ones."""
    rows = Department.objects.filter(facility=row.facility_id)
    named = row.change["department"]
    mine = list(rows.filter(pk=named) if named else rows.filter(is_active=True).order_by("id"))
    if row.change["kind"] != Trial.CLOSURE or row.alliance_id is None:
        return mine, []
    beside = {
        other.pk: other for each in mine for other in queries.beside(each, row.alliance_id, today)
    }
    return mine, list(beside.values())


def _is_enough(history: History) -> bool:
    begun, ended = history.begun, max((each.day for each in history.sessions), default=None)
    is_long = begun is not None and ended is not None and ended - begun >= WHAT_IF_WEEKS * WEEK
    is_known = history.answered >= WHAT_IF_REFERRALS
    return is_long and is_known and any(each.places for each in history.sessions)


def _demand_known(
    mine: list[Department], histories: Mapping[UUID, History], known: Mapping[UUID, History]
) -> None:
    """Refuse where nothing is known of what is changed. Raises Refused."""
    if any(each.pk in known for each in mine):
        return
    most = max((histories[each.pk].answered for each in mine), default=0)
    text = _(
        "Too little is known: %(needed)d answered referrals from primary care and %(weeks)d weeks of sessions are "
        "needed within %(days)d days; there are %(there)d answered referrals."
    )
    facts = {
        "needed": WHAT_IF_REFERRALS,
        "weeks": WHAT_IF_WEEKS,
        "days": WHAT_IF_DAYS,
        "there": most,
    }
    raise Refused(
        "what-if-too-little",
        text % facts,
        kind=Kind.UNPROCESSABLE,
        facts=facts,
    )


def _following(
    mine: list[Department], others: list[Department], known: Mapping[UUID, History]
) -> dict[UUID, tuple[str, ...]]:
    """Return who takes over from each closed department: those of its subject that receive the most, first."""
    ranked = sorted(
        (each for each in others if each.pk in known),
        key=lambda each: (-len(known[each.pk].legs), str(each.pk)),
    )
    return {
        each.pk: tuple(str(other.pk) for other in ranked if other.code == each.code)
        for each in mine
    }


def _simulated(
    pk: UUID, history: History, following: tuple[str, ...], first: date, last: date
) -> Simulated:
    return estimated(
        str(pk),
        history.legs,
        history.sessions,
        first=max(first, history.begun or first),
        last=last,
        released_before=history.usual_release(),
        following=following,
    )


def _urgencies(row: WhatIf, rules: Rules, today: date) -> tuple[Urgency, ...]:
    """Return how long each may wait, from submission to the visit: the limits of answer and arrival together."""
    at = midnight(today)
    found = []
    for urgency in URGENCIES:
        days = 0.0
        for stage in (Stage.ANSWER, Stage.ARRIVAL):
            limit = rules.limit_of((stage, int(urgency), Direction.UP.value), row.alliance_id, at)
            is_working = limit.clock == Clock.WORKING
            length = limit.length / (WORKING_DAY if is_working else DAY)
            days += length * DAYS_OF_A_WORKING_DAY if is_working else length
        found.append(Urgency(urgency.name.lower(), round(days, 2)))
    return tuple(found)


def _change(row: WhatIf, setting: Setting, keys: list[str]) -> Change:
    number = int(row.change["number"])
    if row.change["kind"] == Trial.SHARE:
        return Change(reserved_percent=dict.fromkeys(keys, number))
    if row.change["kind"] == Trial.PLACES:
        places = {each.key: each.places for each in setting.departments}
        return Change(
            places={
                key: [max(there + number, 0) if there else 0 for there in places[key]]
                for key in keys
            }
        )
    days = number * 7 or None
    return Change(closures=tuple(Closure(key, 0, days) for key in keys))


def _replications(setting: Setting) -> int:
    fits = (each for each in REPLICATIONS if load(setting, each) <= MOST_ARRIVALS)
    return next(fits, REPLICATIONS[-1])
