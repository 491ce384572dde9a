"""Tells a what-if: before and after with the spread, from which numbers, and what was taken for granted."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from facilities.models import Department
from insights.forecast_shown import refusal
from insights.models import JobState, WhatIf
from insights.policy import numbers as policy
from insights.queries import jobs as queries
from insights.scopes import received_by
from insights.thresholds import FEW_PERSONS
from insights.whatif.telling import words

Data = dict[str, Any]
DECIMALS: Final = 2
# How the numbers came from history, beside what the simulation takes for granted.
FED: Final[tuple[Promise, ...]] = (
    _(
        "Everything is the mean of the last half year: referrals from primary care by weekday and urgency, sessions, "
        "shares of acceptance and of those who did not come."
    ),
    _(
        "Other patients are those for whom a higher institution booked a place; others are not known here."
    ),
    _("Emergencies are left out: they are taken at once and wait for no session."),
    _(
        "A limit runs from the submission to the visit: those of the answer and of the arrival together, five working "
        "days as seven."
    ),
)


def summary(row: WhatIf) -> Data:
    """Return what was asked and how far it is."""
    return {
        "id": row.pk,
        "state": row.state,
        "asked_at": row.asked_at,
        "asked_by": row.owner.full_name,
        "computed_at": row.computed_at,
        "facility": row.facility_id,
        "facility_name": row.facility.name,
        "change": {name: row.change.get(name) for name in ("kind", "pool", "department", "number")},
        "seed": row.seed,
        "repeats": row.repeats_id,
    }


def told(row: WhatIf, by: Actor) -> Data:
    """Return a run whole; who may not see the rows is told of no urgency with few persons. Two statements at most."""
    inputs, outcome = row.inputs, row.outcome if row.state == JobState.DONE else {}
    simulated = inputs.get("setting", {}).get("departments", [])
    left_out = inputs.get("left_out", [])
    named = row.change.get("department")
    wanted = [*(each["key"] for each in simulated), *left_out, *([named] if named else [])]
    found = queries.departments(wanted)
    hidden = _hidden(inputs, by, row)
    return {
        **summary(row),
        "department_name": found[named].name if named in found else None,
        "refusal": refusal(row),
        "same": _same(row),
        "first": inputs.get("first"),
        "last": inputs.get("last"),
        "days": inputs.get("setting", {}).get("days"),
        "replications": inputs.get("replications"),
        "departments": [_department(each, inputs, found, hidden) for each in simulated],
        "left_out": [_name(found, key) for key in left_out],
        "limits": inputs.get("setting", {}).get("urgencies", []),
        "whole": _measures(outcome.get("whole", {})),
        "by_department": [
            {"department": key, "name": _name(found, key), "measures": _measures(rows)}
            for key, rows in outcome.get("departments", {}).items()
        ],
        "by_urgency": [
            {"urgency": code, "measures": _measures(rows)}
            for code, rows in outcome.get("urgencies", {}).items()
            if code not in hidden
        ],
        "assumptions": [*map(str, FED), *words()["assumptions"]],
    }


def _hidden(inputs: Data, by: Actor, row: WhatIf) -> set[str]:
    """Return the urgencies behind which there are few persons, for who may not see them."""
    if policy.sees_rows(received_by(row.facility_id), by):
        return set()
    counted: dict[str, int] = {}
    for persons in inputs.get("persons", {}).values():
        for code, many in persons.items():
            counted[code] = min(counted.get(code, many), many)
    return {code for code, many in counted.items() if many < FEW_PERSONS}


def _same(row: WhatIf) -> bool | None:
    """Say whether a repetition came to the same figures; None where it is none, or not done yet."""
    if row.repeats is None or row.state != JobState.DONE:
        return None
    return bool(row.outcome == row.repeats.outcome)


def _name(found: Mapping[str, Department], key: str) -> str:
    one = found.get(key)
    return "" if one is None else f"{one.facility.name} {one.name}"


def _department(
    each: Data, inputs: Data, found: Mapping[str, Department], hidden: set[str]
) -> Data:
    key = each["key"]
    return {
        "department": key,
        "name": _name(found, key),
        "legs": inputs["legs"][key],
        "referrals_a_week": _rounded(sum(sum(week) for week in each["arrivals"].values())),
        "by_urgency": {
            code: _rounded(sum(week))
            for code, week in each["arrivals"].items()
            if code not in hidden
        },
        "others_a_week": _rounded(sum(each["own"])),
        "places_a_week": sum(each["places"]),
        "reserved_percent": each["reserved_percent"],
        "released_before": each["released_before"],
        "acceptance": _rounded(each["acceptance"]),
        "no_show": _rounded(each["no_show"]),
        "answer_days": _rounded(each["answer_days"]),
    }


def _measures(rows: Mapping[str, Data]) -> list[Data]:
    """Return the measures in their own order, which what is kept as JSON has lost."""
    parts = ("present", "changed", "difference")
    return [
        {"measure": measure, "name": name, **{part: _figure(rows[measure][part]) for part in parts}}
        for measure, name in words()["measures"].items()
        if measure in rows
    ]


def _figure(figure: Data) -> Data:
    parts: Iterable[tuple[str, str]] = (("mean", "mean"), ("low", "p5"), ("high", "p95"))
    return {name: None if figure[key] is None else _rounded(figure[key]) for name, key in parts}


def _rounded(number: float) -> float:
    return round(number, DECIMALS)
