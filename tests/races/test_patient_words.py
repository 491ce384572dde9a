"""A patient presses twice, on two telephones, and the hospital moves the visit meanwhile: each word counts once."""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Final

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from notifications.models import OutboxMessage
from referral import actions, links
from referral.models import Link, LinkKind, Referral, Transition, VisitConfirmation
from referral.states import Status
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import World, act

ROUNDS: Final = 10


def _scheduled(world: World) -> tuple[Referral, Link, Actor]:
    leg, clinic, hospital = world.submitted(), world.doctor("sender"), world.doctor("receiver")
    now = timezone.now()
    act(hospital, actions.accept, leg.pk, scheduled_for=now + timedelta(days=1))
    act(
        clinic,
        lambda *, by: links.make(leg, LinkKind.PATIENT, by=by, now=now, purpose="sender_1"),
    )
    with scope.transaction_as(Actor.system()):
        found = Referral.objects.get(pk=leg.pk)
        assert found.status == Status.SCHEDULED
        return found, Link.objects.get(referral=leg), hospital


def _confirm(link: Link, version: int) -> None:
    with transaction.atomic(), scope.lifted(links.NOBODY) as system:
        actions.confirm_visit(link, by=system, version=version, now=timezone.now())


def _put_off(link: Link, version: int) -> None:
    with transaction.atomic(), scope.lifted(links.NOBODY) as system:
        actions.put_off_by_patient(
            link, by=system, reason="cost", version=version, now=timezone.now()
        )


@pytest.mark.slow
def test_sixteen_presses_confirm_once(world: World, team: Racers) -> None:
    for _round in range(ROUNDS):
        leg, link, _hospital = _scheduled(world)
        press = code_of(partial(_confirm, link, leg.version))
        assert Counter(team.race([press] * RACERS)) == {"ok": RACERS}
        with scope.transaction_as(Actor.system()):
            assert VisitConfirmation.objects.filter(referral=leg).count() == 1
            topic = "referral.visit_confirmed"
            assert OutboxMessage.objects.filter(subject=leg.pk, topic=topic).count() == 2


@pytest.mark.slow
def test_sixteen_presses_put_off_once(world: World, team: Racers) -> None:
    for _round in range(ROUNDS):
        leg, link, _hospital = _scheduled(world)
        press = code_of(partial(_put_off, link, leg.version))
        assert Counter(team.race([press] * RACERS)) == {"ok": RACERS}
        with scope.transaction_as(Actor.system()):
            assert Transition.objects.filter(referral=leg, verb="put_off").count() == 1
            assert Referral.objects.get(pk=leg.pk).version == leg.version + 1


@pytest.mark.slow
def test_who_moves_the_visit_and_who_puts_it_off_do_not_both_win(
    world: World, team: Racers
) -> None:
    for _round in range(ROUNDS):
        leg, link, hospital = _scheduled(world)
        later = timezone.now() + timedelta(days=3)
        move = partial(
            act, hospital, actions.reschedule, leg.pk, scheduled_for=later, version=leg.version
        )
        presses = [code_of(partial(_put_off, link, leg.version)), code_of(move)]
        assert sorted(team.race(presses)) == ["ok", "stale-referral"]
        with scope.transaction_as(Actor.system()):
            assert Referral.objects.get(pk=leg.pk).version == leg.version + 1
