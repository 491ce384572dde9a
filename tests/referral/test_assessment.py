"""Assessments: kept with a draft, evaluated at submission, explained where the sender departs from them."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from audit.models import Event
from facilities.models import Capability
from patients.identity import age_on
from referral.criteria import loading
from referral.criteria.shapes import Book, Compare, Group
from referral.models import Assessment, Referral
from referral.states import Status, Urgency
from tests.api import Answer
from tests.criteria.cases import well
from tests.factories import Person, World, as_system
from tests.referral.expect import audited
from tests.referral.raw import insert, run, seen

HIGH = {"sbp": {"value": 180, "unit": "mmHg"}, "dbp": {"value": 100, "unit": "mmHg"}}
LOW = {"sbp": {"value": 130, "unit": "mmHg"}, "dbp": {"value": 80, "unit": "mmHg"}}
WELL = well("I10")
HEADACHE = {**HIGH, "severe_headache_vomiting": {"value": True}}
INFARCT = {
    "chest_pain_minutes": {"value": 20, "unit": "min"},
    "sweating": {"value": True},
    "st_elevation_leads": {"value": 2},
}
LATER = {"sbp": 190, "dbp": 120}
WHY: dict[str, Any] = {"override_reason": "clinical_judgement", "override_note": "患者拒绝急救车"}


def put(who: Person, leg: Referral, observations: Any, **words: Any) -> Answer:
    return who.api.put(
        f"/referrals/{leg.pk}/assessment/", {"observations": observations, "visit": "first"} | words
    )


def get(who: Person, leg: Referral) -> Answer:
    return who.api.get(f"/referrals/{leg.pk}/assessment/")


def submit(world: World, leg: Referral) -> Answer:
    return world.doctor.api.post(f"/referrals/{leg.pk}/submit/", {})


def kept(leg: Referral) -> Assessment:
    as_system()
    return Assessment.objects.get(referral=leg)


def outcome(answer: Answer, rule: str) -> str:
    [found] = [each for each in answer.body["results"] if each["rule"] == rule]
    return str(found["outcome"])


def test_the_sender_keeps_what_it_observed(world: World) -> None:
    draft = world.draft()
    answer = put(world.doctor, draft, HIGH)
    assert answer.status == 200, answer
    assert answer.body["observations"] == HIGH
    assert (answer.body["visit"], answer.body["assessed_by"]) == ("first", "张医生")
    assert answer.body["age"] == age_on(world.patient.birth_date, timezone.localdate())
    first = answer.body["results"][0]
    assert (first["rule"], first["outcome"], first["urgency"]) == ("HTN-I1", "met", "routine")
    assert first["source"]["document"] == "国家基层高血压防治管理指南"
    assert first["compared"][0] == {
        "variable": "sbp",
        "label": first["compared"][0]["label"],
        "minus": None,
        "operator": ">=",
        "threshold": 180,
        "unit": "mmHg",
        "standard": None,
        "holds": True,
    }
    assert answer.body["advice"]["met"] == ["HTN-I1"]
    assert audited(draft, "referral.assess", by=world.doctor) == 1


def test_a_second_one_replaces_the_first(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, HIGH, **WHY)
    answer = put(world.doctor, draft, LOW)
    assert outcome(answer, "HTN-I1") == "not-met"
    assert answer.body["override_reason"] is None
    assert Assessment.objects.filter(referral=draft).count() == 1


def test_who_reads_it_and_who_writes_it(world: World) -> None:
    draft = world.draft()
    for who in (world.office, world.manager, world.stranger, world.outsider, world.nurse):
        refused = put(who, draft, HIGH)
        assert refused.status in {403, 404}
        assert get(who, draft).status == 404
    put(world.doctor, draft, HIGH)
    assert get(world.office, draft).status == 404
    assert submit(world, draft).status == 200
    for who in (world.doctor, world.colleague, world.office, world.manager):
        assert get(who, draft).body["advice"]["met"] == ["HTN-I1"]
    for who in (world.stranger, world.outsider, world.nurse):
        assert (get(who, draft).status, get(who, draft).code) == (404, "not-found")
    refused = put(world.office, draft, LOW)
    assert (refused.status, refused.code) == (403, "not-sender")


def test_a_read_leaves_its_trace(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, HIGH)
    get(world.doctor, draft)
    assert Event.objects.filter(what="referral.assessment").count() == 1


def test_without_one_there_is_nothing_to_read(world: World) -> None:
    assert get(world.doctor, world.draft()).status == 404


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.INTERNAL_REVIEW, Status.CANCELLED])
def test_only_a_draft_is_assessed(world: World, status: Status) -> None:
    answer = put(world.doctor, world.at(status), HIGH)
    assert (answer.status, answer.code) == (409, "wrong-state")


def test_without_an_assessment_nothing_is_demanded(world: World) -> None:
    assert submit(world, world.draft()).status == 200


def test_what_follows_the_rules_goes(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, HIGH)
    assert submit(world, draft).status == 200
    row = kept(draft)
    assert (row.overrides, row.overridden, row.met) == ([], [], ["HTN-I1"])
    assert row.settled_at is not None


def test_when_nothing_could_be_evaluated_nothing_is_demanded(world: World) -> None:
    draft = world.draft(patient=world.make_patient(gender="2"))
    put(world.doctor, draft, {})
    assert submit(world, draft).status == 200
    assert (kept(draft).met, kept(draft).not_met) == ([], [])


def test_an_urgency_below_the_rules_needs_a_reason(world: World) -> None:
    draft = world.draft(urgency=Urgency.URGENT)
    put(world.doctor, draft, HEADACHE)
    assert submit(world, draft).code == "override-reason-required"
    put(world.doctor, draft, HEADACHE, **WHY)
    assert submit(world, draft).status == 200
    assert (kept(draft).overrides, kept(draft).overridden) == (["urgency"], ["HTN-E2"])


def test_an_urgency_as_the_rules_ask_needs_none(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY)
    put(world.doctor, draft, HEADACHE)
    assert submit(world, draft).body["status"] == "accepted"
    assert kept(draft).overrides == []


def test_a_capability_that_the_destination_lacks_needs_a_reason(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY)
    put(world.doctor, draft, INFARCT)
    assert submit(world, draft).code == "override-reason-required"
    as_system()
    Capability.objects.create(facility=world.hospital, code="pci", starts=timezone.localdate())
    assert submit(world, draft).status == 200
    assert kept(draft).overrides == []


def test_a_capability_that_ended_does_not_count(world: World) -> None:
    today = timezone.localdate()
    _ = world.alliance
    Capability.objects.create(
        facility=world.hospital, code="pci", starts=today.replace(year=2020), ends=today
    )
    draft = world.draft(urgency=Urgency.EMERGENCY)
    put(world.doctor, draft, INFARCT, **WHY)
    assert submit(world, draft).status == 200
    assert (kept(draft).overrides, kept(draft).overridden) == (["capability"], ["HTN-E5"])


def test_what_changed_after_the_assessment_counts_at_submission(world: World) -> None:
    """A draft that becomes one of another disease is judged by the rules of that one."""
    draft = world.draft()
    seen = {**well("J44.1"), **HIGH}
    put(world.doctor, draft, seen)
    world.doctor.api.patch(f"/referrals/{draft.pk}/", {"diagnosis_code": "J44.1"})
    assert submit(world, draft).code == "override-reason-required"
    put(world.doctor, draft, seen, **WHY)
    assert submit(world, draft).status == 200
    assert {name[:3] for name in kept(draft).not_met} <= {"COP", "GEN"}


def test_a_reviewer_cannot_pass_what_lacks_its_reason(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, WELL)
    world.move(draft, "request_review", world.doctor)
    answer = world.chief.api.post(f"/referrals/{draft.pk}/approve/", {})
    assert (answer.status, answer.code) == (422, "override-reason-required")


def test_with_the_filing_in_one_breath(world: World) -> None:
    body = world.body(submit=True, observations=HIGH, visit="first")
    answer = world.doctor.api.post("/referrals/", body)
    assert (answer.status, answer.body["status"]) == (201, "submitted")
    row = Assessment.objects.get(referral=answer.body["id"])
    assert (row.met, row.visit) == (["HTN-I1"], "first")


def test_a_filing_that_lacks_its_reason_leaves_nothing(world: World) -> None:
    body = world.body(submit=True, observations=WELL, visit="first")
    answer = world.doctor.api.post("/referrals/", body)
    assert (answer.status, answer.code) == (422, "override-reason-required")
    as_system()
    assert (Referral.objects.count(), Assessment.objects.count()) == (0, 0)
    answer = world.doctor.api.post("/referrals/", {**body, **WHY})
    assert answer.status == 201


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"observations": {"sbp": {"value": 180}}}, "observations.sbp"),
        ({"observations": {"sbp": {"value": 1800, "unit": "mmHg"}}}, "observations.sbp"),
        ({"observations": {"nonsense": {"value": True}}}, "observations.nonsense"),
        ({"observations": {"sbp": 180}}, "observations.sbp"),
        ({"observations": {"sbp": {"value": 180, "unit": "mmHg", "x": 1}}}, "observations.sbp"),
        ({"observations": []}, "observations"),
        ({"observations": LOW, "override_reason": "patient_choice"}, "override_note"),
        ({"observations": LOW, "override_note": "为什么"}, "override_reason"),
        ({"observations": LOW, "visit": "third"}, "visit"),
    ],
)
def test_what_is_wrong_is_named(world: World, words: dict[str, Any], field: str) -> None:
    draft = world.draft()
    answer = world.doctor.api.put(f"/referrals/{draft.pk}/assessment/", words)
    assert (answer.status, set(answer.body["errors"])) == (400, {field})
    answer = world.doctor.api.post("/referrals/", world.body(**words))
    assert (answer.status, set(answer.body["errors"])) == (400, {field})


def test_words_about_observations_need_them(world: World) -> None:
    for words in ({"visit": "first"}, WHY):
        answer = world.doctor.api.post("/referrals/", world.body(**words))
        assert (answer.status, set(answer.body["errors"])) == (400, set(words))
        answer = world.doctor.api.put(f"/referrals/{world.draft().pk}/assessment/", words)
        assert (answer.status, set(answer.body["errors"])) == (400, {"observations"})


def test_the_plain_submission_reads_no_assessment(world: World) -> None:
    with CaptureQueriesContext(connection) as captured:
        world.doctor.api.post("/referrals/", world.body(submit=True))
    assert not [one for one in captured if "referral_assessment" in one["sql"]]


def test_the_submission_of_a_draft_reads_one_row(world: World) -> None:
    draft = world.draft()
    with CaptureQueriesContext(connection) as captured:
        submit(world, draft)
    assert len([one for one in captured if "referral_assessment" in one["sql"]]) == 1


def test_an_old_referral_shows_the_rules_of_its_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later edition with another threshold changes what is evaluated, and nothing that was kept."""
    draft = world.draft()
    then = put(world.doctor, draft, HIGH)
    assert submit(world, draft).status == 200
    later = later_edition()
    monkeypatch.setattr(loading, "book", lambda: later)
    again = get(world.doctor, draft)
    assert again.body["results"] == then.body["results"]
    assert again.body["results"][0]["compared"][0]["threshold"] == 180
    new = put(world.doctor, world.draft(), HIGH)
    assert outcome(new, "HTN-I1") == "not-met"


