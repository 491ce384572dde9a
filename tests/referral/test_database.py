"""The database as the last line of defence: raw SQL as the application role, past every line of Python."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from referral.models import FollowUp, Message, Referral, Transition
from referral.states import ENDED, TRANSITIONS, Status
from tests.factories import Person, World, as_system, reload

NOBODY: Final = Actor.without_post(user_id=UUID(int=1), name="")
CHILDREN: Final = ("transition", "followup", "message", "attachment")


def run(sql: str, values: Sequence[Any] = ()) -> int:
    """Run one statement in a savepoint and return how many rows it met."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def seen(table: str, column: str, value: UUID) -> int:
    return run(f"SELECT 1 FROM referral_{table} WHERE {column} = %s", [value])


def legal() -> set[tuple[str, str]]:
    moves = {(s.value, m.target.value) for m in TRANSITIONS.values() for s in m.sources}
    # A draft that is edited keeps its state and rises in version.
    return moves | {("draft", "draft")}


# What a state needs beside its name, so that only the trigger can say no.
NEEDED: Final = """decided_at = coalesce(decided_at, now()), arrived_at = {arrived},
 scheduled_for = coalesce(scheduled_for, now()), ended_at = {ended}, submitted_at = {submitted},
 decline_reason = 'capacity', cancel_reason = 'duplicate', outcome = 'cured', direction = 'up',
 from_tier = 1, to_tier = 3"""


def columns_of(status: Status) -> str:
    preparing = status in {Status.DRAFT, Status.INTERNAL_REVIEW}
    undecided = preparing or status in {
        Status.SUBMITTED,
        Status.RECEIVED,
        Status.INFORMATION_REQUESTED,
    }
    text = NEEDED.format(
        arrived="now()" if status in {Status.ARRIVED, Status.COMPLETED} else "NULL",
        ended="now()" if status in ENDED else "NULL",
        submitted="NULL" if preparing else "now()",
    )
    return text.replace("coalesce(decided_at, now())", "NULL") if undecided else text


@pytest.mark.parametrize("before", Status)
def test_the_trigger_knows_the_table_of_moves(world: World, before: Status) -> None:
    """From each state exactly the moves of TRANSITIONS pass, with a higher version."""
    referral = world.at(before)
    as_system()
    allowed, refusals = set(), set()
    for after in Status:
        sid = transaction.savepoint()
        sql = f"UPDATE referral_referral SET status = %s, version = version + 1, {columns_of(after)} WHERE id = %s"
        try:
            run(sql, [after.value, referral.pk])
            allowed.add((before.value, after.value))
        except IntegrityError as error:
            refusals.add(str(error).partition(" from ")[0])
        transaction.savepoint_rollback(sid)
    assert allowed == {pair for pair in legal() if pair[0] == before.value}
    assert refusals == {"illegal move of a referral"}


