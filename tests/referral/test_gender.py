"""The patient's sex as an input of the criteria: of a draft, at submission, on the page, of stored assessments."""

from typing import Any

import pytest

from patients.models import Gender, Patient
from referral.models import Assessment, Referral
from tests.criteria.cases import well
from tests.factories import World, as_system
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_filing import page, save
from tests.referral.test_assessment import get, kept, outcome, put, submit
from tests.referral.test_criteria_api import by_rule, evaluate

UNASKED = ("pregnant", "breastfeeding")
NOT_ASKED = well("I10", but=UNASKED)


def of(world: World, gender: str) -> Referral:
    return world.draft(diagnosis_code="I10", patient=world.make_patient(gender=gender))


def corrected(leg: Referral, gender: str) -> None:
    as_system()
    Patient.objects.filter(pk=leg.patient_id).update(gender=gender)


def test_a_man_is_judged_without_being_asked(world: World) -> None:
    answer = put(world.doctor, of(world, Gender.MALE), NOT_ASKED)
    assert (outcome(answer, "HTN-I3"), answer.body["gender"]) == ("not-met", "1")
    assert answer.body["advice"]["missing"] == []
    for gender in (Gender.FEMALE, Gender.UNKNOWN):
        answer = put(world.doctor, of(world, gender), NOT_ASKED)
        assert (outcome(answer, "HTN-I3"), answer.body["gender"]) == ("cannot-evaluate", gender)
        assert answer.body["advice"]["missing"] == list(UNASKED)


def test_where_all_rules_spoke_of_a_man_going_all_the_same_needs_a_reason(world: World) -> None:
    leg = of(world, Gender.MALE)
    put(world.doctor, leg, NOT_ASKED)
    assert submit(world, leg).code == "override-reason-required"
    woman = of(world, Gender.FEMALE)
    put(world.doctor, woman, NOT_ASKED)
    assert submit(world, woman).status == 200


def test_the_sex_of_the_day_it_goes_counts(world: World) -> None:
    leg = of(world, Gender.UNKNOWN)
    put(world.doctor, leg, NOT_ASKED, override_reason="clinical_judgement", override_note="家族史")
    corrected(leg, Gender.MALE)
    assert submit(world, leg).status == 200
    assert (kept(leg).gender, "HTN-I3" in kept(leg).not_met) == ("1", True)
    corrected(leg, Gender.FEMALE)
    assert get(world.doctor, leg).body["gender"] == "1", "what has gone stays as it was judged"


def test_an_assessment_from_before_the_sex_was_kept_shows_none(world: World) -> None:
    leg = of(world, Gender.MALE)
    put(world.doctor, leg, NOT_ASKED)
    as_system()
    Assessment.objects.filter(referral=leg).update(gender="")
    answer = get(world.doctor, leg)
    assert (answer.status, answer.body["gender"]) == (200, None)


@pytest.mark.parametrize(
    ("gender", "expected"), [("1", "not-met"), ("2", "cannot-evaluate"), (None, "cannot-evaluate")]
)
def test_whoever_names_no_patient_may_say_the_sex(
    world: World, gender: str | None, expected: str
) -> None:
    said: dict[str, Any] = {} if gender is None else {"gender": gender}
    body = {"observations": {"sbp": {"value": 130, "unit": "mmHg"}}, "visit": "first", **said}
    assert by_rule(evaluate(world.doctor, **body))["HTN-I3"]["outcome"] == expected


def test_the_page_asks_whom_it_concerns(world: World) -> None:
    for gender, asks in ((Gender.MALE, False), (Gender.FEMALE, True), (Gender.UNSTATED, True)):
        shown = browser_of(world.doctor).get(page(of(world, gender))).content.decode()
        for name in UNASKED:
            assert (f'name="t_{name}"' in shown) is asks


def test_what_the_page_says_is_missing_names_no_pregnancy_of_a_man(world: World) -> None:
    seen = {"o_sbp": "150", "u_sbp": "mmHg", "o_dbp": "90", "u_dbp": "mmHg"}
    leg = of(world, Gender.MALE)
    save(world.doctor, leg, rest_no="on", **seen)
    assert set(UNASKED).isdisjoint(kept(leg).observations)
    assert "HTN-I3" in kept(leg).not_met
    assert "妊娠" not in text_of(browser_of(world.doctor).get(page(leg)))


def test_what_was_observed_all_the_same_can_be_taken_back(world: World) -> None:
    """A sex may be registered wrongly: the page does not drop what somebody saw without a word."""
    leg = of(world, Gender.MALE)
    put(world.doctor, leg, {"pregnant": {"value": True}})
    shown = browser_of(world.doctor).get(page(leg)).content.decode()
    assert 'name="t_pregnant"' in shown
    assert 'name="t_breastfeeding"' not in shown
    save(world.doctor, leg, t_pregnant="on")
    assert kept(leg).observations == {"pregnant": {"value": True}}
    save(world.doctor, Referral.objects.get(pk=leg.pk))
    assert kept(leg).observations == {}
