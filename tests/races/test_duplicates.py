"""Two referrals of one patient's illness at the same instant: exactly one is sent."""

from collections import Counter
from functools import partial
from uuid import UUID

import pytest

from accounts import scope
from accounts.actors import Actor
from referral import actions
from referral.models import Referral
from referral.states import LIVE
from tests.races.racers import RACERS, Racers, code_of
from tests.security.world import SLIP, World, act

CODE = "duplicate-open-referral"


def _open(patient: UUID) -> int:
    with scope.transaction_as(Actor.system()):
        return Referral.objects.filter(patient=patient, status__in=sorted(LIVE)).count()


@pytest.mark.slow
def test_of_sixteen_drafts_submitted_at_once_one_is_sent(world: World, team: Racers) -> None:
    clinic = world.doctor("sender")
    for _round in range(3):
        patient = world.patient()
        drafts = [world.draft(patient=patient) for _each in range(RACERS)]
        codes = team.race(
            [code_of(partial(act, clinic, actions.submit, draft.pk)) for draft in drafts]
        )
        assert Counter(codes) == {"ok": 1, CODE: RACERS - 1}
        assert _open(patient) == 1


@pytest.mark.slow
def test_of_sixteen_filed_at_once_one_is_sent(world: World, team: Racers) -> None:
    clinic, patient = world.doctor("sender"), world.patient()
    words = {**SLIP, "to_facility_id": world.facilities["receiver"].pk}
    file = partial(act, clinic, actions.create, patient, fields=words, submit=True)
    codes = team.race([code_of(file)] * RACERS)
    assert Counter(codes) == {"ok": 1, CODE: RACERS - 1}
    assert _open(patient) == 1


@pytest.mark.slow
def test_sixteen_that_replace_each_other_leave_one(world: World, team: Racers) -> None:
    """Each takes the one before it back; whoever comes last stays, and nobody waits in a circle."""
    clinic, patient = world.doctor("sender"), world.patient()
    drafts = [world.draft(patient=patient) for _each in range(8)]
    said = {"decision": "replace", "reason": "改转"}
    codes = team.race(
        [
            code_of(partial(act, clinic, actions.submit, draft.pk, duplicate=said))
            for draft in drafts
        ]
    )
    assert Counter(codes) == {"ok": len(drafts)}
    assert _open(patient) == 1