def test_a_move_raises_the_version(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    with pytest.raises(IntegrityError, match="illegal move"):
        run("UPDATE referral_referral SET status = 'received' WHERE id = %s", [sent.pk])


def test_words_may_change_without_a_move(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    assert run("UPDATE referral_referral SET reason = 'x' WHERE id = %s", [sent.pk]) == 1


def test_nothing_begins_in_the_middle(world: World) -> None:
    draft = world.draft()
    scope.enter(world.doctor.actor)
    for status in set(Status) - {Status.DRAFT, Status.SUBMITTED}:
        with pytest.raises(IntegrityError, match="cannot begin as"):
            copy_of(draft, status=status)


ROUTED: Final = "direction = 'up', from_tier = 1, to_tier = 3"


def copy_of(referral: Referral, **changes: Any) -> Referral:
    """Insert the same leg again by plain SQL, with some columns changed."""
    fresh = {"id": uuid7(), "number": f"N{uuid7().hex[-12:]}", **changes}
    names = [str(field.column) for field in Referral._meta.concrete_fields]
    values = [fresh[name] for name in names if name in fresh]
    picked = ", ".join("%s" if name in fresh else name for name in names)
    sql = f"INSERT INTO referral_referral ({', '.join(names)}) SELECT {picked} FROM referral_referral WHERE id = %s"
    assert run(sql, [*values, referral.pk]) == 1
    return Referral(pk=fresh["id"])


INCOHERENT: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "draft": (
        ("urgency = 7", "referral_urgency_known"),
        (f"submitted_at = now(), {ROUTED}", "referral_unsubmitted_while_preparing"),
        ("to_facility_id = from_facility_id", "referral_ends_differ"),
        ("version = -1", "referral_referral_version_check"),
    ),
    "submitted": (
        ("submitted_at = NULL", "referral_submitted_once_live"),
        ("to_facility_id = NULL", "referral_routed_once_submitted"),
        ("direction = ''", "referral_direction_follows_tiers"),
        ("from_tier = NULL", "referral_routed_once_submitted"),
        ("direction = 'down'", "referral_direction_follows_tiers"),
        ("to_tier = 1", "referral_direction_follows_tiers"),
        ("decided_at = now()", "referral_undecided"),
        ("ended_at = now()", "referral_ended_iff_terminal"),
    ),
    "accepted": (("decided_at = NULL", "referral_decided"),),
    "scheduled": (("scheduled_for = NULL", "referral_scheduled"),),
    "arrived": (("arrived_at = NULL", "referral_arrived"),),
    "no_show": (("arrived_at = now()", "referral_no_show"),),
    "declined": (
        ("decline_reason = ''", "referral_decline_coded"),
        ("ended_at = NULL", "referral_ended_iff_terminal"),
    ),
    "cancelled": (("cancel_reason = ''", "referral_cancel_coded"),),
    "completed": (("outcome = ''", "referral_outcome_coded"),),
}


@pytest.mark.parametrize("status", INCOHERENT)
def test_an_incoherent_row_cannot_be_written(world: World, status: str) -> None:
    referral = world.at(status)
    for change, constraint in INCOHERENT[status]:
        with pytest.raises(IntegrityError, match=constraint):
            run(f"UPDATE referral_referral SET {change} WHERE id = %s", [referral.pk])


def test_one_open_leg_follows_another(world: World) -> None:
    up = world.at(Status.ARRIVED)
    down = world.start_return(up)
    as_system()
    with pytest.raises(IntegrityError, match="referral_one_open_leg_follows"):
        copy_of(down)


def test_a_number_is_given_once(world: World) -> None:
    draft = world.draft()
    with pytest.raises(IntegrityError, match="number"):
        copy_of(draft, number=draft.number)


def test_an_episode_is_closed_exactly_without_open_legs(world: World) -> None:
    draft = world.draft()
    for change in ("open_legs = 0", "closed_at = now()", "open_legs = -1, closed_at = now()"):
        with pytest.raises(IntegrityError):
            run(f"UPDATE referral_episode SET {change} WHERE id = %s", [draft.episode_id])


def test_a_version_stands_once_in_the_history(world: World) -> None:
    draft = world.draft()
    with pytest.raises(IntegrityError, match="transition_one_a_version"):
        insert_transition(draft, world.doctor, version=1)


def insert_transition(referral: Referral, by: Person | None, **changes: Any) -> None:
    row = {
        "id": uuid7(),
        "referral_id": referral.pk,
        "version": 99,
        "verb": "open",
        "from_status": "",
        "to_status": "received",
        "at": timezone.now(),
        "by_id": by.user.pk if by else None,
        "facility_id": by.facility.pk if by else None,
        "reason_code": "",
        "note": "",
        **changes,
    }
    insert("transition", row)


def insert(table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(["%s"] * len(row))
    sql = f"INSERT INTO referral_{table} ({', '.join(row)}) VALUES ({marks})"
    assert run(sql, list(row.values())) == 1


@pytest.mark.parametrize("change", ["UPDATE {} SET note = 'x'", "DELETE FROM {}"])
def test_history_is_only_added_to(world: World, change: str) -> None:
    world.at(Status.SUBMITTED)
    with pytest.raises(DatabaseError, match="permission denied"):
        run(change.format("referral_transition"))
    assert Transition.objects.count() == 2


def test_a_follow_up_has_a_method_once_it_is_done(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    with pytest.raises(IntegrityError, match="follow_up_method_iff_done"), transaction.atomic():
        FollowUp.objects.create(
            referral=down,
            facility=world.clinic,
            due_on=timezone.localdate(),
            done_at=timezone.now(),
            created_at=timezone.now(),
        )


# Row-level security


def stage(world: World) -> Referral:
    """Return a leg with one row in each of its tables."""
    up = world.at(Status.ARRIVED)
    now = timezone.now()
    as_system()
    Message.objects.create(referral=up, facility=world.clinic, text="x", sent_at=now)
    FollowUp.objects.create(
        referral=up, facility=world.clinic, due_on=timezone.localdate(), created_at=now
    )
    insert("attachment", paper(up, world.clinic.pk))
    return up


def paper(referral: Referral, facility: UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "referral_id": referral.pk,
        "facility_id": facility,
        "name": "x.pdf",
        "media_type": "application/pdf",
        "size": 1,
        "sha256": bytes(32),
        "uploaded_at": timezone.now(),
    }


def line(referral: Referral, facility: UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "referral_id": referral.pk,
        "facility_id": facility,
        "text": "x",
        "sent_at": timezone.now(),
    }


def plan(referral: Referral, facility: UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "referral_id": referral.pk,
        "facility_id": facility,
        "due_on": timezone.localdate(),
        "method": "",
        "findings": "",
        "created_at": timezone.now(),
    }


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
