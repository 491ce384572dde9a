"""Turns what a leg carries beside its slip, and what its contacts measured, into words for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from referral import observations
from referral.codes_returns import (
    Adherence,
    DrugClass,
    SignatureMethod,
    SignCode,
    SignedBy,
    VisitSide,
    WarningAction,
)
from referral.criteria import loading
from referral.criteria.observations import spoken
from referral.models import FollowUp, NextVisit, Referral
from referral.policy.returns import day_of
from referral.queries.returns import Plan

Words = str | Promise
# What follow-ups measure and no rule for referral names.
NAMES: Final[dict[str, Promise]] = {
    "ppg": gettext_lazy("Glucose after a meal"),
    "weight": gettext_lazy("Weight"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list: what matters most, and the rest."""

    name: Words
    rest: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What a leg carries, in words; each part may be empty."""

    medicines: list[Item]
    visits: list[Item]
    signs: list[Item]
    long: str
    feedback: Item | None

    @property
    def anything(self) -> bool:
        """Say whether there is anything to show."""
        lists = (self.medicines, self.visits, self.signs)
        return any(lists) or bool(self.long) or self.feedback is not None


def carried(plan: Plan, referral: Referral) -> Carried:
    """Return the plan of a leg in words."""
    feedback = plan.feedback
    told = f"{feedback['given_by'] or ''} {_moment(feedback['given_at'])}" if feedback else ""
    return Carried(
        medicines=[_medicine(row) for row in plan.medicines],
        visits=[_visit(row, referral) for row in plan.next_visits],
        signs=[_sign(row) for row in plan.warning_signs],
        long=_long(plan.long_prescription) if plan.long_prescription else "",
        feedback=Item(feedback["text"], told) if feedback else None,
    )


def printed(found: Carried) -> list[tuple[str, str]]:
    """Return what the slip says of it: each part that is not empty under its name, its lines numbered."""
    parts = (
        (_("Medicines"), found.medicines),
        (_("Next visits"), found.visits),
        (_("Warning signs"), found.signs),
    )
    return [(name, _numbered(items)) for name, items in parts if items]


def _numbered(items: Sequence[Item]) -> str:
    lines = (f"{each.name} {each.rest}".strip() for each in items)
    return "; ".join(f"{number}) {line}" for number, line in enumerate(lines, start=1))


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _medicine(row: Mapping[str, Any]) -> Item:
    kind = DrugClass(row["drug_class"])
    days = _("%(days)s days") % {"days": row["days"]} if row["days"] else ""
    how = (row["strength"], row["dose"], row["route"], row["frequency"], days)
    return Item(row["name"], _joined(*how, row["note"], "" if kind == "ordinary" else kind.label))


def _visit(row: Mapping[str, Any], referral: Referral) -> Item:
    """Return a visit with its day; that of a draft still counts from the day on which it will be sent."""
    visit = NextVisit(
        due_on=date.fromisoformat(row["due_on"]) if row["due_on"] else None,
        due_in_days=row["due_in_days"],
    )
    when = _("%(days)s days after sending") % {"days": visit.due_in_days}
    if visit.due_on or referral.submitted_at:
        sent_on = timezone.localdate(referral.submitted_at or timezone.now())
        when = f"{day_of(visit, sent_on):%Y-%m-%d}"
    return Item(when, _joined(VisitSide(row["side"]).label, row["purpose"]))


def _sign(row: Mapping[str, Any]) -> Item:
    coded = SignCode(row["code"]).label if row["code"] else ""
    return Item(_joined(coded, row["text"]), str(WarningAction(row["action"]).label))


def _long(row: Mapping[str, Any]) -> str:
    signed = ""
    if row["signed_at"]:
        by, how = SignedBy(row["signed_by"]).label, SignatureMethod(row["signature_method"]).label
        signed = _("signed by %(who)s") % {"who": f"{by} ({how}, {_moment(row['signed_at'])})"}
    return _joined(row["assessment"], row["assessed_by"], signed)


def _moment(text: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"


def named(name: str) -> str:
    """Return what is measured in words: those of the rules, or where they do not know it, ours."""
    variable = loading.book().variables.get(name)
    return str(NAMES[name]) if variable is None else spoken(variable.words)


def measured(contact: FollowUp) -> str:
    """Return what a contact measured and how regularly the medicine is taken, in words."""
    found = contact.observations
    values = [
        f"{named(name)} {found[name]['value']:g} {found[name]['unit']}"
        for name in observations.quantities()
        if name in found
    ]
    taken = Adherence(contact.adherence).label if contact.adherence else ""
    return _joined(*values, taken and _("Medicine: %(how)s") % {"how": taken}, contact.symptoms)
