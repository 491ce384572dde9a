"""What is written stays: who a referral is about and what was submitted, whoever tries, by plain SQL."""

from itertools import product
from typing import Final

import pytest
from django.db import DatabaseError, IntegrityError

from accounts import scope
from referral.states import Status
from tests.factories import World
from tests.referral.raw import run, stage

FIXED: Final = ("from_facility_id", "origin_id", "patient_id", "episode_id", "previous_id", "id")
SUBMITTED: Final = (
    "to_facility_id = origin_id",
    "direction = 'down'",
    "submitted_at = now() - interval '1 day'",
    "urgency = 0",
    "diagnosis = 'x'",
    "reason = 'x'",
    "plan = 'x'",
    "consent_id = NULL",
    "alliance_id = NULL",
)


def test_a_row_cannot_be_handed_away(world: World) -> None:
    draft = world.draft()
    changes = [f"{name} = '{world.second.pk}'" for name in FIXED]
    scope.enter(world.doctor.actor)
    for change in (*changes, "number = 'x'", "created_at = now() - interval '1 day'"):
        with pytest.raises(IntegrityError, match="what a referral is about does not change"):
            run(f"UPDATE referral_referral SET {change} WHERE id = %s", [draft.pk])


def test_what_was_submitted_stays_as_it_was(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for who, change in product((world.doctor, world.office), SUBMITTED):
        scope.enter(who.actor)
        with pytest.raises(IntegrityError, match="what a referral is about does not change"):
            run(f"UPDATE referral_referral SET {change} WHERE id = %s", [sent.pk])


def test_of_a_message_only_its_reading_changes(world: World) -> None:
    leg = stage(world)
    scope.enter(world.office.actor)
    for change in ("text = 'y'", "sent_at = now()", "facility_id = NULL"):
        with pytest.raises(DatabaseError):
            run(f"UPDATE referral_message SET {change} WHERE referral_id = %s", [leg.pk])
    sql = "UPDATE referral_message SET read_at = now() WHERE referral_id = %s"
    assert run(sql, [leg.pk]) == 1


def test_documents_and_others_follow_ups_stay(world: World) -> None:
    leg = stage(world)
    scope.enter(world.office.actor)
    assert run("UPDATE referral_attachment SET name = 'y' WHERE referral_id = %s", [leg.pk]) == 0
    sql = "UPDATE referral_followup SET due_on = '2020-01-01' WHERE referral_id = %s"
    assert run(sql, [leg.pk]) == 0
    scope.enter(world.doctor.actor)
    assert run(sql, [leg.pk]) == 1
    with pytest.raises(IntegrityError, match="may change"):
        run("UPDATE referral_followup SET created_at = now() WHERE referral_id = %s", [leg.pk])
