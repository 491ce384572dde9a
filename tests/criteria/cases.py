"""Asks the rules that ship, in the words of the tables they come from."""

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
