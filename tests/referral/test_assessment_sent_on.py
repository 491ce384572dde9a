"""Observations go along: where a leg is sent on as it was submitted, and where it is begun again."""

import pytest
from django.db import DatabaseError

from accounts.ids import uuid7
from referral.models import Referral
from tests.factories import World
from tests.referral.test_assessment import HIGH, WELL, WHY, get, kept, put, submit


def test_it_goes_along_where_the_receiver_sends_the_leg_on(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, WELL, **WHY)
    submit(world, draft)
    world.move(draft, "redirect", world.office, to_facility_id=world.second.pk)
    leg = Referral.objects.get(previous=draft)
    then, now = get(world.office, draft).body, get(world.second_office, leg).body
    assert now == {**then, "referral": str(leg.pk)}
    for nobody in (world.stranger, world.outsider, world.nurse):
        assert get(nobody, leg).status == 404
    assert put(world.doctor, leg, HIGH).code == "wrong-state"


def test_what_goes_along_cannot_be_another(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, WELL, **WHY)
    submit(world, draft)
    world.move(draft, "redirect", world.office, to_facility_id=world.second.pk)
    leg = Referral.objects.get(previous=draft)
    row = kept(leg)
    row.pk, row.visit = uuid7(), ""
    with pytest.raises(DatabaseError, match="stays as it was"):
        row.save(force_insert=True)


def test_a_leg_begun_again_keeps_what_was_observed_and_hears_the_rules_anew(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, WELL, **WHY)
    submit(world, draft)
    world.move(draft, "decline", world.office, reason="insufficient_information", missing=["ecg"])
    answer = world.doctor.api.post(f"/referrals/{draft.pk}/resend/")
    assert answer.status == 201, answer
    leg = Referral.objects.get(pk=answer.body["id"])
    again = get(world.doctor, leg).body
    assert (again["observations"], again["visit"]) == (WELL, "first")
    assert (again["override_note"], again["settled_at"]) == (WHY["override_note"], None)
    assert get(world.office, leg).status == 404
    assert submit(world, leg).status == 200
    assert kept(leg).overrides == ["none_met"]
