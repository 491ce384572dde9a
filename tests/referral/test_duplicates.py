"""A second referral of an illness that one is open for: refused, joined, replaced or sent with a reason."""

from typing import Any

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from accounts import scope
from patients import actions as patients
from patients.models import ConsentPurpose
from referral.models import Duplicate, Message, Referral, Transition
from referral.states import LIVE, Status, Urgency
from tests.api import Answer
from tests.factories import SLIP, Person, World, as_system, consented, reload
from tests.referral.expect import do, heard, history, refused

CODE = "duplicate-open-referral"
OVERRIDE = {"decision": "override", "reason": "专科要求另行会诊"}
NOTHING = {"id": None, "number": None, "state": None, "decisions": ["override"]}


def again(world: World, **changes: Any) -> Referral:
    """Return one more draft about the world's patient."""
    return world.draft(patient=world.patient, **changes)


def submit(who: Person, draft: Referral, decision: str = "", reason: str = "") -> Answer:
    said = {"decision": decision, **({"reason": reason} if reason else {})}
    return do(who, "submit", draft, {"duplicate": said} if decision else None)


def open_legs(world: World) -> int:
    as_system()
    return Referral.objects.filter(patient=world.patient, status__in=sorted(LIVE)).count()


@pytest.mark.parametrize("status", sorted(LIVE))
def test_an_open_one_is_named(world: World, status: Status) -> None:
    first = world.at(status)
    answer = refused(world.doctor, "submit", again(world), 409, CODE)
    about = answer.body["duplicate"]
    assert (about["id"], about["number"], about["state"]) == (str(first.pk), first.number, status)


@pytest.mark.parametrize(
    "status", [Status.DRAFT, Status.DECLINED, Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW]
)
def test_one_that_is_not_sent_or_has_ended_is_no_duplicate(world: World, status: Status) -> None:
    world.at(status)
    assert submit(world.doctor, again(world)).status == 200


@pytest.mark.parametrize(
    ("code", "words", "alike"),
    [
        ("I10.x00", "原发性高血压", True),
        ("i10", "", True),
        (" I10.9 ", "", True),
        ("I11", "高血压3级", False),
        ("E11.9", "高血压3级", False),
        ("", "高血压3级", False),
    ],
)
def test_the_same_illness_is_the_same_category(
    world: World, code: str, words: str, alike: bool
) -> None:
    world.at(Status.SUBMITTED)
    draft = again(world, diagnosis_code=code, diagnosis=words or "高血压")
    assert submit(world.doctor, draft).status == (409 if alike else 200)


def test_without_codes_the_words_are_compared(world: World) -> None:
    world.at(Status.SUBMITTED, diagnosis_code="", diagnosis="Chest pain ")
    same = again(world, diagnosis_code="", diagnosis="chest pain")
    other = again(world, diagnosis_code="", diagnosis="chest pain since Monday")
    assert submit(world.doctor, same).code == CODE
    assert submit(world.doctor, other).status == 200


def test_another_patient_is_another_matter(world: World) -> None:
    world.at(Status.SUBMITTED)
    assert submit(world.doctor, world.draft()).status == 200


def test_up_and_down_do_not_stand_in_each_others_way(world: World) -> None:
    assert world.returning(Status.SUBMITTED).status == Status.SUBMITTED


def test_the_next_leg_of_the_same_journey_is_no_duplicate(world: World) -> None:
    up = world.at(Status.ARRIVED)
    world.lead.tier  # noqa: B018 - the hospital above
    world.alliance.allows_lateral = True
    world.alliance.save(update_fields=["allows_lateral"])
    body = {**SLIP, "patient": up.patient_id, "to_facility": world.second.pk, "submit": True}
    answer = world.office.api.post("/referrals/", {**body, "previous": up.pk})
    assert answer.status == 201, answer


