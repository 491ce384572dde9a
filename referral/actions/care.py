"""Writes what a leg carries beside its slip; whatever is given replaces the whole of what was there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import models

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.ids import uuid7
from referral import drug_names, prescriptions
from referral.codes_returns import DrugClass
from referral.models import LongPrescription, Medicine, NextVisit, Referral, WarningSign
from referral.policy import returns as policy_returns
from referral.policy.returns import Finding
from referral.queries import returns as queries_returns

FIELDS: Final = ("medicines", "next_visits", "warning_signs", "long_prescription")
# What a prefilled medicine takes along; for how long is decided anew.
CARRIED: Final = (
    "name",
    "strength",
    "dose",
    "route",
    "frequency",
    "drug_class",
    "started_on",
    "note",
)
Content = Mapping[str, Any]


def demand_none(findings: Sequence[Finding]) -> None:
    """Raise Refused with the first finding's code, and every finding under its field."""
    if not findings:
        return
    errors: dict[str, list[str]] = {}
    for verdict, field in findings:
        errors.setdefault(field, []).append(str(verdict.reason))
    first = findings[0].verdict
    raise Refused(first.code, first.reason, kind=first.kind, errors=errors)


def write(leg: Referral, content: Content, *, by: Actor, now: datetime) -> None:
    """Replace what `content` names of FIELDS on a draft that the caller has locked or has just made.

    Raises Refused: `no-plan-upwards`, `prescription-too-long`, `antimicrobial-needs-ground`,
    `exception-not-antimicrobial`, `drug-class-excluded`, `signed-in-the-future`, `next-visit-day`.
    """
    unknown = set(content) - set(FIELDS)
    if unknown:
        raise ValueError(f"not parts of a plan: {sorted(unknown)}")
    plan = policy_returns.carries_plan(leg)
    above = [] if plan else [name for name in FIELDS[1:] if content.get(name)]
    demand_none([Finding(policy_returns.NOT_HERE, name) for name in above])
    medicines = [_medicine(row) for row in content.get("medicines", ())]
    visits = [NextVisit(**row) for row in content.get("next_visits", ())]
    signs = [WarningSign(**row) for row in content.get("warning_signs", ())]
    said = content.get("long_prescription")
    long = LongPrescription(assessed_by_id=by.user_id, **said) if said else None
    demand_none(
        [
            *policy_returns.prescribing(medicines, plan=plan),
            *policy_returns.visiting(visits, now),
            *policy_returns.signing(long, now),
        ]
    )
    found: dict[str, tuple[type[models.Model], Sequence[Any]]] = {
        "medicines": (Medicine, medicines),
        "next_visits": (NextVisit, visits),
        "warning_signs": (WarningSign, signs),
        "long_prescription": (LongPrescription, [long] if long else []),
    }
    for name in content:
        _replace(leg, *found[name])


def demand_ready(leg: Referral) -> None:
    """Raise Refused where a draft that is about to be sent prescribes for long without what that needs.

    Raises `long-prescription-needed`, `long-prescription-incomplete`, or as `write` does of medicines.
    """
    medicines = queries_returns.medicines(leg)
    demand_none(policy_returns.prescribing(medicines, plan=True))
    if prescriptions.any_long(medicines):
        long = queries_returns.long_prescription(leg)
        demand_none(policy_returns.long_prescribing(medicines, long))


def begin(
    source: Referral, leg: Referral, content: Content | None, *, by: Actor, now: datetime
) -> None:
    """Write what a new leg carries; medicines that `content` does not name are those of the leg before it.

    Raises Refused as `write` does.
    """
    said = content or {}
    if "medicines" not in said:
        rows = queries_returns.medicines(source)
        _insert(leg, [Medicine(**{name: getattr(row, name) for name in CARRIED}) for row in rows])
    write(leg, said, by=by, now=now)


def copy(source: Referral, leg: Referral) -> None:
    """Take what a leg carries along to one that goes in its place; the scope must see and write both."""
    kinds: tuple[type[models.Model], ...] = (Medicine, NextVisit, WarningSign, LongPrescription)
    for kind in kinds if policy_returns.carries_plan(source) else kinds[:1]:
        rows = list(kind._default_manager.filter(referral=source))
        for row in rows:
            row.pk = uuid7()
            row._state.adding = True
        _insert(leg, rows)


def _medicine(said: Mapping[str, Any]) -> Medicine:
    """Return a medicine; where its class is not stated, the listed one counts."""
    listed = drug_names.listed_class(said["name"]) or DrugClass.ORDINARY
    return Medicine(**{"drug_class": listed, **said})


def _replace(leg: Referral, kind: type[models.Model], rows: Sequence[Any]) -> None:
    kind._default_manager.filter(referral=leg).delete()
    _insert(leg, rows)


def _insert(leg: Referral, rows: Iterable[Any]) -> None:
    made = list(rows)
    for position, row in enumerate(made):
        row.referral = leg
        if hasattr(row, "position"):
            row.position = position
    if made:
        type(made[0])._default_manager.bulk_create(made)
