"""The examples of domain.md §3.3, through the rules that would be chosen for such a patient."""

from datetime import date
from typing import Any

from referral.criteria import loading, observations
from referral.criteria.evaluate import CANNOT_EVALUATE, MET, NOT_MET, Result, evaluate_all
from tests.criteria.cases import observed

DAY = date(2026, 11, 22)


def results(
    diagnosis: str, visit: str = "first", *, age: int | None = None, **values: Any
) -> dict[str, Result]:
    book = loading.book()
    known = observations.values(observed(**values), book.variables, age=age)
    rules = book.select(on=DAY, diagnosis=diagnosis, from_tier=1, to_tier=2)
    return {each.rule.id: each for each in evaluate_all(rules, known, visit)}


def met(found: dict[str, Result]) -> set[str]:
    return {name for name, each in found.items() if each.outcome == MET}


def test_180_over_100_at_the_first_visit() -> None:
    found = results("I10", sbp=180, dbp=100)
    assert met(found) == {"HTN-I1"}
    assert (found["HTN-I1"].urgency, str(found["HTN-I1"].rule.edge.direction)) == ("routine", "up")
    assert found["HTN-I1"].urgency_missing == ("acute_symptoms",)


def test_with_acute_symptoms_it_is_immediate() -> None:
    assert results("I10", sbp=180, dbp=100, acute_symptoms=True)["HTN-I1"].urgency == "immediate"
    calm = results("I10", sbp=180, dbp=100, acute_symptoms=False)["HTN-I1"]
    assert (calm.urgency, calm.urgency_missing) == ("routine", ())


def test_179_over_109_is_nothing() -> None:
    found = results("I10", sbp=179, dbp=109)
    assert met(found) == set()
    assert found["HTN-I1"].outcome == NOT_MET


def test_185_over_100_with_headache_and_vomiting() -> None:
    found = results("I10", sbp=185, dbp=100, severe_headache_vomiting=True)
    assert met(found) == {"HTN-I1", "HTN-E2"}
    assert found["HTN-E2"].urgency == "immediate"


def test_the_two_arms() -> None:
    assert results("I10", sbp_left=150, sbp_right=131)["HTN-I8"].outcome == NOT_MET
    assert results("I10", sbp_left=150, sbp_right=129)["HTN-I8"].outcome == MET


def test_age_at_onset() -> None:
    assert results("I10", onset_age=29)["HTN-I4"].outcome == MET
    assert results("I10", onset_age=30)["HTN-I4"].outcome == NOT_MET


def test_fasting_glucose() -> None:
    assert results("E11.9", fpg=16.7)["DM-5"].outcome == MET
    assert results("E11.9", fpg=16.69)["DM-5"].outcome == NOT_MET
    assert results("E11.9", fpg=3.9)["DM-6"].outcome == MET
    assert results("E11.9", fpg=3.91)["DM-6"].outcome == NOT_MET


def test_age_of_the_diabetic() -> None:
    assert results("E11", age=24)["DM-2"].outcome == MET
    assert results("E11", age=25)["DM-2"].outcome == NOT_MET


def test_stroke() -> None:
    early = results("I63.9", fast_positive=True, hours_since_last_known_well=4.5)
    assert early["STR-R1"].outcome == MET
    late = results(
        "I63.9",
        fast_positive=True,
        hours_since_last_known_well=4.6,
        suspected_large_vessel_occlusion=True,
    )
    assert late["STR-R1"].outcome == NOT_MET
    assert late["STR-R2"].outcome == MET


def test_oxygen_saturation_missing() -> None:
    found = results("J44.1", respiratory_rate=24)["COPD-E2"]
    assert (found.outcome, found.missing) == (CANNOT_EVALUATE, ("spo2",))


def test_rules_of_the_other_visit_do_not_speak() -> None:
    assert "HTN-F2" not in results("I10", "first", marked_bp_fluctuation=True)
    found = results("I10", "follow-up", sbp=185, marked_bp_fluctuation=True)
    assert met(found) == {"HTN-F2", "HTN-F6"}


def test_while_the_visit_is_unknown_its_rules_cannot_be_met() -> None:
    found = results("I10", "", sbp=180, dbp=100)
    assert (found["HTN-I1"].outcome, found["HTN-I1"].missing) == (CANNOT_EVALUATE, ("visit",))
    assert results("I10", "", sbp=179, dbp=109)["HTN-I1"].outcome == NOT_MET


def test_what_is_known_decides_whatever_is_missing() -> None:
    found = results("I10", dbp=110)["HTN-I1"]
    assert (found.outcome, found.missing) == (MET, ())
    half = results("I10", sbp=179)["HTN-I1"]
    assert (half.outcome, half.missing) == (CANNOT_EVALUATE, ("dbp",))


def test_what_is_missing_is_named_once_and_only_where_it_matters() -> None:
    found = results("I10", sbp=185, chest_pain_minutes=5)
    assert found["HTN-E5"].outcome == NOT_MET
    assert found["HTN-E2"].missing == (
        "severe_headache_vomiting",
        "sudden_speech_disorder",
        "limb_paralysis",
    )
