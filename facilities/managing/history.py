"""Puts what was changed in the directory into words: the field, what it was, what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from facilities.models import (
    Accreditation,
    Alliance,
    Capability,
    Department,
    DirectoryChange,
    Facility,
    Membership,
    Relation,
    StaffPost,
    Subject,
)

MODELS: Final[dict[str, type[Model]]] = {
    Subject.FACILITY: Facility,
    Subject.ACCREDITATION: Accreditation,
    Subject.DEPARTMENT: Department,
    Subject.CAPABILITY: Capability,
    Subject.POST: StaffPost,
    Subject.ALLIANCE: Alliance,
    Subject.MEMBERSHIP: Membership,
    Subject.RELATION: Relation,
}


@dataclass(frozen=True, slots=True)
class Value:
    """One field of a change in words; `before` is empty where there was nothing."""

    name: str | Promise
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words."""

    row: DirectoryChange
    values: Sequence[Value]

    @property
    def names_itself(self) -> bool:
        """Say whether the change was of a part, whose name tells more than that of the institution."""
        return self.row.subject not in {Subject.FACILITY, Subject.ACCREDITATION}


def told(rows: Sequence[DirectoryChange]) -> list[Told]:
    """Return changes as pages show them."""
    return [
        Told(row, [_value(row, name, *pair) for name, pair in row.values.items()]) for row in rows
    ]


def _value(row: DirectoryChange, name: str, before: Any, after: Any) -> Value:
    try:
        field: Any = MODELS[row.subject]._meta.get_field(name)
    except FieldDoesNotExist:
        # A field that the product has no more.
        return Value(name, str(before or ""), str(after or ""))
    return Value(field.verbose_name, _word(field, before), _word(field, after))


def _word(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return ""
    return str(dict(field.flatchoices).get(value, value))
