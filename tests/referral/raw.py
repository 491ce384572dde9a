"""Plain SQL for tests that go past every line of Python, as the application role."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.ids import uuid7
from referral.models import FollowUp, Message, Referral
from referral.states import Status
from tests.factories import Person, World, as_system


def run(sql: str, values: Sequence[Any] = ()) -> int:
    """Run one statement in a savepoint and return how many rows it met."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def seen(table: str, column: str, value: UUID) -> int:
    """Return how many rows of a table with this value the scope shows."""
    return run(f"SELECT 1 FROM referral_{table} WHERE {column} = %s", [value])


def insert(table: str, row: dict[str, Any]) -> None:
    """Insert one row."""
    marks = ", ".join(["%s"] * len(row))
    sql = f"INSERT INTO referral_{table} ({', '.join(row)}) VALUES ({marks})"
    assert run(sql, list(row.values())) == 1


def insert_transition(referral: Referral, by: Person | None, **changes: Any) -> None:
    """Insert a line of history."""
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


def copy_of(referral: Referral, **changes: Any) -> Referral:
    """Insert the same leg again by plain SQL, with some columns changed."""
    fresh = {"id": uuid7(), "number": f"N{uuid7().hex[-12:]}", **changes}
    names = [str(field.column) for field in Referral._meta.concrete_fields]
    values = [fresh[name] for name in names if name in fresh]
    picked = ", ".join("%s" if name in fresh else name for name in names)
    sql = f"INSERT INTO referral_referral ({', '.join(names)}) SELECT {picked} FROM referral_referral WHERE id = %s"
    assert run(sql, [*values, referral.pk]) == 1
    return Referral(pk=fresh["id"])


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
    """Return the row of a document."""
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
    """Return the row of a message."""
    return {
        "id": uuid7(),
        "referral_id": referral.pk,
        "facility_id": facility,
        "text": "x",
        "sent_at": timezone.now(),
    }


def plan(referral: Referral, facility: UUID) -> dict[str, Any]:
    """Return the row of a planned contact."""
    return {
        "id": uuid7(),
        "referral_id": referral.pk,
        "facility_id": facility,
        "due_on": timezone.localdate(),
        "method": "",
        "findings": "",
        "created_at": timezone.now(),
    }
