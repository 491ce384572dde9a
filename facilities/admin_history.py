"""Keeps what the administration pages change in the directory as actions do: its history, and a line of the trail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.actors import Actor
from accounts.models import User
from audit import record
from facilities.actions import history
from facilities.models import (
    Accreditation,
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Relation,
    StaffPost,
    Subject,
)
from facilities.sign_in import actor_of

# What no page shows, and what follows from other fields.
DERIVED: Final = frozenset({"id", "pinyin", "initials", "terms", "form"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row is to the history: its subject, whose page tells of it, what it is called."""

    subject: Subject
    facility: str
    label: Callable[[Any], str]


KINDS: Final[dict[type[Model], Kind]] = {
    Facility: Kind(Subject.FACILITY, "pk", lambda row: row.name),
    Accreditation: Kind(Subject.ACCREDITATION, "facility_id", lambda row: row.facility.name),
    Department: Kind(Subject.DEPARTMENT, "facility_id", lambda row: row.name),
    Capability: Kind(
        Subject.CAPABILITY,
        "facility_id",
        lambda row: row.department.name if row.department else "",
    ),
    StaffPost: Kind(Subject.POST, "facility_id", lambda row: row.user.full_name),
    Alliance: Kind(Subject.ALLIANCE, "lead_id", lambda row: row.name),
    Membership: Kind(
        Subject.MEMBERSHIP, "facility_id", lambda row: f"{row.facility.name} · {row.alliance.name}"
    ),
    Relation: Kind(
        Subject.RELATION,
        "to_facility_id",
        lambda row: f"{row.from_facility.name} → {row.to_facility.name}",
    ),
}


def _actor(request: HttpRequest) -> Actor:
    assert isinstance(request.user, User)
    return actor_of(request.user.pk)


def _names(row: Model) -> list[str]:
    kept = [field.name for field in row._meta.concrete_fields if field.name not in DERIVED]
    return [*kept, "form"] if isinstance(row, Alliance) else kept


def _stored(row: Model) -> dict[str, Any] | None:
    """Return what a row says before it is written, None for a new one."""
    old = type(row)._default_manager.filter(pk=row.pk).first()
    return None if old is None else history.state(old, _names(old))


class KeptAdmin(admin.ModelAdmin[Any]):
    """Writes the history of whatever it saves or deletes, in the same transaction."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and keep what differs."""
        before = _stored(obj) if change else None
        super().save_model(request, obj, form, change)
        _keep(request, obj, before, form)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of a page's table, and keep each that differs or goes."""
        known = [one.instance for one in formset.initial_forms if one.has_changed()]
        before = {row.pk: _stored(row) for row in known}
        super().save_formset(request, form, formset, change)
        for row in formset.new_objects:
            _keep(request, row, None, form)
        for row, _changed in formset.changed_objects:
            _keep(request, row, before[row.pk], form)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and keep what it said."""
        kind, pk, before = KINDS.get(type(obj)), obj.pk, _stored(obj)
        if kind is None or before is None:
            super().delete_model(request, obj)
            return
        facility_id, label = getattr(obj, kind.facility), kind.label(obj)
        super().delete_model(request, obj)
        _removed(request, kind, pk, before, facility_id=facility_id, label=label)


def _keep(request: HttpRequest, row: Model, before: dict[str, Any] | None, form: Any) -> None:
    by, kind = _actor(request), KINDS.get(type(row))
    if kind is None:
        fields = sorted(form.changed_data) if before else []
        what = "access.person_changed" if before else "access.person_added"
        if not before or fields:
            record.change(by, what=what, fields=fields)
        return
    history.keep(
        row,
        before,
        _names(row),
        by=by,
        facility_id=getattr(row, kind.facility),
        subject=kind.subject,
        label=kind.label(row),
    )


def _removed(
    request: HttpRequest,
    kind: Kind,
    pk: UUID,
    before: dict[str, Any],
    *,
    facility_id: UUID,
    label: str,
) -> None:
    by = _actor(request)
    history.removed(kind.subject, pk, before, by=by, facility_id=facility_id, label=label)


def password_set(request: HttpRequest) -> None:
    """Write down that somebody was given a password."""
    record.change(_actor(request), what="access.password_set", fields=["password"])
