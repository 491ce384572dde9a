"""Asks the rules that ship, in the words of the tables they come from."""

from datetime import date
from typing import Any

from referral.criteria import loading, observations
from referral.criteria.evaluate import Result, evaluate

# The unit each number below is typed in, by the beginning of its variable's name; counts need none.
UNITS = {
    "sbp": "mmHg",
    "dbp": "mmHg",
    "fpg_unsatisfactory": "visits",
    "fpg": "mmol/L",
    "potassium": "mmol/L",
    "hba1c": "%",
    "onset_age": "years",
    "age": "years",
    "heart_rate": "/min",
    "respiratory_rate": "/min",
    "temperature": "°C",
    "spo2": "%",
    "hours_since": "h",
    "fever_hours": "h",
    "days_since": "d",
    "chest_pain_minutes": "min",
    "ischaemic_pain_minutes": "min",
    "expected_first_contact": "min",
    "treatment_months": "months",
    "egfr_fall_per_year": "mL/min/1.73m²/year",
    "egfr_fall_share": "%",
    "egfr": "mL/min/1.73m²",
    "acr": "mg/g",
    "haemoptysis": "mL",
}


def observed(**values: Any) -> dict[str, dict[str, Any]]:
    """Return observations as the API takes them."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        unit = next((unit for start, unit in UNITS.items() if name.startswith(start)), "")
        measured = type(value) is not bool and unit
        found[name] = {"value": value, "unit": unit} if measured else {"value": value}
    return found


def ask(rule_id: str, **values: Any) -> Result:
    """Return what one rule says of some observations."""
    book = loading.book()
    [rule] = [each for each in book.rules if each.id == rule_id]
    known = observations.values(observed(**values), book.variables)
    return evaluate(rule, known, rule.visit)


# A person of whom nothing speaks for a referral; numbers in the units above, everything that is ticked is absent.
WELL: dict[str, float] = {
    "sbp": 130,
    "dbp": 80,
    "sbp_left": 130,
    "sbp_right": 130,
    "sbp_previous": 130,
    "dbp_previous": 80,
    "onset_age": 50,
    "gcs": 15,
    "hours_since_stroke_onset": 100,
    "potassium": 4,
    "respiratory_rate": 16,
    "spo2": 98,
    "temperature": 36.5,
}


def well(diagnosis: str, *, but: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Return observations by which every rule of the way up from a clinic can be judged and none is met.

    What `but` names was not observed.
    """
    book = loading.book()
    rules = book.select(on=date(2026, 7, 1), diagnosis=diagnosis, from_tier=1, to_tier=2)
    conditions = [each for rule in rules for each in (rule.when, rule.raised_when) if each]
    leaves = [leaf for each in conditions for leaf in each.leaves()]
    names = {name for leaf in leaves for name in (leaf.variable, leaf.minus) if name}
    values = {
        name: WELL.get(name, 0) if book.variables[name].is_number else False
        for name in names - {"age", *but}
    }
    return observed(**values)
