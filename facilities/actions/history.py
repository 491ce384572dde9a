"""Keeps each change of the directory with its values, and its mark in the audit trail."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils import timezone

from accounts.actors import Actor
from audit import record
from facilities.models import DirectoryChange, Subject

LONGEST_LABEL: Final = 120
BATCH: Final = 1_000


def state(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return these values of a row as they are kept: of another row its name on that day, never its id alone."""
    fields = {field.name: field for field in row._meta.concrete_fields}
    return {name: _kept(row, fields[name]) for name in names}


def _kept(row: models.Model, field: Any) -> Any:
    value = getattr(row, field.attname)
    if isinstance(value, UUID) and field.is_relation:
        other = getattr(row, field.name)
        code = getattr(other, "code", "")
        return f"{other} ({code})" if code else str(other)
    return str(value) if isinstance(value, (date, Decimal, UUID)) else value


def keep(
    row: models.Model,
    before: Mapping[str, Any] | None,
    names: Iterable[str],
    *,
    by: Actor,
    facility_id: UUID,
    subject: Subject,
    label: str,
) -> None:
    """Write what differs from `before` (None for a new row), if anything; call it last in the transaction.

    The system keeps none: what loaders bring has its record in their files.
    """
    if by.user_id is None:
        return
    changed = difference(before, state(row, names))
    if not changed:
        return
    change = DirectoryChange(
        facility_id=facility_id,
        at=timezone.now(),
        by_id=by.user_id,
        subject=subject,
        object_id=row.pk,
        label=label[:LONGEST_LABEL],
        values=changed,
    )
    keep_all([change], by=by, what=f"directory.{subject.value}")


def removed(
    subject: Subject,
    object_id: UUID,
    before: Mapping[str, Any],
    *,
    by: Actor,
    facility_id: UUID,
    label: str,
) -> None:
    """Write what a row said that is deleted in the same transaction."""
    if by.user_id is None:
        return
    change = DirectoryChange(
        facility_id=facility_id,
        at=timezone.now(),
        by_id=by.user_id,
        subject=subject,
        object_id=object_id,
        label=label[:LONGEST_LABEL],
        values={name: [value, None] for name, value in before.items()},
    )
    keep_all([change], by=by, what=f"directory.{subject.value}")


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> dict[str, Any]:
    """Return each value that differs, before and after; all of a new row's."""
    return {
        name: [None if before is None else before[name], value]
        for name, value in after.items()
        if before is None or before[name] != value
    }


def keep_all(changes: Sequence[DirectoryChange], *, by: Actor, what: str) -> None:
    """Write many changes at once, and one line of the trail with the fields of all of them."""
    DirectoryChange.objects.bulk_create(changes, batch_size=BATCH)
    fields = {name for change in changes for name in change.values}
    record.change(by, what=what, fields=sorted(fields))
