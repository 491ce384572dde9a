"""Row-level security: each table by the right scope, a wrong one and none, with plain SQL."""

from typing import Any, Final
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from referral.models import Referral, Transition
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.referral.raw import insert, insert_transition, line, paper, plan, run, seen, stage

NOBODY: Final = Actor.without_post(user_id=UUID(int=1), name="")
CHILDREN: Final = ("transition", "followup", "message", "attachment")


def nobodys(world: World) -> list[Actor]:
    """Return every scope that must see nothing."""
    return [NOBODY, world.stranger.actor, world.outsider.actor, world.nurse.actor]


def test_each_table_shows_its_rows_to_both_sides_and_the_alliance(world: World) -> None:
    leg = stage(world)
    for actor in (world.doctor.actor, world.office.actor, world.manager.actor, Actor.system()):
        scope.enter(actor)
        assert seen("referral", "id", leg.pk) == 1
        for table in CHILDREN:
            assert seen(table, "referral_id", leg.pk) >= 1, (table, actor)


def test_each_table_hides_its_rows_from_everybody_else(world: World) -> None:
    leg = stage(world)
    for actor in nobodys(world):
        scope.enter(actor)
        assert seen("referral", "id", leg.pk) == 0
        for table in CHILDREN:
            assert seen(table, "referral_id", leg.pk) == 0, (table, actor)
            assert run(f"SELECT 1 FROM referral_{table}") == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.INTERNAL_REVIEW, Status.CANCELLED])
def test_what_was_never_sent_is_shown_to_its_author_alone(world: World, status: Status) -> None:
    draft = world.at(status)
    for actor, expected in (
        (world.doctor.actor, 1),
        (world.office.actor, 0),
        (world.manager.actor, 0),
    ):
        scope.enter(actor)
        assert seen("referral", "id", draft.pk) == expected
        assert (seen("transition", "referral_id", draft.pk) > 0) is bool(expected)


def test_an_ordinary_doctor_of_the_lead_sees_nothing_by_the_alliance(world: World) -> None:
    leg = stage(world)
    at_lead = Actor(None, world.lead.pk, None)
    scope.enter(at_lead)
    assert seen("referral", "id", leg.pk) == 0


def test_others_change_nothing(world: World) -> None:
    leg = stage(world)
    for actor in nobodys(world):
        scope.enter(actor)
        for table in ("referral", "followup", "message", "attachment"):
            column = "id" if table == "referral" else "referral_id"
            text = {"referral": "reason", "followup": "findings", "message": "text"}
            name = text.get(table, "name")
            sql = f"UPDATE referral_{table} SET {name} = 'x' WHERE {column} = %s"
            assert run(sql, [leg.pk]) == 0, (table, actor)
    assert reload(leg).reason == leg.reason


def test_nobody_deletes(world: World) -> None:
    leg = stage(world)
    for actor in (*nobodys(world), world.doctor.actor, world.office.actor, Actor.system()):
        scope.enter(actor)
        for table in ("referral", "followup", "message", "attachment"):
            column = "id" if table == "referral" else "referral_id"
            assert run(f"DELETE FROM referral_{table} WHERE {column} = %s", [leg.pk]) == 0


def test_nobody_files_in_anothers_name(world: World) -> None:
    draft = world.draft()
    as_system()
    for actor in (*nobodys(world), world.office.actor):
        scope.enter(actor)
        row = {name: getattr(draft, name) for name in ("episode_id", "patient_id")}
        row |= {
            "id": uuid7(),
            "number": f"N{uuid7().hex[-12:]}",
            "origin_id": world.clinic.pk,
            "from_facility_id": world.clinic.pk,
            "created_at": timezone.now(),
        }
        with pytest.raises(DatabaseError, match="row-level security"):
            insert_referral(row)


def insert_referral(row: dict[str, Any]) -> None:
    blank = [
        str(field.column)
        for field in Referral._meta.concrete_fields
        if not field.null and field.column not in row and field.get_internal_type() != "UUIDField"
    ]
    defaults = {"status": "draft", "urgency": 2, "setting": "outpatient", "version": 1}
    insert("referral", {**{name: defaults.get(name, "") for name in blank}, **row})


@pytest.mark.parametrize(
    ("table", "make"), [("attachment", paper), ("message", line), ("followup", plan)]
)
def test_nobody_adds_to_what_they_do_not_see(world: World, table: str, make: Any) -> None:
    leg = world.at(Status.ARRIVED)
    for actor in nobodys(world):
        scope.enter(actor)
        for facility in (actor.facility_id or world.clinic.pk, world.clinic.pk):
            with pytest.raises(DatabaseError, match="row-level security"):
                insert(table, make(leg, facility))
    scope.enter(world.office.actor)
    with pytest.raises(DatabaseError, match="row-level security"):
        insert(table, make(leg, world.clinic.pk))
    insert(table, make(leg, world.hospital.pk))


def test_nobody_writes_anothers_history(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    stranger = world.stranger
    for who, facility in (
        (stranger, stranger.facility.pk),
        (stranger, world.hospital.pk),
        (world.office, world.clinic.pk),
    ):
        scope.enter(who.actor)
        with pytest.raises(DatabaseError, match="row-level security"):
            insert_transition(leg, who, facility_id=facility)


def test_without_any_scope_there_is_nothing(world: World) -> None:
    leg = stage(world)
    with connection.cursor() as cursor:
        for name in ("facility", "alliances", "user", "system"):
            cursor.execute("SELECT set_config(%s, '', true)", [f"scope.{name}"])
    assert Referral.objects.count() == 0
    assert Transition.objects.count() == 0
    with pytest.raises(DatabaseError, match="row-level security"):
        insert("message", line(leg, world.clinic.pk))


@pytest.mark.parametrize("table", ["referral", *CHILDREN])
def test_the_owner_obeys_too(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s",
            [f"referral_{table}"],
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
