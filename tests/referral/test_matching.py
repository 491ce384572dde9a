"""Where a patient can go: who is offered, in what order, and with which reasons."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from accounts import scope
from accounts.actors import Actor
from facilities.models import Facility
from facilities.vocabulary import CapabilityCode
from patients import actions as patients
from patients.models import ConsentPurpose
from referral import actions
from referral.matching import Reason, needs_of, subjects_of
from referral.matching.reasons import AGAINST, FOR, SENTENCES
from referral.models import AnswerTime
from referral.states import Status, Urgency
from tests.api import Answer
from tests.facilities.factories import (
    make_alliance,
    make_capability,
    make_department,
    make_facility,
    make_hospital,
    make_membership,
)
from tests.factories import Person, World, as_system, consented

PATH: Final = "/destinations/"
STROKE: Final = {"diagnosis": "I63.9", "urgency": "emergency"}


def asked(who: Person, **words: Any) -> Answer:
    answer = who.api.post(PATH, words)
    as_system()
    return answer


def offered(who: Person, **words: Any) -> list[str]:
    answer = asked(who, **words)
    assert answer.status == 200, answer
    return [row["facility"]["name"] for row in answer.results]


def reasons(who: Person, facility: Facility, **words: Any) -> dict[str, dict[str, Any]]:
    rows = [row for row in asked(who, **words).results if row["facility"]["id"] == str(facility.pk)]
    return {reason["code"]: reason for reason in rows[0]["reasons"]}


def county(world: World, name: str = "县医院") -> Facility:
    made = make_hospital(name, tier=2, region=world.region, latitude="31.20", longitude="121.60")
    make_membership(world.alliance, made)
    return made


def test_the_next_step_and_no_further(world: World) -> None:
    county(world)
    assert offered(world.doctor) == ["县医院"]
    assert set(offered(world.doctor, urgency="emergency")) == {"县医院", "仁济医院", "东方医院"}
    with_reason = offered(world.doctor, skip_reason="known_there")
    assert with_reason[0] == "县医院"
    assert set(with_reason) == {"县医院", "仁济医院", "东方医院"}


def test_what_goes_past_a_step_says_that_a_reason_is_needed(world: World) -> None:
    county(world)
    rows = asked(world.doctor, skip_reason="known_there").results
    assert [row["needs_reason"] for row in rows] == [False, True, True]
    emergency = asked(world.doctor, urgency="emergency").results
    assert {row["facility"]["name"]: row["skips_step"] for row in emergency}["仁济医院"]
    assert not any(row["needs_reason"] for row in emergency)


def test_never_a_third_party_centre_a_closed_one_a_stranger_or_oneself(world: World) -> None:
    centre, closed = world.centre, county(world, "已关闭")
    make_capability(centre, "thrombolysis")
    closed.is_active = False
    closed.save(update_fields=["is_active"])
    _ = world.outside
    for words in ({}, STROKE, {"capability": "thrombolysis", "skip_reason": "known_there"}):
        assert set(offered(world.doctor, **words)) == {"仁济医院", "东方医院"}, words


def test_a_stroke_is_never_offered_a_hospital_without_thrombolysis_while_one_has_it(
    world: World,
) -> None:
    near = county(world)
    assert set(offered(world.doctor, **STROKE)) == {"县医院", "仁济医院", "东方医院"}
    make_capability(world.hospital, "thrombolysis")
    assert offered(world.doctor, **STROKE) == ["仁济医院"]
    make_capability(near, "thrombolysis")
    assert set(offered(world.doctor, **STROKE)) == {"县医院", "仁济医院"}


def test_where_nobody_has_it_all_are_shown_with_a_warning(world: World) -> None:
    county(world)
    found = reasons(world.doctor, world.hospital, **STROKE)
    assert found["lacks-capability"]["speaks_for"] is False
    assert found["lacks-capability"]["parameters"] == {"capabilities": ["thrombolysis"]}
    assert all(row["lacks"] == ["thrombolysis"] for row in asked(world.doctor, **STROKE).results)
    # What can wait is still not sent past a step for nothing.
    assert offered(world.doctor, capability="pci") == ["县医院"]


def test_a_routine_need_that_the_next_step_cannot_meet_shows_who_can(world: World) -> None:
    county(world)
    make_capability(world.hospital, "kidney_biopsy")
    [row] = asked(world.doctor, capability="kidney_biopsy").results
    assert (row["facility"]["name"], row["needs_reason"]) == ("仁济医院", True)
    assert "skips-step" in {reason["code"] for reason in row["reasons"]}


def test_what_the_criteria_found_counts_if_the_rule_is_met(world: World) -> None:
    _ = world.alliance
    make_capability(world.hospital, "pci")
    met = {"rule": "CHD-R1", "outcome": "met", "capability": "PCI", "missing": [], "source": {}}
    assert offered(world.doctor, criteria=[met]) == ["仁济医院"]
    unmet = {**met, "outcome": "cannot-evaluate"}
    assert len(offered(world.doctor, criteria=[unmet])) == 2
    bad = asked(world.doctor, criteria=[{**met, "capability": "telepathy"}])
    assert bad.status == 400
    assert asked(world.doctor, criteria=[{**met, "outcome": 0}]).status == 400


def test_the_signed_family_doctor_is_first_on_the_way_down(world: World) -> None:
    world.sister.latitude, world.sister.longitude = "31.2", "121.5"
    world.sister.save()
    patient = world.make_patient()
    sent = world.at(Status.SUBMITTED, patient=patient)
    assert sent.to_facility_id == world.hospital.pk
    make_facility("太近卫生院", tier=1, region=world.region)
    before = offered(world.office, direction="down", patient=str(patient.pk))
    assert set(before) == {"塘桥社区卫生服务中心", "花木社区卫生服务中心"}
    for clinic, person in ((world.sister, world.nurse), (world.clinic, world.doctor)):
        grant(world, patient, person)
        found = offered(world.office, direction="down", patient=str(patient.pk))
        assert found[0] == clinic.name


def grant(world: World, patient: Any, person: Person) -> None:
    """Let a clinic sign the patient from today on, in place of the contract before."""
    as_system()
    patients.grant_access(
        patient.pk,
        person.facility.pk,
        purpose="referral",
        reference=uuid4(),
        starts=timezone.now() - timedelta(days=3),
        by=Actor.system(),
    )
    scope.enter(person.actor)
    answer = consented(ConsentPurpose.REGISTRATION)
    patients.record_consent(patient.pk, answer, by=person.actor)
    patients.sign_contract(patient.pk, by=person.actor, starts=timezone.localdate())
    as_system()


def test_the_way_down_has_no_hospital_above_and_no_equal(world: World) -> None:
    _ = world.second
    names = offered(world.office, direction="down")
    assert names == ["塘桥社区卫生服务中心"]
    assert offered(world.doctor, direction="down") == []


def test_nested_alliances_are_reached(world: World) -> None:
    lead = make_hospital("县域牵头", tier=2, region=world.region)
    nested = make_alliance(lead, form="county_community", parent=world.alliance)
    village = make_facility("村卫生室", tier=0, region=world.region)
    make_membership(nested, village)
    assert "县域牵头" in offered(world.doctor)
    assert "村卫生室" in offered(world.doctor, direction="down")


def test_the_department_of_the_diagnosis_and_its_name(world: World) -> None:
    _ = world.alliance
    heart = make_department(world.hospital, "03.04", "心血管内科")
    make_department(world.lead, "10", "眼科")
    rows = asked(world.doctor, diagnosis="I10").results
    assert [row["facility"]["name"] for row in rows] == ["仁济医院", "东方医院"]
    assert rows[0]["department"] == {"id": str(heart.pk), "name": "心血管内科"}
    assert "no-department" in reasons(world.doctor, world.lead, diagnosis="I10")
    assert rows[1]["department"] is None


def test_distance_is_told_and_counts(world: World) -> None:
    near, far = county(world, "近"), county(world, "远")
    place(world.clinic, "31.20", "121.50")
    place(near, "31.21", "121.51")
    place(far, "31.90", "121.50")
    assert offered(world.doctor) == ["近", "远"]
    [first, second] = asked(world.doctor).results
    assert (first["distance_km"], second["distance_km"]) == (1.5, 77.8)
    assert "far" in {reason["code"] for reason in second["reasons"]}


def place(facility: Facility, latitude: str, longitude: str) -> None:
    facility.latitude, facility.longitude = latitude, longitude
    facility.save(update_fields=["latitude", "longitude"])


def test_how_soon_they_answer(world: World) -> None:
    quick, slow = county(world, "快"), county(world, "慢")
    now = timezone.now()
    for facility, hours, count in ((quick, 1, 9), (slow, 90, 9), (world.hospital, 1, 4)):
        AnswerTime.objects.create(
            facility=facility, median_seconds=hours * 3600, answered=count, measured_at=now
        )
    assert offered(world.doctor) == ["快", "慢"]
    assert reasons(world.doctor, quick)["answers-fast"]["parameters"] == {"hours": 1}
    assert reasons(world.doctor, slow)["answers-slowly"]["parameters"] == {"hours": 90}


def test_measuring_takes_the_median_without_emergencies_and_leaves_fresh_ones_alone(
    world: World,
) -> None:
    now = timezone.now()
    for hours in (1, 5, 3):
        leg = world.draft(patient=world.make_patient())
        sent = world.move(leg, "submit", world.doctor, now=now)
        world.move(sent, "accept", world.office, now=now + timedelta(hours=hours))
    world.emergency()
    assert actions.measure_answer_times(now=now + timedelta(hours=6), batch=50) >= 3
    row = AnswerTime.objects.get(facility=world.hospital)
    assert (row.median_seconds, row.answered) == (3 * 3600, 3)
    assert AnswerTime.objects.get(facility=world.clinic).median_seconds is None
    assert actions.measure_answer_times(now=now + timedelta(hours=7), batch=50) == 0
    assert actions.measure_answer_times(now=now + timedelta(hours=13), batch=1) == 1


def test_who_may_ask_and_about_whom(world: World) -> None:
    _ = world.alliance
    assert asked(world.manager).status == 403
    assert asked(world.auditor).status == 403
    assert asked(world.stranger).results == []
    mine = asked(world.doctor, patient=str(world.patient.pk))
    assert mine.status == 200
    for who, patient in ((world.office, world.patient.pk), (world.doctor, uuid4())):
        refused = asked(who, patient=str(patient))
        assert (refused.status, refused.code) == (422, "no-such-patient")
    assert asked(world.doctor, direction="lateral").status == 400


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("I10", "03.04"),
        ("i63.9", "03.03"),
        ("G45", "03.03"),
        ("E11", "03.07"),
        ("C34", "19"),
        ("A15", "17"),
        ("S06", "04.02"),
        ("Z00", "02"),
        ("U07.1", None),
        ("", None),
        ("高血压", None),
        ("I1", None),
        ("?10", None),
    ],
)
def test_the_subject_of_a_diagnosis(code: str, first: str | None) -> None:
    found = subjects_of(code)
    assert (found[0] if found else None) == first


def test_what_an_emergency_needs() -> None:
    assert needs_of("I63.5", Urgency.EMERGENCY) == {CapabilityCode.THROMBOLYSIS}
    assert needs_of("i21.0", Urgency.EMERGENCY) == {CapabilityCode.PCI}
    assert needs_of("I63.5", Urgency.URGENT) == set()
    assert needs_of("I10", Urgency.EMERGENCY) == set()


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("疑似脑卒中", {CapabilityCode.THROMBOLYSIS}),
        ("右侧肢体无力, 中风?", {CapabilityCode.THROMBOLYSIS}),
        ("急性脑梗死", {CapabilityCode.THROMBOLYSIS}),
        ("Suspected STROKE", {CapabilityCode.THROMBOLYSIS}),
        ("急性前壁心肌梗死", {CapabilityCode.PCI}),
        ("STEMI", {CapabilityCode.PCI}),
        ("出血性脑卒中", {CapabilityCode.STROKE_CENTRE}),
        ("脑出血？卒中待排", {CapabilityCode.STROKE_CENTRE, CapabilityCode.THROMBOLYSIS}),
        ("脑梗死后遗症, 肺炎", set()),
        ("陈旧性心肌梗死, 腹痛", set()),
        ("脑卒中病史, 骨折", set()),
        ("高血压急症", set()),
        ("", set()),
    ],
)
def test_an_emergency_without_a_code_is_known_by_its_words(words: str, needed: set[str]) -> None:
    assert needs_of("", Urgency.EMERGENCY, words) == needed
    assert needs_of("R42", Urgency.EMERGENCY, words) == needed
    assert needs_of("I21", Urgency.EMERGENCY, words) == {CapabilityCode.PCI}, "the code decides"
    assert needs_of("", Urgency.URGENT, words) == set()


def test_every_reason_speaks_in_both_languages() -> None:
    parameters = {
        "alliance": "甲",
        "capabilities": ["pci", "ct"],
        "department": "乙",
        "level": (3, 1),
        "at": timezone.now(),
        "km": 3.2,
        "hours": 4,
    }
    assert set(FOR) & set(AGAINST) == set()
    for code in SENTENCES:
        with translation.override("en"):
            english = Reason(code, parameters).text
        with translation.override("zh-hans"):
            chinese = Reason(code, parameters).text
        assert english != chinese, code
        assert "%" not in english + chinese
