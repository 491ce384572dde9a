"""Different moves at the same instant: whichever comes first wins, and what is left is coherent."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from notifications.models import OutboxMessage
from referral import actions
from referral.models import Episode, Referral, Transition
from referral.states import OPEN, TRANSITIONS, Status
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import SLIP, Person, World, act

ROUNDS: Final = 10


def _move(by: Actor, action: Callable[..., Any], leg: Referral, **words: Any) -> Callable[[], str]:
    return code_of(partial(act, by, action, leg.pk, **words))


def check_episode(leg: Referral) -> Episode:
    """Check that an episode's counter, its end and each leg's history agree; return it."""
    with scope.transaction_as(Actor.system()):
        episode = Episode.objects.get(pk=leg.episode_id)
        legs = list(Referral.objects.filter(episode=episode))
        assert episode.open_legs == sum(each.status in OPEN for each in legs)
        assert (episode.open_legs == 0) == (episode.closed_at is not None)
        for each in legs:
            history = list(Transition.objects.filter(referral=each).order_by("version"))
            assert [row.version for row in history] == list(range(1, each.version + 1))
            status = history[0].to_status
            for row in history[1:]:
                sources, target = TRANSITIONS[row.verb]
                assert row.from_status == status
                assert status in sources
                assert row.to_status == target
                status = row.to_status
            assert status == each.status
        told = OutboxMessage.objects.filter(subject=episode.pk, topic="episode.closed")
        assert len({row.event_id for row in told}) == (0 if episode.closed_at is None else 1)
    return episode


@pytest.mark.slow
def test_one_key_in_sixteen_posts_makes_one_referral(
    world: World, team: Racers, live_server: LiveServer
) -> None:
    """All sixteen get the same answer, and fifteen are told that it is a repetition."""
    clinic = world.who("sender", Role.CLINIC_DOCTOR)
    body = {
        "patient": str(world.patient()),
        "to_facility": str(world.facilities["receiver"].pk),
        **SLIP,
        "submit": True,
    }

    def post(diagnosis: str, key: str, code: str = "I10") -> requests.Response:
        return requests.post(
            f"{live_server.url}/api/v1/referrals/",
            json={**body, "diagnosis": diagnosis, "diagnosis_code": code},
            headers={**clinic.headers, "Idempotency-Key": key},
            timeout=20,
        )

    answers = team.race([partial(post, "高血压", "one-key")] * RACERS)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({(a.headers["ETag"], a.headers["Location"]) for a in answers}) == 1
    assert Counter("Idempotent-Replay" in answer.headers for answer in answers)[True] == RACERS - 1
    mixed = team.race(
        [partial(post, f"诊断{number % 2}", "two-bodies", "J18") for number in range(RACERS)]
    )
    assert {answer.status_code for answer in mixed} == {201, 422}
    assert len({answer.content for answer in mixed if answer.status_code == 201}) == 1
    with scope.transaction_as(Actor.system()):
        assert Referral.objects.count() == 2


@pytest.mark.slow
def test_accepted_or_sent_on_but_never_both(
    world: World, doctors: list[Person], team: Racers
) -> None:
    elsewhere = world.facilities["former"].pk
    for _round in range(ROUNDS):
        leg = world.submitted()
        half = len(doctors) // 2
        tasks = [_move(person.actor, actions.accept, leg) for person in doctors[:half]]
        tasks += [
            _move(person.actor, actions.redirect, leg, to_facility_id=elsewhere)
            for person in doctors[half:]
        ]
        assert Counter(team.race(tasks)) == {"ok": 1, "wrong-state": RACERS - 1}
        with scope.transaction_as(Actor.system()):
            following = Referral.objects.filter(previous=leg).count()
            accepted = Referral.objects.get(pk=leg.pk).status == Status.ACCEPTED
        assert following == (0 if accepted else 1)
        assert check_episode(leg).open_legs == 1


@pytest.mark.slow
def test_two_returns_at_once_make_one(world: World, doctors: list[Person], team: Racers) -> None:
    for _round in range(3):
        leg = world.leg(Status.ARRIVED)
        codes = team.race([_move(person.actor, actions.start_return, leg) for person in doctors])
        assert Counter(codes)["ok"] == 1
        assert len(set(codes)) == 2
        assert check_episode(leg).open_legs == 2


@pytest.mark.slow
def test_both_legs_completed_at_once_close_the_episode_once(world: World, team: Racers) -> None:
    hospital, clinic = world.doctor("receiver"), world.doctor("sender")
    for _round in range(ROUNDS):
        up, down = world.returned()
        codes = team.race(
            [
                _move(hospital, actions.complete, up, outcome="improved"),
                _move(clinic, actions.complete, down, outcome="handed_on"),
            ]
        )
        assert codes == ["ok", "ok"]
        assert check_episode(up).open_legs == 0


@pytest.mark.slow
def test_completing_and_losing_the_return_at_once(world: World, team: Racers) -> None:
    """The up leg is completed on the strength of its return, or the return is gone first and it is not."""
    hospital = world.doctor("receiver")
    for _round in range(ROUNDS):
        up, down = world.returned(status=Status.ACCEPTED)
        completed, cancelled = team.race(
            [
                _move(hospital, actions.complete, up, outcome="improved"),
                _move(hospital, actions.cancel, down, reason="condition_changed"),
            ]
        )
        assert cancelled == "ok"
        assert completed in {"ok", "return-missing"}
        assert check_episode(up).open_legs == (0 if completed == "ok" else 1)


@pytest.mark.slow
def test_whatever_is_tried_at_once_the_history_stays_legal(
    world: World, doctors: list[Person], team: Racers
) -> None:
    clinic, system = world.doctor("sender"), Actor.system()
    by = [person.actor for person in doctors]
    for number in range(ROUNDS):
        leg = world.submitted() if number % 2 else world.leg(Status.ACCEPTED)
        tasks = [
            _move(by[0], actions.open, leg),
            _move(by[1], actions.accept, leg),
            _move(by[2], actions.decline, leg, reason="capacity"),
            _move(by[3], actions.ask_information, leg, note="?"),
            _move(by[4], actions.arrive, leg),
            _move(by[5], actions.redirect, leg, to_facility_id=world.facilities["former"].pk),
            _move(by[6], actions.complete, leg, outcome="cured", no_return_reason="recovered"),
            _move(by[7], actions.record_no_show, leg),
            _move(by[8], actions.send_message, leg, text="?"),
            _move(clinic, actions.cancel, leg, reason="duplicate"),
            _move(clinic, actions.cancel, leg, reason="duplicate"),
            _move(clinic, actions.void, leg, note="?"),
            _move(clinic, actions.answer, leg, note="!"),
            _move(system, actions.record_no_show, leg),
            _move(system, actions.expire, leg),
            _move(system, actions.cancel, leg, reason="duplicate"),
        ]
        assert "ok" in team.race(tasks)
        check_episode(leg)