def later_edition() -> Book:
    """Return the rules with HTN-I1 at 190/120 mmHg."""
    book = loading.book()
    parts = tuple(Compare(name, ">=", Fraction(least), "mmHg") for name, least in LATER.items())
    [old] = [each for each in book.rules if each.id == "HTN-I1"]
    new = replace(old, when=Group(needs_all=False, members=parts))
    return replace(book, rules=tuple(new if each is old else each for each in book.rules))


def test_an_observation_that_a_later_edition_forgot_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft of yesterday goes today, whatever the rules no longer know."""
    draft = world.draft()
    put(world.doctor, draft, {**HIGH, "pregnant": {"value": True}})
    book = loading.book()
    known = {name: each for name, each in book.variables.items() if name != "pregnant"}
    forgetful = replace(book, variables=known)
    monkeypatch.setattr(loading, "book", lambda: forgetful)
    assert submit(world, draft).status == 200
    assert kept(draft).met == ["HTN-I1"]


def test_nobody_changes_it_once_the_referral_went(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, HIGH)
    submit(world, draft)
    for actor in (world.doctor.actor, world.colleague.actor):
        scope.enter(actor)
        with pytest.raises(DatabaseError, match="stays as it was"):
            run("UPDATE referral_assessment SET visit = '' WHERE referral_id = %s", [draft.pk])
    scope.enter(world.office.actor)
    sql = "UPDATE referral_assessment SET visit = '' WHERE referral_id = %s"
    assert run(sql, [draft.pk]) == 0


def test_nobody_adds_one_afterwards_or_in_anothers_name(world: World) -> None:
    sent, draft = world.at(Status.SUBMITTED), world.draft()
    row = {
        "id": sent.pk,
        "assessed_at": timezone.now(),
        "rules_of": timezone.localdate(),
        "visit": "",
        "observations": "{}",
        "results": "[]",
        "met": "{}",
        "not_met": "{}",
        "overridden": "{}",
        "overrides": "{}",
        "override_reason": "",
        "override_note": "",
    }
    scope.enter(world.doctor.actor)
    with pytest.raises(DatabaseError, match="stays as it was"):
        insert("assessment", {**row, "referral_id": sent.pk, "facility_id": world.clinic.pk})
    scope.enter(world.stranger.actor)
    stranger = world.stranger.facility.pk
    for facility in (world.clinic.pk, stranger):
        scope.enter(world.stranger.actor)
        with pytest.raises(DatabaseError):
            insert("assessment", {**row, "referral_id": draft.pk, "facility_id": facility})
    scope.enter(world.doctor.actor)
    with pytest.raises(DatabaseError, match="assessment_override_explained"):
        insert(
            "assessment",
            {
                **row,
                "referral_id": draft.pk,
                "facility_id": world.clinic.pk,
                "overrides": "{urgency}",
            },
        )


def test_rows_are_hidden_from_everybody_else(world: World) -> None:
    draft = world.draft()
    put(world.doctor, draft, HIGH)
    for who, expected in (
        (world.doctor, 1),
        (world.office, 0),
        (world.manager, 0),
        (world.stranger, 0),
    ):
        scope.enter(who.actor)
        assert seen("assessment", "referral_id", draft.pk) == expected
    submit(world, draft)
    for who, expected in (
        (world.doctor, 1),
        (world.office, 1),
        (world.manager, 1),
        (world.stranger, 0),
        (world.outsider, 0),
        (world.nurse, 0),
    ):
        scope.enter(who.actor)
        assert seen("assessment", "referral_id", draft.pk) == expected
