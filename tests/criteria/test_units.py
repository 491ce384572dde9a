"""Units: exact conversions, another for each analyte, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from referral.criteria import loading, units
from referral.criteria.evaluate import MET, NOT_MET, evaluate
from referral.criteria.observations import BadObservations, values


def outcome(rule_id: str, name: str, value: Any, unit: str) -> str:
    book = loading.book()
    [rule] = [each for each in book.rules if each.id == rule_id]
    known = values({name: {"value": value, "unit": unit}}, book.variables)
    return evaluate(rule, known, rule.visit).outcome


@pytest.mark.parametrize(
    ("rule", "name", "meets", "fails", "unit"),
    [
        # 16.7 mmol/L of glucose are 300.86 mg/dL, 3.9 are 70.26.
        ("DM-5", "fpg", 300.87, 300.86, "mg/dL"),
        ("DM-6", "fpg", 70.26, 70.27, "mg/dL"),
        # 3.5 mmol/L of potassium are 13.684 mg/dL: the same unit, another analyte.
        ("HTN-I6", "potassium", 13.68, 13.69, "mg/dL"),
        ("HTN-I6", "potassium", 3.49, 3.5, "mEq/L"),
        # 300 mg/g are 33.936 mg/mmol of creatinine.
        ("CKD-P3", "acr", 33.94, 33.93, "mg/mmol"),
        # 39 °C are 102.2 °F, exactly.
        ("DM-10", "temperature", 102.3, 102.2, "°F"),
        ("DM-10", "temperature", 39.1, 39.0, "℃"),
        ("STR-R1", "hours_since_last_known_well", 270, 271, "min"),
        ("STR-R2", "hours_since_last_known_well", 1, 1.01, "d"),
        ("CHD-R1", "chest_pain_minutes", 0.5, 0.1, "h"),
        ("GEN-E5", "haemoptysis_ml_in_24_h", 0.501, 0.5, "L"),
    ],
)
def test_a_boundary_stays_where_it_is_in_another_unit(
    rule: str, name: str, meets: float, fails: float, unit: str
) -> None:
    others: dict[str, dict[str, Any]] = {
        "STR-R1": {"fast_positive": True},
        "STR-R2": {"fast_positive": True, "suspected_large_vessel_occlusion": True},
        "CHD-R1": {"st_elevation_leads": 2},
    }
    book = loading.book()
    [found] = [each for each in book.rules if each.id == rule]
    for value, expected in ((meets, MET), (fails, NOT_MET)):
        given = {each: {"value": said} for each, said in others.get(rule, {}).items()}
        known = values({**given, name: {"value": value, "unit": unit}}, book.variables)
        assert evaluate(found, known, found.visit).outcome == expected, value


def test_kilopascals() -> None:
    # 180 mmHg are 23.99803 kPa.
    assert outcome("DM-7", "sbp", 23.999, "kPa") == MET
    assert outcome("DM-7", "sbp", 24, " kpa ") == MET
    assert units.convert(Decimal("23.998"), "kPa", "pressure") < 180


def test_haemoglobin_of_both_standards() -> None:
    # 53 mmol/mol are 7.0004 %, 52.9 are 6.9913.
    assert units.convert(Decimal("53"), "mmol/mol", "hba1c") == Decimal("7.00044")
    assert units.convert(Decimal("52.9"), "mmol/mol", "hba1c") < 7


def test_there_is_no_rounding() -> None:
    """A chain of floats would put 0.1 + 0.2 over 0.3; fractions do not."""
    tenth = units.convert(Decimal("0.1"), "mmol/L", "glucose")
    assert tenth * 167 == units.convert(Decimal("16.7"), "mmol/L", "glucose")


def refused(name: str, value: Any, unit: str | None) -> str:
    given: dict[str, Any] = {"value": value} if unit is None else {"value": value, "unit": unit}
    with pytest.raises(BadObservations) as caught:
        values({name: given}, loading.book().variables)
    [text] = caught.value.errors[name]
    return text


def test_a_measured_value_needs_its_unit() -> None:
    assert "mmol/L, mg/dL" in refused("fpg", 16.7, None)
    assert "mmHg, kPa" in refused("sbp", 180, "mmol/L")
    refused("sbp", 180, "")


def test_a_count_needs_none() -> None:
    book = loading.book()
    given = {"hypoglycaemia_episodes": {"value": 2}}
    assert values(given, book.variables) == {"hypoglycaemia_episodes": 2}


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("sbp", 1800, "mmHg"),
        ("sbp", -1, "mmHg"),
        ("sbp", 18, "mmHg"),
        ("spo2", 101, "%"),
        ("gcs", 2, None),
        ("fpg", 300, "mmol/L"),
        ("sbp", True, "mmHg"),
        ("sbp", "180", "mmHg"),
        ("sbp", None, "mmHg"),
        ("pregnant", 1, None),
        ("pregnant", "true", None),
        ("pregnant", True, "mmHg"),
        ("no_such_thing", True, None),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: Any, unit: str | None) -> None:
    refused(name, value, unit)


def test_every_error_is_told_at_once() -> None:
    given: dict[str, dict[str, Any]] = {
        "sbp": {"value": 1800, "unit": "mmHg"},
        "dbp": {"value": 80},
        "gcs": {"value": 15},
    }
    with pytest.raises(BadObservations) as caught:
        values(given, loading.book().variables)
    assert set(caught.value.errors) == {"sbp", "dbp"}


def test_an_observed_age_goes_before_the_recorded_one() -> None:
    book = loading.book()
    given = {"age": {"value": 24, "unit": "years"}}
    assert values(given, book.variables, age=60)["age"] == 24
    assert values({}, book.variables, age=60)["age"] == 60
