"""Rules of an alliance that are planned: at most a year ahead, and withdrawn until they begin."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from django.db import IntegrityError
from django.utils import timezone

from audit.models import Event
from facilities.models import Alliance
from referral import clocks
from referral.limits import midnight, planned_ahead
from referral.models import AutomaticStep, ServiceLimit
from referral.stages import Stage
from referral.states import Urgency
from tests.api import Answer
from tests.factories import Person, World, as_system, new_key
from tests.referral.raw import run
from tests.referral.test_documentation import rushed, shown
from tests.referral.test_limits_api import DAY, SWITCH, body, path
from tests.referral.test_record_no_show import backdate

OFF: Final = {"stage": "answer", "action": "off"}
Terms = list[tuple[str, str | None]]


def in_days(number: int) -> str:
    return str(timezone.localdate() + number * DAY)


def made(world: World, days: int, what: str = "limits", **changes: Any) -> str:
    """Set a rule that begins so many days ahead; return its id."""
    said = body() if what == "limits" else dict(SWITCH)
    answer = world.manager.api.post(path(world, what), {**said, "starts": in_days(days), **changes})
    assert answer.status == 201, answer
    if what == "limits":
        return str(answer.body["limit"]["id"])
    return str(max(answer.results, key=lambda row: str(row["created_at"]))["id"])


def withdraw(who: Person, world: World, rule: str) -> Answer:
    return who.api.send("DELETE", f"/alliances/{world.alliance.pk}/rules/{rule}/")


def terms(world: World, what: str = "limits") -> Terms:
    """Return the terms of all rows, the first one first, in days from today."""
    answer = world.office.api.get(path(world, what)).body
    rows = answer["own"] if what == "limits" else answer["results"]
    return sorted(((row["starts"], row["ends"]) for row in rows), key=lambda row: row[0])


BOTH: Final = pytest.mark.parametrize("what", ["limits", "automatic-steps"])


@BOTH
@pytest.mark.parametrize("over", [0, 1])
def test_a_rule_begins_a_year_ahead_at_most(world: World, what: str, over: int) -> None:
    said = body() if what == "limits" else dict(SWITCH)
    said["starts"] = in_days(planned_ahead().days + over)
    answer = world.manager.api.post(path(world, what), said)
    assert (answer.status, answer.code) == ((422, "term-too-far") if over else (201, ""))


@BOTH
def test_a_slip_of_the_pen_blocks_nothing(world: World, what: str) -> None:
    for far in ("9999-12-31", in_days(400)):
        said = {**(body() if what == "limits" else SWITCH), "starts": far}
        assert world.manager.api.post(path(world, what), said).code == "term-too-far"
    made(world, 0, what)
    assert terms(world, what) == [(in_days(0), None)]


@BOTH
def test_what_is_planned_is_withdrawn_and_the_rule_before_holds_on(world: World, what: str) -> None:
    made(world, 0, what)
    planned = made(world, 10, what)
    assert terms(world, what) == [(in_days(0), in_days(10)), (in_days(10), None)]
    assert withdraw(world.manager, world, planned).status == 204
    # The row stays to be read, with a term that is empty.
    assert terms(world, what) == [(in_days(0), None), (in_days(10), in_days(10))]
    assert withdraw(world.manager, world, planned).status == 204, "again, it changes nothing"
    assert terms(world, what) == [(in_days(0), None), (in_days(10), in_days(10))]
    # An earlier one takes its place.
    made(world, 5, what)
    made(world, 10, what)
    assert terms(world, what)[:2] == [(in_days(0), in_days(5)), (in_days(5), in_days(10))]
    name = "limit" if what == "limits" else "automatic_step"
    said = Event.objects.filter(what=f"alliance.{name}_withdrawn", actor_id=world.manager.user.pk)
    assert said.count() == 1


@BOTH
def test_one_between_two_is_withdrawn(world: World, what: str) -> None:
    first, second, third = (made(world, days, what) for days in (5, 10, 20))
    assert withdraw(world.manager, world, second).status == 204
    assert terms(world, what) == [
        (in_days(5), in_days(20)),
        (in_days(10), in_days(10)),
        (in_days(20), None),
    ]
    # Withdrawn later, the third brings no withdrawn one back.
    for rule in (third, first):
        assert withdraw(world.manager, world, rule).status == 204
    assert all(starts == ends for starts, ends in terms(world, what))


@BOTH
def test_the_same_day_again_brings_no_withdrawn_one_back(world: World, what: str) -> None:
    for _each in range(2):
        assert withdraw(world.manager, world, made(world, 10, what)).status == 204
    assert terms(world, what) == [(in_days(10), in_days(10))] * 2


@BOTH
def test_what_holds_is_ended_and_never_undone(world: World, what: str) -> None:
    today = made(world, 0, what)
    answer = withdraw(world.manager, world, today)
    assert (answer.status, answer.code) == (409, "term-begun")
    assert terms(world, what) == [(in_days(0), None)]


@BOTH
def test_who_may_withdraw(world: World, what: str) -> None:
    planned = made(world, 10, what)
    for who in (world.doctor, world.office, world.chief, world.stranger):
        assert withdraw(who, world, planned).code == "no-permission"
    assert withdraw(world.outsider, world, planned).code == "not-its-manager"
    missing = withdraw(world.manager, world, new_key())
    assert (missing.status, missing.code) == (404, "not-found")
    elsewhere = f"/alliances/{new_key()}/rules/{planned}/"
    assert world.manager.api.send("DELETE", elsewhere).status == 404
    assert terms(world, what) == [(in_days(10), None)]


def test_a_withdrawn_limit_decides_nothing(world: World) -> None:
    planned = made(world, 3, minutes=1)
    withdraw(world.manager, world, planned)
    assert clocks.read().own == {}
    as_system()
    then = timezone.localdate() + 3 * DAY
    assert not ServiceLimit.objects.get().is_in_force(then)


def test_switched_off_nothing_planned_begins_either(world: World) -> None:
    where = path(world, "automatic-steps")
    made(world, 5, "automatic-steps")
    made(world, 10, "automatic-steps")
    off = world.manager.api.post(where, {**OFF, "starts": in_days(7)})
    assert off.status == 201, off
    assert terms(world, "automatic-steps") == [
        (in_days(5), in_days(7)),
        (in_days(10), in_days(10)),
    ]
    assert world.manager.api.post(where, OFF).status == 201, "what is left is planned too"
    assert all(starts == ends for starts, ends in terms(world, "automatic-steps"))
    assert world.manager.api.post(where, OFF).code == "nothing-to-switch-off"


def test_no_term_ends_before_it_begins(world: World) -> None:
    made(world, 5)
    made(world, 5, "automatic-steps")
    for table in ("servicelimit", "automaticstep"):
        with pytest.raises(IntegrityError, match="ends_from_start_on"):
            run(f"UPDATE referral_{table} SET ends = starts - 1")


# By when an emergency is documented is such a rule.


def documented_by(world: World, minutes: int, **changes: Any) -> Answer:
    said = body(stage="documentation", urgency="emergency", minutes=minutes, **changes)
    return world.manager.api.post(path(world), said)


def deadline(world: World) -> tuple[timedelta, str]:
    """Return how long the sender of a fresh emergency has, and who says so."""
    leg = rushed(world)
    assert leg.submitted_at is not None
    found = datetime.fromisoformat(shown(world.doctor, leg)["due_at"]) - leg.submitted_at
    beside = world.office.api.get(f"/referrals/{leg.pk}/clock/").body["beside"]
    [source] = [each["source"] for each in beside if each["stage"] == Stage.DOCUMENTATION]
    return found, source


def test_an_alliance_rules_by_when_emergencies_are_documented(world: World) -> None:
    length, source = deadline(world)
    assert (length, "proposed for this system" in source) == (timedelta(hours=24), True)
    assert documented_by(world, 360).status == 201
    assert deadline(world) == (timedelta(hours=6), "医联体2026年第3号通知")


def test_one_that_is_planned_holds_from_its_day_on(world: World) -> None:
    assert documented_by(world, 360, starts=in_days(1)).status == 201
    assert deadline(world)[0] == timedelta(hours=24)


def test_another_alliance_has_its_own(world: World) -> None:
    theirs = Alliance.objects.get(lead=world.outside)
    elsewhere = f"/alliances/{theirs.pk}/limits/"
    said = body(stage="documentation", urgency="emergency", minutes=60)
    assert world.outsider.api.post(elsewhere, said).status == 201
    assert deadline(world)[0] == timedelta(hours=24)


def test_what_was_promised_stays_and_the_preview_says_so(world: World) -> None:
    leg = rushed(world)
    before = shown(world.doctor, leg)["due_at"]
    backdate(leg, submitted_at=timedelta(hours=5))
    counted = documented_by(world, 240, preview=True).body["effect"]
    assert counted == {
        "waiting": 1,
        "overdue_now": 0,
        "overdue_then": 0,
        "overdue_if_all": 1,
    }
    assert documented_by(world, 301, preview=True).body["effect"]["overdue_if_all"] == 0
    assert documented_by(world, 240).status == 201
    assert shown(world.doctor, leg)["due_at"] == before


def test_on_working_hours_a_friday_emergency_is_documented_on_monday(world: World) -> None:
    assert documented_by(world, 480, clock="working").status == 201
    friday = midnight(date(2026, 11, 27)) + timedelta(hours=15)
    rules = clocks.read()
    kind = (Stage.DOCUMENTATION, int(Urgency.EMERGENCY), "up")
    limit = rules.limit_of(kind, world.alliance.pk, friday)
    assert rules.add(friday, limit.length, limit.clock).date() == date(2026, 11, 30)
    assert AutomaticStep.objects.count() == 0
