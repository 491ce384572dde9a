"""The episode: all legs of a journey, where the loop stands and what is missing to close it."""

import pytest

from accounts.ids import uuid7
from audit.models import Event
from facilities.vocabulary import Direction
from referral import loop
from referral.models import Episode, Referral
from referral.states import OPEN, PREPARING, Status
from tests.factories import Person, World, as_system, reload
from tests.referral.expect import snapshot


def shown(who: Person, referral: Referral) -> dict[str, object]:
    answer = who.api.get(f"/episodes/{referral.episode_id}/")
    assert answer.status == 200, answer
    return answer.body


def test_one_leg(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    body = shown(world.doctor, sent)
    assert body["id"] == str(sent.episode_id)
    assert body["origin"] == str(world.clinic.pk)
    assert (body["open_legs"], body["closed_at"], body["loop"]) == (1, None, "open")
    assert body["missing"] == ["decision"]
    assert body["patient"] is not None


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        (Status.DRAFT, ["submission"]),
        (Status.INTERNAL_REVIEW, ["submission"]),
        (Status.INFORMATION_REQUESTED, ["decision"]),
        (Status.ACCEPTED, ["arrival"]),
        (Status.SCHEDULED, ["arrival"]),
        (Status.ARRIVED, ["completion"]),
        (Status.COMPLETED, []),
        (Status.CANCELLED, []),
    ],
)
def test_what_is_missing(world: World, status: Status, missing: list[str]) -> None:
    referral = world.at(status)
    assert shown(world.doctor, referral)["missing"] == missing
    episode = reload(referral).episode
    assert (episode.open_legs == 1) is (status in OPEN)
    assert (episode.closed_at is None) is (status in OPEN)


def test_what_is_missing_on_the_way_back(world: World) -> None:
    down = world.returning(Status.SUBMITTED)
    assert shown(world.office, down)["missing"] == ["completion", "return_decision"]
    world.move(down, "accept", world.doctor)
    assert shown(world.office, down)["missing"] == ["completion", "first_contact"]
    world.move(down, "arrive", world.doctor)
    assert shown(world.office, down)["missing"] == ["completion", "follow_up"]
    assert len(shown(world.office, down)["legs"]) == 2  # type: ignore[arg-type]


def test_each_sees_its_own_legs(world: World) -> None:
    sent = world.at(Status.REDIRECTED)
    as_system()
    leg = Referral.objects.get(previous=sent)
    assert ids(shown(world.doctor, sent)) == [str(sent.pk), str(leg.pk)]
    assert ids(shown(world.office, sent)) == [str(sent.pk)]
    assert ids(shown(world.second_office, sent)) == [str(leg.pk)]
    assert ids(shown(world.manager, sent)) == [str(sent.pk), str(leg.pk)]
    assert shown(world.office, sent)["patient"] is None


def ids(body: dict[str, object]) -> list[str]:
    legs = body["legs"]
    assert isinstance(legs, list)
    return [leg["id"] for leg in legs]


def test_others_do_not_learn_that_it_exists(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for who in (world.stranger, world.outsider):
        theirs = who.api.get(f"/episodes/{sent.episode_id}/")
        nowhere = who.api.get(f"/episodes/{uuid7()}/")
        assert (theirs.status, theirs.content) == (404, nowhere.content)


def test_reading_is_written_down_and_changes_nothing(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    tables = ("referral_referral", "referral_episode", "referral_transition")
    left = snapshot(*tables)
    shown(world.office, sent)
    assert snapshot(*tables) == left
    event = Event.objects.get(what="episode.view")
    assert (event.referral_ids, event.patient_ids) == ([sent.pk], [sent.patient_id])


def test_it_is_not_closed_while_a_leg_is_open(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    world.move(down, "complete", world.doctor, outcome="handed_on")
    episode = reload(down).episode
    assert (episode.open_legs, episode.closed_at) == (1, None)
    as_system()
    up = Referral.objects.get(following=down)
    world.move(up, "complete", world.office, outcome="improved")
    episode = Episode.objects.get(pk=episode.pk)
    assert episode.open_legs == 0
    assert episode.closed_at is not None


def leg(status: Status, direction: str = "up", reason: str = "") -> Referral:
    return Referral(status=status, direction=direction, no_return_reason=reason)


@pytest.mark.parametrize(
    ("legs", "is_closed", "expected"),
    [
        ([leg(Status.COMPLETED)], False, "open"),
        ([leg(Status.COMPLETED), leg(Status.COMPLETED, "down")], True, "closed"),
        ([leg(Status.COMPLETED, reason="recovered")], True, "closed"),
        ([leg(Status.COMPLETED), leg(Status.DECLINED, "down")], True, "ended_without_return"),
        ([leg(Status.DECLINED)], True, "ended_without_return"),
        ([leg(Status.NO_SHOW)], True, "ended_without_return"),
        ([], True, "ended_without_return"),
    ],
)
def test_where_the_loop_stands(legs: list[Referral], is_closed: bool, expected: str) -> None:
    assert loop.standing(legs, is_closed=is_closed) == expected


def test_every_open_state_waits_for_a_step() -> None:
    for direction in Direction:
        for status in OPEN:
            assert loop.missing([leg(status, direction if status not in PREPARING else "")])
    assert loop.missing([leg(Status.DECLINED), leg(Status.COMPLETED)]) == []