def test_a_merged_record_is_the_same_person(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    other = world.make_patient()
    draft = world.draft(patient=other)
    scope.enter(world.doctor.actor)
    patients.merge(first.patient_id, other.pk, by=world.doctor.actor)
    refused(world.doctor, "submit", draft, 409, CODE)


def test_it_holds_up_a_filing_at_once_too(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    answer = world.doctor.api.post("/referrals/", world.body(submit=True))
    assert (answer.status, answer.code) == (409, CODE)
    assert answer.body["duplicate"]["id"] == str(first.pk)
    body = world.body(submit=True, duplicate=OVERRIDE)
    assert world.doctor.api.post("/referrals/", body).status == 201
    assert open_legs(world) == 2


def test_it_holds_up_a_reviewer_who_decides_as_well(world: World) -> None:
    world.at(Status.SUBMITTED)
    draft = again(world)
    world.move(draft, "request_review", world.doctor)
    refused(world.chief, "approve", draft, 409, CODE)
    answer = do(world.chief, "approve", draft, {"duplicate": OVERRIDE})
    assert (answer.status, answer.body["status"]) == (200, "submitted")


# Sent beside the first one.


def test_sent_with_a_reason_that_is_kept(world: World) -> None:
    first, draft = world.at(Status.SUBMITTED), again(world)
    answer = submit(world.doctor, draft, **OVERRIDE)
    assert (answer.status, answer.body["status"]) == (200, "submitted")
    as_system()
    kept = Duplicate.objects.get(referral=draft)
    assert (kept.other_id, kept.decision, kept.reason) == (first.pk, "override", OVERRIDE["reason"])
    assert (kept.facility_id, kept.decided_by_id) == (world.clinic.pk, world.doctor.user.pk)
    assert Transition.objects.get(referral=draft, verb="submit").note == OVERRIDE["reason"]


@pytest.mark.parametrize("said", [{"decision": "override"}, {"decision": "both"}, {}, "join"])
def test_a_decision_that_is_none(world: World, said: Any) -> None:
    world.at(Status.SUBMITTED)
    refused(world.doctor, "submit", again(world), 400, "invalid", {"duplicate": said})


def test_an_emergency_is_never_held_up(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    draft = again(world, urgency=Urgency.EMERGENCY)
    answer = submit(world.doctor, draft)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    as_system()
    kept = Duplicate.objects.get(referral=draft)
    assert (kept.other_id, kept.decision, kept.reason) == (first.pk, "override", "emergency")


def test_nothing_is_kept_where_nothing_was_open(world: World) -> None:
    assert submit(world.doctor, world.draft(), **OVERRIDE).status == 200
    as_system()
    assert not Duplicate.objects.exists()


# Added to the first one.


def test_joined(world: World) -> None:
    first = world.at(Status.RECEIVED)
    draft = again(world, results="血钾 2.9 mmol/L")
    answer = submit(world.doctor, draft, "join")
    assert (answer.status, answer.body["id"]) == (200, str(first.pk))
    assert answer.body["status"] == "received"
    given_up = reload(draft)
    assert (given_up.status, given_up.cancel_reason) == ("cancelled", "duplicate")
    assert given_up.submitted_at is None
    assert history(given_up) == ["create", "cancel"]
    as_system()
    message = Message.objects.get(referral=first)
    assert "血钾 2.9 mmol/L" in message.text
    assert "高血压3级" in message.text
    assert heard(first, "referral.message") == {world.hospital.pk}
    assert Duplicate.objects.get(referral=draft).decision == "join"
    assert open_legs(world) == 1


def test_joined_while_filing(world: World) -> None:
    first = world.at(Status.RECEIVED)
    body = world.body(submit=True, results="肌钙蛋白阴性", duplicate={"decision": "join"})
    answer = world.doctor.api.post("/referrals/", body)
    assert (answer.status, answer.body["id"]) == (200, str(first.pk))
    as_system()
    assert "肌钙蛋白阴性" in Message.objects.get(referral=first).text
    assert open_legs(world) == 1


def test_nothing_open_to_join(world: World) -> None:
    refused(
        world.doctor,
        "submit",
        world.draft(),
        409,
        "no-open-referral",
        {"duplicate": {"decision": "join"}},
    )


# In place of the first one.


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED, Status.SCHEDULED])
def test_replaced(world: World, status: Status) -> None:
    first = world.at(status)
    draft = again(world, to_facility_id=world.second.pk)
    answer = submit(world.doctor, draft, "replace", "改转另一家医院")
    assert (answer.status, answer.body["id"]) == (200, str(draft.pk))
    gone = reload(first)
    assert (gone.status, gone.cancel_reason) == ("cancelled", "duplicate")
    assert heard(first, "referral.cancelled") == {world.hospital.pk}
    assert heard(draft, "referral.submitted") == {world.second.pk}
    assert open_legs(world) == 1


def test_not_replaced_once_the_patient_has_arrived(world: World) -> None:
    world.at(Status.ARRIVED)
    draft = again(world)
    body = {"duplicate": {"decision": "replace"}}
    refused(world.doctor, "submit", draft, 422, "duplicate-not-replaceable", body)
    assert refused(world.doctor, "submit", draft, 409, CODE).body["duplicate"]["decisions"] == [
        "join",
        "override",
    ]


def test_two_open_ones_are_taken_back_together(world: World) -> None:
    first, second = world.at(Status.SUBMITTED), again(world)
    submit(world.doctor, second, **OVERRIDE)
    assert submit(world.doctor, again(world), "replace").status == 200
    assert {reload(first).status, reload(second).status} == {"cancelled"}
    assert open_legs(world) == 1


# Another clinic's: there is one, and nothing more.


def shared(world: World) -> tuple[Person, Referral]:
    """Return the second clinic's doctor with a draft about a patient whom the first one has referred."""
    first = world.at(Status.SUBMITTED)
    nurse = world.nurse
    as_system()
    patients.grant_access(
        first.patient_id,
        nurse.facility.pk,
        purpose="referral",
        reference=first.pk,
        starts=first.created_at,
        by=nurse.actor.system(),
    )
    scope.enter(nurse.actor)
    patients.record_consent(first.patient_id, consented(ConsentPurpose.REFERRAL), by=nurse.actor)
    as_system()
    body = {**SLIP, "patient": first.patient_id, "to_facility": world.second.pk}
    answer = nurse.api.post("/referrals/", body)
    assert answer.status == 201, answer
    as_system()
    return nurse, Referral.objects.get(pk=answer.body["id"])


def test_of_a_strangers_referral_only_its_existence_is_told(world: World) -> None:
    nurse, draft = shared(world)
    assert refused(nurse, "submit", draft, 409, CODE).body["duplicate"] == NOTHING


@pytest.mark.parametrize("decision", ["join", "replace"])
def test_a_strangers_referral_is_neither_joined_nor_replaced(world: World, decision: str) -> None:
    nurse, draft = shared(world)
    ending = {"join": "joinable", "replace": "replaceable"}[decision]
    body = {"duplicate": {"decision": decision}}
    answer = refused(nurse, "submit", draft, 422, f"duplicate-not-{ending}", body)
    assert "duplicate" not in answer.body


def test_beside_a_strangers_referral_a_second_one_is_sent_with_a_reason(world: World) -> None:
    nurse, draft = shared(world)
    assert submit(nurse, draft, **OVERRIDE).status == 200
    as_system()
    assert Duplicate.objects.get(referral=draft).other_id is None


# The database's own lines.


def _asked(world: World, person: Person | None) -> list[Any]:
    if person:
        scope.enter(person.actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM referral_alike(%s, 'I10', 'up', gen_random_uuid())", [world.patient.pk]
        )
        return list(cursor.fetchall())


def test_whoever_does_not_see_the_patient_learns_nothing(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    assert [row[0] for row in _asked(world, world.doctor)] == [first.pk]
    for nobody in (world.stranger, world.manager):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            _asked(world, nobody)


def test_a_decision_is_read_with_its_referral_and_never_changed(world: World) -> None:
    world.at(Status.SUBMITTED)
    draft = again(world)
    submit(world.doctor, draft, **OVERRIDE)
    for person, rows in ((world.doctor, 1), (world.office, 1), (world.stranger, 0)):
        scope.enter(person.actor)
        assert Duplicate.objects.filter(referral=draft).count() == rows
        assert Duplicate.objects.filter(referral=draft).update(reason="x") == 0


def test_an_override_without_reason_is_no_row(world: World) -> None:
    first, second = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duplicate.objects.create(
            referral=first,
            other=second,
            facility=world.clinic,
            decision="override",
            at=first.created_at,
        )
