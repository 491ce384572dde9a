"""Limits and automatic steps through the API: the manager of the alliance sets them, everybody reads them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from referral import clocks, sla
from referral.models import AutomaticStep, ServiceLimit
from referral.states import Status, Urgency
from tests.factories import Person, World, as_system, new_key, reload
from tests.referral.test_record_no_show import backdate

DAY = timedelta(days=1)


def path(world: World, what: str = "limits") -> str:
    return f"/alliances/{world.alliance.pk}/{what}/"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "stage": "answer",
        "urgency": "routine",
        "direction": "up",
        "minutes": 240,
        "clock": "calendar",
        "source": "医联体2026年第3号通知",
        **changes,
    }


def in_force(who: Person, world: World) -> dict[str, Any]:
    """Return the limit of a routine answer upwards, as the API shows it."""
    rows = who.api.get(path(world)).body["in_force"]
    [row] = [
        row
        for row in rows
        if (row["stage"], row["urgency"], row["direction"]) == ("answer", "routine", "up")
    ]
    found: dict[str, Any] = row
    return found


def test_everybody_reads_what_holds_today(world: World) -> None:
    for who in (world.doctor, world.office, world.manager, world.stranger, world.auditor):
        answer = who.api.get(path(world))
        assert answer.status == 200
        assert len(answer.body["in_force"]) == 7 * 3 * 3
        assert answer.body["own"] == []
        row = in_force(who, world)
        assert (row["minutes"], row["clock"], row["own"]) == (960, "working", False)
        assert "Lingshui" in row["source"]


def test_the_manager_sets_a_limit_and_lists_follow(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    before = world.office.api.get(f"/referrals/{leg.pk}/").body["due_at"]
    answer = world.manager.api.post(path(world), body())
    assert answer.status == 201, answer
    assert answer.body["limit"]["minutes"] == 240
    assert answer.body["limit"]["ends"] is None
    row = in_force(world.doctor, world)
    assert (row["minutes"], row["clock"], row["own"]) == (240, "calendar", True)
    assert row["source"] == "医联体2026年第3号通知"
    [shown] = world.office.api.get("/referrals/", {"box": "inbox"}).results
    due = sla.deadline(reload(leg), clocks.rules())
    assert due is not None
    assert leg.submitted_at is not None
    assert due == leg.submitted_at + timedelta(hours=4)
    assert shown["due_at"] != before
    assert Event.objects.filter(what="alliance.limit_set", actor_id=world.manager.user.pk).exists()


def test_who_may_not(world: World) -> None:
    for who in (world.doctor, world.office, world.chief, world.stranger):
        answer = who.api.post(path(world), body())
        assert (answer.status, answer.code) == (403, "no-permission")
    for what, said in (("limits", body()), ("automatic-steps", SWITCH)):
        answer = world.outsider.api.post(path(world, what), said)
        assert (answer.status, answer.code) == (403, "not-its-manager")
        assert world.anonymous.post(path(world, what), said).status == 401
    assert not ServiceLimit.objects.exists()
    nowhere = world.manager.api.post(f"/alliances/{new_key()}/limits/", body())
    assert (nowhere.status, nowhere.code) == (404, "not-found")


def test_a_change_is_a_new_row_and_the_old_one_stays(world: World) -> None:
    today = timezone.localdate()
    first = world.manager.api.post(path(world), body())
    later = body(minutes=120, starts=str(today + 10 * DAY))
    assert world.manager.api.post(path(world), later).status == 201
    own = world.office.api.get(path(world)).body["own"]
    assert [(row["minutes"], row["starts"], row["ends"]) for row in own] == [
        (120, str(today + 10 * DAY), None),
        (240, str(today), str(today + 10 * DAY)),
    ]
    assert own[1]["id"] == first.body["limit"]["id"]
    assert in_force(world.office, world)["minutes"] == 240
    other = body(direction="down")
    assert world.manager.api.post(path(world), other).status == 201


@pytest.mark.parametrize(
    ("days", "status", "code"),
    [(-1, 422, "term-in-the-past"), (0, 409, "term-followed"), (5, 409, "term-followed")],
)
def test_no_term_in_the_past_and_none_before_another(
    world: World, days: int, status: int, code: str
) -> None:
    today = timezone.localdate()
    assert world.manager.api.post(path(world), body(starts=str(today + 5 * DAY))).status == 201
    answer = world.manager.api.post(path(world), body(starts=str(today + days * DAY)))
    assert (answer.status, answer.code) == (status, code)
    assert ServiceLimit.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stage", "follow_up"),
        ("urgency", "soon"),
        ("direction", "sideways"),
        ("minutes", 0),
        ("minutes", 366 * 24 * 60 + 1),
        ("minutes", "60"),
        ("clock", "moon"),
        ("source", " "),
        ("starts", "tomorrow"),
        ("note", "unknown field"),
    ],
)
def test_what_is_wrong_is_named(world: World, field: str, value: object) -> None:
    answer = world.manager.api.post(path(world), body(**{field: value}))
    assert (answer.status, answer.code) == (400, "invalid")
    assert set(answer.body["errors"]) == {field}


def test_the_preview_counts_and_writes_nothing(world: World) -> None:
    fresh, old, urgent = (
        world.at(Status.SUBMITTED),
        world.at(Status.RECEIVED),
        world.at(Status.SUBMITTED, urgency=Urgency.URGENT),
    )
    world.at(Status.ACCEPTED)
    backdate(fresh, submitted_at=timedelta(seconds=61))
    backdate(old, submitted_at=timedelta(days=30))
    backdate(urgent, submitted_at=timedelta(days=30))
    said = body(minutes=1, preview=True)
    answer = world.manager.api.post(path(world), said)
    assert answer.status == 200, answer
    today = timezone.localdate(timezone.now() - timedelta(seconds=61)) == timezone.localdate()
    assert answer.body == {
        "limit": None,
        "effect": {
            "waiting": 2,
            "overdue_now": 1,
            "overdue_then": 2 if today else 1,
            "overdue_if_all": 2,
        },
    }
    tomorrow = str(timezone.localdate() + DAY)
    then = world.manager.api.post(path(world), {**said, "starts": tomorrow}).body["effect"]
    assert (then["overdue_then"], then["overdue_if_all"]) == (1, 2)
    assert not ServiceLimit.objects.exists()


def test_a_repeated_key_sets_it_once(world: World) -> None:
    key = new_key()
    first = world.manager.api.post(path(world), body(), key=key)
    again = world.manager.api.post(path(world), body(), key=key)
    assert (first.status, again.status, again.content) == (201, 201, first.content)
    assert ServiceLimit.objects.count() == 1


SWITCH: dict[str, Any] = {"stage": "answer", "action": "expire", "after_steps": 3}


def test_automatic_steps_are_off_until_somebody_switches_one_on_and_off_again(
    world: World,
) -> None:
    where = path(world, "automatic-steps")
    assert world.office.api.get(where).results == []
    answer = world.manager.api.post(where, SWITCH)
    assert answer.status == 201, answer
    [row] = world.office.api.get(where).results
    assert (row["action"], row["after_steps"], row["ends"]) == ("expire", 3, None)
    today = timezone.localdate()
    off = {"stage": "answer", "action": "off"}
    assert world.manager.api.post(where, off).code == "term-too-short"
    off["starts"] = str(today + DAY)
    assert world.manager.api.post(where, off).status == 201
    [row] = world.office.api.get(where).results
    assert row["ends"] == str(today + DAY)
    assert world.manager.api.post(where, {**off, "stage": "information"}).code == (
        "nothing-to-switch-off"
    )


def test_the_fallback_is_a_member_of_the_alliance(world: World) -> None:
    where = path(world, "automatic-steps")
    redirect = {"stage": "answer", "action": "redirect"}
    for fallback in (None, str(world.stranger_clinic.pk), new_key()):
        answer = world.manager.api.post(where, {**redirect, "fallback": fallback})
        assert (answer.status, answer.code) == (422, "unknown-fallback"), fallback
    wrong = world.manager.api.post(where, {**SWITCH, "fallback": str(world.second.pk)})
    assert wrong.code == "unknown-fallback"
    right = world.manager.api.post(where, {**redirect, "fallback": str(world.second.pk)})
    assert right.status == 201, right
    as_system()
    assert AutomaticStep.objects.get().fallback_id == world.second.pk


def test_the_best_match_needs_no_fallback_and_is_for_what_nobody_answered(world: World) -> None:
    where = path(world, "automatic-steps")
    best = {"stage": "answer", "action": "rematch"}
    named = world.manager.api.post(where, {**best, "fallback": str(world.second.pk)})
    assert (named.status, named.code) == (422, "unknown-fallback")
    for action in ("rematch", "redirect"):
        asked = {"stage": "information", "action": action, "fallback": str(world.second.pk)}
        assert world.manager.api.post(where, asked).code == "sent-on-unanswered-only"
    answer = world.manager.api.post(where, best)
    assert answer.status == 201, answer
    [row] = world.office.api.get(where).results
    assert (row["action"], row["fallback"]) == ("rematch", None)
