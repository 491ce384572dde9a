"""Keeps each change of the directory with its values, and its mark in the audit trail."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from accounts.actors import Actor
from audit import record
from facilities.models import DirectoryChange, Subject

LONGEST_LABEL = 120


def state(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return these values of a row as they are kept."""
    columns = {field.name: field.attname for field in row._meta.concrete_fields}
    return {name: _kept(getattr(row, columns[name])) for name in names}


def _kept(value: Any) -> Any:
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
    now, after = timezone.now(), state(row, names)
    changed = {
        name: [None if before is None else before[name], value]
        for name, value in after.items()
        if before is None or before[name] != value
    }
    if not changed:
        return
    DirectoryChange(
        facility_id=facility_id,
        at=now,
        by_id=by.user_id,
        subject=subject,
        object_id=row.pk,
        label=label[:LONGEST_LABEL],
        values=changed,
    ).save(force_insert=True)
    record.change(by, what=f"directory.{subject.value}", fields=sorted(changed))
