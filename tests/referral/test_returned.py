"""Returned patients: contacts planned at arrival, what they measure, what the hospital and the clinic list."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from referral import observations, reminders
from referral.codes_returns import SignCode
from referral.models import FollowUp, Referral
from referral.states import Status
from tests.api import Answer
from tests.factories import World, as_system
from tests.referral.expect import do, heard, refused
from tests.referral.plans import medicine, sent
from tests.referral.raw import run

CALM = {"method": "phone", "findings": "血压平稳"}


def came_back(world: World, **parts: Any) -> Referral:
    """Return a return with these parts that has just arrived in the community."""
    answer = do(world.office, "return", world.at(Status.ARRIVED), sent(medicine(7), **parts))
    assert answer.status == 201, answer
    as_system()
    leg = Referral.objects.get(pk=answer.body["id"])
    for verb in ("accept", "arrive"):
        leg = world.move(leg, verb, world.doctor)
    return leg


def record(world: World, leg: Referral, **words: Any) -> Answer:
    return world.doctor.api.post(f"/referrals/{leg.pk}/follow-ups/", {**CALM, **words})


def mm(sbp: float, dbp: float) -> dict[str, Any]:
    return {"sbp": {"value": sbp, "unit": "mmHg"}, "dbp": {"value": dbp, "unit": "mmHg"}}


def due_days(leg: Referral) -> list[int]:
    """Return the days from today of the contacts of a leg."""
    as_system()
    rows = FollowUp.objects.filter(referral=leg).order_by("due_on")
    return [(row.due_on - timezone.localdate()).days for row in rows]


def shift(leg: Referral, days: int) -> None:
    """Move the open contacts of a leg in time."""
    as_system()
    for row in FollowUp.objects.filter(referral=leg, done_at__isnull=True):
        row.due_on += timedelta(days=days)
        row.save(update_fields=["due_on"])


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([], [7]),
        ([{"side": "up", "due_in_days": 3}], [7]),
        ([{"side": "down", "due_in_days": 7}], [7]),
        ([{"side": "down", "due_in_days": 8}], [7, 8]),
        ([{"side": "down", "due_in_days": 28}, {"side": "down", "due_in_days": 2}], [2, 28]),
    ],
)
def test_contacts_are_planned_when_the_patient_comes(
    world: World, visits: list[dict[str, Any]], expected: list[int]
) -> None:
    leg = came_back(world, next_visits=visits)
    assert due_days(leg) == expected


def test_a_purpose_comes_with_its_visit(world: World) -> None:
    visit = {"side": "down", "due_in_days": 5, "purpose": "拆线"}
    leg = came_back(world, next_visits=[visit])
    rows = world.doctor.api.get(f"/referrals/{leg.pk}/follow-ups/").results
    assert [row["purpose"] for row in rows] == ["拆线"]


def test_a_visit_whose_day_is_over_when_the_patient_comes_is_due_then(world: World) -> None:
    visits = [{"side": "down", "due_in_days": each} for each in (2, 20)]
    leg = do(
        world.office, "return", world.at(Status.ARRIVED), sent(medicine(7), next_visits=visits)
    ).body["id"]
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        for verb in ("accept", "arrive"):
            assert world.doctor.api.post(f"/referrals/{leg}/{verb}/").status == 200
        assert due_days(Referral(pk=leg)) == [0, 15]
        assert world.doctor.api.get("/follow-ups/counts/").body["overdue"] == 0


def test_nothing_is_planned_when_a_patient_arrives_above(world: World) -> None:
    assert due_days(world.at(Status.ARRIVED)) == []


def test_measurements_are_kept_with_their_units(world: World) -> None:
    leg = came_back(world)
    measured = {**mm(128, 78), "fpg": {"value": 6.1, "unit": "mmol/L"}}
    words = {"observations": measured, "adherence": "regular", "symptoms": "偶有头晕"}
    answer = record(world, leg, **words)
    assert answer.status == 201, answer
    for shown in (answer.body, world.office.api.get(f"/referrals/{leg.pk}/follow-ups/").results[0]):
        assert shown["observations"]["sbp"] == {"value": 128.0, "unit": "mmHg"}
        assert (shown["adherence"], shown["symptoms"]) == ("regular", "偶有头晕")
        assert (shown["met_signs"], shown["signs_shown"]) == ([], [])
    assert answer.body["way_up"] is None
    assert heard(leg, "referral.followed_up") == {world.hospital.pk}


@pytest.mark.parametrize(
    ("measured", "field"),
    [
        ({"sbp": {"value": 128, "unit": "mmHg"}}, "observations.dbp"),
        (mm(80, 120), "observations.sbp"),
        (mm(80, 80), "observations.sbp"),
        (mm(301, 80), "observations.sbp.value"),
        ({"weight": {"value": 60, "unit": "斤"}}, "observations.weight.unit"),
        ({"weight": {"value": 60}}, "observations.weight.unit"),
        ({"weight": {"value": "60", "unit": "kg"}}, "observations.weight.value"),
        ({"weight": {"value": True, "unit": "kg"}}, "observations.weight.value"),
        ({"mood": {"value": 1, "unit": "x"}}, "observations.mood"),
        ([], "observations"),
    ],
)
def test_a_bad_measurement_is_named(world: World, measured: Any, field: str) -> None:
    body = {**CALM, "observations": measured}
    answer = refused(world.doctor, "follow-ups", came_back(world), 400, "invalid", body)
    assert any(name.startswith(field) for name in answer.body["errors"]), answer


@pytest.mark.parametrize(("sbp", "met"), [(179, False), (180, True)])
def test_a_measurement_meets_a_sign_of_the_plan(world: World, sbp: int, met: bool) -> None:
    signs = [{"code": "blood_pressure_high", "action": "go_up"}]
    leg = came_back(world, warning_signs=signs)
    answer = record(world, leg, observations=mm(sbp, 95))
    sign = world.doctor.api.get(f"/referrals/{leg.pk}/").body["warning_signs"][0]["id"]
    assert answer.body["met_signs"] == ([sign] if met else [])
    way = f"/api/v1/referrals/{leg.pk}/refer-again/"
    assert answer.body["way_up"] == (way if met else None)


def test_a_sign_is_named_by_whoever_sees_it(world: World) -> None:
    signs = [{"text": "伤口渗液", "action": "call_clinic"}, {"text": "高热", "action": "emergency"}]
    leg = came_back(world, warning_signs=signs)
    rows = world.doctor.api.get(f"/referrals/{leg.pk}/").body["warning_signs"]
    call, hurry = (row["id"] for row in rows)
    answer = record(world, leg, warning_signs=[call])
    assert (answer.body["met_signs"], answer.body["way_up"]) == ([call], None)
    assert record(world, leg, warning_signs=[hurry]).body["way_up"] is not None


def test_a_sign_that_no_plan_names_is_shown_all_the_same(world: World) -> None:
    leg = came_back(world)
    answer = record(world, leg, observations={"fpg": {"value": 3.9, "unit": "mmol/L"}})
    assert (answer.body["signs_shown"], answer.body["met_signs"]) == (["glucose_low"], [])
    assert answer.body["way_up"] is not None


def test_a_sign_of_another_return_is_unknown(world: World) -> None:
    other = came_back(world, warning_signs=[{"text": "头晕", "action": "go_up"}])
    sign = world.doctor.api.get(f"/referrals/{other.pk}/").body["warning_signs"][0]["id"]
    patient = world.make_patient()
    world.__dict__["patient"] = patient
    leg = came_back(world)
    body = {**CALM, "warning_signs": [sign]}
    refused(world.doctor, "follow-ups", leg, 422, "unknown-warning-sign", body)


def test_a_contact_that_is_done_stays(world: World) -> None:
    leg = came_back(world)
    record(world, leg)
    scope.enter(world.doctor.actor)
    for change in (
        "findings = 'x'",
        "observations = '{\"x\": 1}'",
        "done_at = now()",
        "due_on = now()",
    ):
        with pytest.raises(IntegrityError, match="may change"):
            run(f"UPDATE referral_followup SET {change} WHERE referral_id = %s", [leg.pk])


def test_a_contact_that_is_planned_measures_nothing(world: World) -> None:
    leg = came_back(world)
    scope.enter(world.doctor.actor)
    with pytest.raises(IntegrityError, match="follow_up_empty_until_done"):
        run("UPDATE referral_followup SET symptoms = 'x' WHERE referral_id = %s", [leg.pk])


# The end of a return.


def test_feedback_reaches_the_hospital(world: World) -> None:
    leg = came_back(world)
    record(world, leg)
    body = {"outcome": "follow_up_done", "feedback": "血压达标, 继续社区管理"}
    assert do(world.doctor, "complete", leg, body).status == 200
    shown = world.office.api.get(f"/referrals/{leg.pk}/").body["feedback"]
    assert (shown["text"], shown["given_by"]) == (body["feedback"], "张医生")
    row = world.office.api.get("/returned/").results[0]
    assert row["follow_up"]["feedback"] == body["feedback"]


def test_feedback_and_results_each_have_their_side(world: World) -> None:
    leg = came_back(world)
    record(world, leg)
    done = {"outcome": "follow_up_done"}
    refused(world.doctor, "complete", leg, 422, "results-stay", {**done, "results": "x"})
    body = {"outcome": "improved", "no_return_reason": "recovered", "feedback": "x"}
    refused(world.office, "complete", world.at(Status.ARRIVED), 422, "no-feedback-here", body)


def test_a_plan_is_not_carried_out_while_a_contact_is_due(world: World) -> None:
    visits = [{"side": "down", "due_in_days": 0}, {"side": "down", "due_in_days": 1}]
    leg = came_back(world, next_visits=visits)
    record(world, leg)
    shift(leg, -1)
    done = {"outcome": "follow_up_done"}
    refused(world.doctor, "complete", leg, 422, "follow-ups-left", done)
    shift(leg, 1)
    assert do(world.doctor, "complete", leg, done).status == 200


# The lists.


def days(answer: Answer) -> list[int]:
    today = timezone.localdate()
    return [(date.fromisoformat(row["due_on"]) - today).days for row in answer.results]


def test_the_clinic_lists_the_contacts_it_has_to_make(world: World) -> None:
    visits = [{"side": "down", "due_in_days": each} for each in (0, 1, 6, 7)]
    leg = came_back(world, next_visits=visits)
    api = world.doctor.api
    as_system()
    late = FollowUp.objects.filter(referral=leg).order_by("due_on")[1]
    late.due_on = timezone.localdate() - timedelta(days=1)
    late.save(update_fields=["due_on"])
    assert days(api.get("/follow-ups/")) == [-1, 0, 6, 7]
    for due, expected in (("today", [0]), ("week", [0, 6]), ("overdue", [-1])):
        assert days(api.get("/follow-ups/", {"due": due})) == expected
    row = api.get("/follow-ups/", {"due": "overdue"}).results[0]
    assert (row["overdue"], row["referral"], row["number"]) == (True, str(leg.pk), leg.number)
    assert row["from_facility"]["name"] == world.hospital.name
    assert row["patient"]["name"] != "欧阳小明"
    counts = api.get("/follow-ups/counts/").body
    assert counts == {"today": 1, "week": 2, "overdue": 1, "open": 4}
    page = api.get("/follow-ups/", {"limit": 3})
    assert days(api.get(page.body["next"])) == [7]


def test_each_sees_the_contacts_of_its_own_facility(world: World) -> None:
    leg = came_back(world)
    for who in (world.office, world.stranger, world.manager, world.nurse):
        assert who.api.get("/follow-ups/").results == []
        assert who.api.get("/follow-ups/counts/").body["open"] == 0
    assert world.chief.api.get("/follow-ups/").results[0]["patient"] is None
    world.move(leg, "complete", world.doctor, outcome="handed_on")
    assert world.doctor.api.get("/follow-ups/").results == []


def test_the_hospital_lists_its_returned_patients(world: World) -> None:
    signs = [{"code": "blood_pressure_high", "action": "go_up"}]
    visits = [{"side": "down", "due_in_days": 2}, {"side": "down", "due_in_days": 20}]
    leg = came_back(world, next_visits=visits, warning_signs=signs)
    record(world, leg, observations=mm(185, 100), adherence="irregular")
    row = world.office.api.get("/returned/").results[0]
    assert row["id"] == str(leg.pk)
    standing = row["follow_up"]
    assert (standing["planned"], standing["done"], standing["overdue"]) == (1, 1, 0)
    assert standing["next_due_on"] == str(timezone.localdate() + timedelta(days=20))
    assert standing["last"]["observations"]["sbp"]["value"] == 185
    assert (standing["last"]["adherence"], len(standing["last"]["met_signs"])) == ("irregular", 1)
    for who in (world.doctor, world.stranger, world.second_office):
        assert who.api.get("/returned/").results == []


def test_the_states_of_returned_patients(world: World) -> None:
    leg = world.returning(Status.SUBMITTED)
    api = world.office.api

    def found() -> set[str]:
        states = ("waiting", "following", "overdue", "ended")
        return {each for each in states if api.get("/returned/", {"state": each}).results}

    assert found() == {"waiting"}
    world.move(leg, "accept", world.doctor)
    assert found() == {"waiting"}
    world.move(leg, "arrive", world.doctor)
    assert found() == {"following"}
    shift(leg, -8)
    assert found() == {"following", "overdue"}
    world.move(leg, "complete", world.doctor, outcome="handed_on")
    assert found() == {"ended"}
    assert api.get("/returned/").results[0]["follow_up"]["overdue"] == 0


def test_an_unknown_state_is_an_error(world: World) -> None:
    for path, query in (("/returned/", {"state": "x"}), ("/follow-ups/", {"due": "x"})):
        assert world.office.api.get(path, query).status == 400


@pytest.mark.parametrize("path", ["/returned/", "/follow-ups/", "/follow-ups/counts/"])
def test_a_page_costs_the_same_whatever_its_size(world: World, path: str) -> None:
    who = world.office if path == "/returned/" else world.doctor
    taken = []
    for _each in range(2):
        world.__dict__["patient"] = world.make_patient()
        record(world, came_back(world, next_visits=[{"side": "down", "due_in_days": 9}]))
        who.api.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert who.api.get(path).status == 200
        taken.append(len(captured))
    assert taken[0] == taken[1] <= 12


def test_late_contacts_are_found_for_the_sweep(world: World) -> None:
    leg = came_back(world)
    week, after = (timezone.now() + timedelta(days=days) for days in (7, 8))
    as_system()
    assert leg.pk not in reminders.overdue(week)
    assert leg.pk in reminders.overdue(after)
    world.move(leg, "complete", world.doctor, outcome="handed_on")
    assert leg.pk not in reminders.overdue(after)


# The data.


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("sbp", 180, "blood_pressure_high"),
        ("sbp", 179.9, ""),
        ("sbp", 90, ""),
        ("sbp", 89, "blood_pressure_low"),
        ("dbp", 110, "blood_pressure_high"),
        ("fpg", 16.7, "glucose_high"),
        ("fpg", 16.6, ""),
        ("ppg", 3.9, "glucose_low"),
        ("heart_rate", 100, ""),
        ("heart_rate", 101, "heart_fast"),
        ("spo2", 89, "oxygen_low"),
        ("temperature", 39, ""),
        ("temperature", 39.1, "fever"),
    ],
)
def test_the_bounds_of_signs(name: str, value: float, sign: str) -> None:
    shown = observations.signs_shown({name: {"value": value, "unit": ""}})
    assert shown == ({sign} if sign else set())


def test_data_and_codes_agree() -> None:
    signs = observations._data()["signs"]
    assert set(signs) <= set(SignCode)
    for rule in signs.values():
        assert rule["status"] in {"verified", "unverified"}
        named = {name for word in observations.COMPARED for name in rule.get(word, {})}
        assert named
        assert named <= set(observations.quantities())
