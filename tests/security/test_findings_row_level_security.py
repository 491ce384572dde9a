"""What a forgotten check could still write: raw SQL in a facility's scope, straight at the policies."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import scope
from accounts.ids import uuid7
from referral.models import Message, Referral
from referral.states import Status
from tests.factories import Person, World, as_system

pytestmark = pytest.mark.django_db

INSERTS: Final = {
    "message": """INSERT INTO referral_message (id, referral_id, facility_id, text, sent_at)
        VALUES (%s, %s, %s, 'x', now())""",
    "attachment": """INSERT INTO referral_attachment
        (id, referral_id, facility_id, name, media_type, size, sha256, uploaded_at)
        VALUES (%s, %s, %s, 'x', 'x', 1, ''::bytea, now())""",
    "transition": """INSERT INTO referral_transition
        (id, referral_id, facility_id, version, verb, from_status, to_status, at, reason_code, note)
        VALUES (%s, %s, %s, 999, 'x', 'submitted', 'accepted', now(), '', '')""",
    "followup": """INSERT INTO referral_followup
        (id, referral_id, facility_id, due_on, method, findings, created_at)
        VALUES (%s, %s, %s, now(), '', '', now())""",
}


def _written(who: Person, statement: str, values: Sequence[Any]) -> int:
    """Return how many rows a statement wrote in somebody's scope, 0 where it was refused."""
    try:
        with transaction.atomic():
            scope.enter(who.actor)
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return int(cursor.rowcount)
    except DatabaseError:
        return 0
    finally:
        as_system()


@pytest.mark.parametrize("table", INSERTS)
def test_nobody_writes_beside_a_leg_that_it_does_not_see(table: str) -> None:
    world = World()
    leg = world.at(Status.SUBMITTED)
    values = [uuid7(), leg.pk, world.stranger.facility.pk]
    assert _written(world.stranger, INSERTS[table], values) == 0


@pytest.mark.parametrize("table", INSERTS)
def test_nobody_writes_in_the_name_of_another(table: str) -> None:
    world = World()
    leg = world.at(Status.SUBMITTED)
    values = [uuid7(), leg.pk, world.clinic.pk]
    assert _written(world.office, INSERTS[table], values) == 0


PLACES: Final = ("from_facility_id", "to_facility_id", "origin_id", "patient_id", "episode_id")
WORDS: Final = ("diagnosis", "reason", "allergies", "treatment", "number")


@pytest.mark.parametrize("who", ["doctor", "office", "manager"])
@pytest.mark.parametrize("column", [*PLACES, *WORDS, "submitted_at"])
def test_nobody_rewrites_what_a_leg_is_about(who: str, column: str) -> None:
    world = World()
    leg, other = world.at(Status.SUBMITTED), world.draft(patient=world.make_patient())
    places = dict.fromkeys(PLACES, world.second.pk)
    values = {**dict.fromkeys(WORDS, "forged"), **places, "submitted_at": other.created_at}
    values |= {"patient_id": other.patient_id, "episode_id": other.episode_id}
    statement = f"UPDATE referral_referral SET {column} = %s WHERE id = %s"
    assert _written(getattr(world, who), statement, [values[column], leg.pk]) == 0
    assert Referral.objects.filter(pk=leg.pk, **{column: getattr(leg, column)}).exists()


def test_a_draft_keeps_its_patient_but_not_its_words() -> None:
    world = World()
    draft, other = world.draft(), world.make_patient()
    change = "UPDATE referral_referral SET {} = %s WHERE id = %s"
    assert _written(world.doctor, change.format("patient_id"), [other.pk, draft.pk]) == 0
    assert _written(world.doctor, change.format("reason"), ["胸闷", draft.pk]) == 1


def test_nobody_files_a_leg_in_the_name_of_another() -> None:
    """Not even whoever sees the leg that it would follow."""
    world = World()
    leg = world.at(Status.SUBMITTED)
    columns = [str(field.column) for field in Referral._meta.concrete_fields]
    chosen = {"id": "%s", "number": "'N-1'", "status": "'draft'", "submitted_at": "NULL"}
    values = ", ".join(chosen.get(name, name) for name in columns)
    copy = (
        f"INSERT INTO referral_referral ({', '.join(columns)}) "
        f"SELECT {values} FROM referral_referral WHERE id = %s"
    )
    assert _written(world.office, copy, [uuid7(), leg.pk]) == 0
    assert _written(world.doctor, copy, [uuid7(), leg.pk]) == 1


def test_the_words_of_a_message_are_the_writers_own() -> None:
    world = World()
    leg = world.at(Status.SUBMITTED)
    path = f"/referrals/{leg.pk}/messages/"
    assert world.doctor.api.post(path, {"text": "请尽快"}).status == 201
    as_system()
    message = Message.objects.get(referral=leg)
    forged = "UPDATE referral_message SET text = 'forged' WHERE id = %s"
    for who in (world.office, world.doctor):
        assert _written(who, forged, [message.pk]) == 0
    moved = "UPDATE referral_message SET referral_id = %s WHERE id = %s"
    elsewhere = world.at(Status.SUBMITTED)
    assert _written(world.doctor, moved, [elsewhere.pk, message.pk]) == 0
    read = "UPDATE referral_message SET read_at = now() WHERE id = %s"
    assert _written(world.office, read, [message.pk]) == 1
