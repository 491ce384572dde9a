"""Sixteen people accept one referral at the same instant: exactly one does, however often it is tried."""

from collections import Counter
from functools import partial
from typing import Final
from uuid import UUID

import pytest
import requests
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Refused
from accounts.ids import uuid7
from notifications.models import OutboxMessage
from referral import actions
from referral.models import Referral, Transition
from referral.queries import referrals as queries
from referral.states import TRANSITIONS, Status
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import SLIP, Person, World, act

ROUNDS: Final = 200
ROUNDS_OVER_HTTP: Final = 10
ROUNDS_OF_THE_CONTROL: Final = 10


def _accepted_once(leg: Referral) -> Referral:
    """Check that the stored history knows one acceptance; return the leg as it stands."""
    with scope.transaction_as(Actor.system()):
        found = Referral.objects.get(pk=leg.pk)
        moves = Transition.objects.filter(referral=leg).order_by("version")
        assert [(move.verb, move.version) for move in moves] == [
            ("create", 1),
            ("submit", 2),
            ("accept", 3),
        ]
    assert found.status == Status.ACCEPTED
    assert found.version == 3
    told = OutboxMessage.objects.filter(subject=leg.pk, topic="referral.accepted")
    assert [row.recipient_id for row in told] == [leg.from_facility_id]
    return found


@pytest.mark.slow
def test_exactly_one_of_sixteen_accepts(world: World, doctors: list[Person], team: Racers) -> None:
    patient, clinic = world.patient(), world.doctor("sender")
    words = {**SLIP, "to_facility_id": world.facilities["receiver"].pk}
    for number in range(ROUNDS):
        # Each round is about another illness, since one that is open holds up the next of the same.
        words["diagnosis_code"] = f"{'IJ'[number // 100]}{number % 100:02}"
        leg = act(clinic, actions.create, patient, fields=words, submit=True)
        verdicts = team.race(
            [code_of(partial(act, person.actor, actions.accept, leg.pk)) for person in doctors]
        )
        assert Counter(verdicts) == {"ok": 1, "wrong-state": RACERS - 1}
        winner = doctors[verdicts.index("ok")]
        assert _accepted_once(leg).received_by_id == winner.user.pk


@pytest.mark.slow
def test_exactly_one_of_sixteen_accepts_over_http(
    world: World, doctors: list[Person], team: Racers, live_server: LiveServer
) -> None:
    def accept(person: Person, leg_id: UUID, **headers: str) -> tuple[int, str]:
        answer = requests.post(
            f"{live_server.url}/api/v1/referrals/{leg_id}/accept/",
            json={},
            headers={**person.headers, **headers},
            timeout=20,
        )
        return answer.status_code, answer.json().get("code", "")

    for number in range(ROUNDS_OVER_HTTP):
        leg = world.submitted()
        # Every other round all of them name the version they have seen.
        headers = {"If-Match": '"2"'} if number % 2 else {}
        tasks = [partial(accept, person, leg.pk, **headers) for person in doctors]
        loser = (412, "stale-referral") if headers else (409, "wrong-state")
        assert Counter(team.race(tasks)) == {(200, ""): 1, loser: RACERS - 1}
        _accepted_once(leg)


def _naive_accept(leg_id: UUID, *, by: Actor) -> None:
    """Read, check and save without a lock: the mistake that this file must be able to see."""
    leg = queries.visible_to(by).get(pk=leg_id)
    if leg.status not in TRANSITIONS["accept"].sources:
        raise Refused("wrong-state", "")
    leg.status, leg.version = Status.ACCEPTED, leg.version + 1
    leg.decided_at, leg.received_by_id = timezone.now(), by.user_id
    leg.save(update_fields=["status", "version", "decided_at", "received_by"])


@pytest.mark.slow
def test_the_race_catches_an_acceptance_without_a_lock(
    world: World, doctors: list[Person], team: Racers
) -> None:
    """The control: were the race too tame to see this, the two tests above would prove nothing."""
    doubled = 0
    for _round in range(ROUNDS_OF_THE_CONTROL):
        leg = world.submitted()
        verdicts = team.race(
            [code_of(partial(act, person.actor, _naive_accept, leg.pk)) for person in doctors]
        )
        doubled += Counter(verdicts)["ok"] > 1
    assert doubled > ROUNDS_OF_THE_CONTROL // 2


@pytest.mark.slow
def test_the_history_stops_a_second_acceptance_even_without_a_lock(
    world: World, doctors: list[Person], team: Racers
) -> None:
    """The last line: one transition a version, so a verb that forgot its lock fails and changes nothing."""

    def forgetful(leg_id: UUID, *, by: Actor) -> None:
        _naive_accept(leg_id, by=by)
        Transition.objects.create(
            id=uuid7(),
            referral_id=leg_id,
            version=3,
            verb="accept",
            from_status=Status.SUBMITTED,
            to_status=Status.ACCEPTED,
            at=timezone.now(),
            by_id=by.user_id,
            facility_id=by.facility_id,
        )

    def attempt(person: Person, leg_id: UUID) -> str:
        try:
            act(person.actor, forgetful, leg_id)
        except Refused:
            return "late"
        except Exception as error:  # noqa: BLE001 - whatever the database says, it must not be "ok"
            return type(error).__name__
        return "ok"

    for _round in range(ROUNDS_OF_THE_CONTROL):
        leg = world.submitted()
        verdicts = team.race([partial(attempt, person, leg.pk) for person in doctors])
        assert Counter(verdicts)["ok"] == 1
        with scope.transaction_as(Actor.system()):
            assert Transition.objects.filter(referral=leg, verb="accept").count() == 1
