"""Create: a doctor files a referral as a draft, or sends it in the same breath."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Role
from referral.models import Referral
from referral.states import Status
from tests.api import Answer
from tests.facilities.factories import make_department
from tests.factories import Person, World, as_system, consented, make_person, new_key
from tests.referral.expect import audited, grant_of, heard, history, snapshot
from tests.referral.plans import medicine


def file(who: Person, body: dict[str, Any], **headers: Any) -> Answer:
    return who.api.post("/referrals/", body, **headers)


def not_filed(who: Person, body: dict[str, Any], status: int, code: str) -> Answer:
    before = snapshot()
    answer = file(who, body)
    assert (answer.status, answer.code) == (status, code), answer
    assert snapshot() == before
    return answer


def made(answer: Answer) -> Referral:
    assert answer.status == 201, answer
    as_system()
    return Referral.objects.select_related("episode").get(pk=answer.body["id"])


def test_a_draft(world: World) -> None:
    answer = file(world.doctor, world.body())
    referral = made(answer)
    assert answer.headers["Location"] == f"/api/v1/referrals/{referral.pk}/"
    assert answer.headers["ETag"] == '"1"'
    assert (referral.status, referral.version, referral.direction) == ("draft", 1, "")
    assert referral.submitted_at is None
    assert referral.from_facility_id == referral.origin_id == world.clinic.pk
    assert referral.filed_by_id == world.doctor.user.pk
    assert (referral.episode.open_legs, referral.episode.closed_at) == (1, None)
    assert referral.episode.patient_id == world.patient.pk
    assert history(referral) == ["create"]
    assert audited(referral, "referral.create", by=world.doctor) == 1
    assert grant_of(referral, world.hospital) is None
    assert heard(referral, "referral.submitted") == set()


def test_almost_nothing_is_needed_for_a_draft(world: World) -> None:
    referral = made(file(world.doctor, {"patient": str(world.patient.pk)}))
    assert (referral.to_facility_id, referral.diagnosis, referral.urgency) == (None, "", 2)


def test_submitted_at_once(world: World) -> None:
    answer = file(world.doctor, world.body(submit=True))
    referral = made(answer)
    assert (referral.status, referral.version, referral.direction) == ("submitted", 2, "up")
    assert answer.headers["ETag"] == '"2"'
    assert history(referral) == ["create", "submit"]
    assert heard(referral, "referral.submitted") == {world.hospital.pk}
    assert audited(referral, "referral.submit", by=world.doctor) == 1
    assert grant_of(referral, world.hospital) is not None
    assert referral.consent_id is not None


def test_an_emergency_at_once(world: World) -> None:
    referral = made(file(world.doctor, world.body(submit=True, urgency="emergency")))
    assert (referral.status, referral.version) == ("accepted", 3)
    assert history(referral) == ["create", "submit", "accept"]
    assert heard(referral, "referral.accepted") == {world.hospital.pk}


def test_a_number_to_read_out(world: World) -> None:
    numbers = {made(file(world.doctor, world.body())).number for _each in range(3)}
    assert len(numbers) == 3
    for number in numbers:
        assert re.fullmatch(rf"ZZ{timezone.localdate():%Y%m%d}-[2-9A-HJ-NP-Z]{{8}}", number)


def test_everything_of_the_slip(world: World) -> None:
    ward = make_department(world.hospital)
    texts = {
        "past_history": "糖尿病10年",
        "allergies": "青霉素",
        "treatment": "氨氯地平5mg",
        "results": "心电图: ST段压低",
        "rehabilitation": "适度步行",
        "inpatient_no": "ZY0001",
        "contact_phone": "021-58888888",
        "setting": "inpatient",
        "urgency": "urgent",
    }
    answer = file(world.doctor, world.body(to_department=str(ward.pk), **texts))
    referral = made(answer)
    assert referral.to_department_id == ward.pk
    for name, value in texts.items():
        assert answer.body[name] == value


def test_words_are_kept_as_they_are(world: World) -> None:
    odd = "<b>疼痛</b> & 'x'; DROP TABLE -- 😀\n第二行"
    answer = file(world.doctor, world.body(reason=f"  {odd}  "))
    assert answer.body["reason"] == odd


def test_a_patient_of_others_is_not_there(world: World) -> None:
    hidden = world.make_patient(at=world.stranger, consent=consented())
    theirs = not_filed(world.doctor, world.body(patient=hidden.pk), 422, "patient-not-found")
    nobody = not_filed(world.doctor, world.body(patient=uuid7()), 422, "patient-not-found")
    assert theirs.content == nobody.content
    assert set(theirs.body["errors"]) == {"patient"}


def test_the_dead_are_not_referred(world: World) -> None:
    as_system()
    world.patient.deceased = True
    world.patient.save(update_fields=["deceased"])
    answer = file(world.doctor, world.body(submit=True))
    assert (answer.status, answer.code) == (422, "patient-deceased")


@pytest.mark.parametrize("name", ["to_facility", "to_department"])
def test_a_draft_names_only_places_there_are(world: World, name: str) -> None:
    answer = not_filed(world.doctor, world.body(**{name: str(uuid7())}), 422, "unknown-place")
    assert set(answer.body["errors"]) == {name}


def test_a_department_of_another_facility(world: World) -> None:
    ward = make_department(world.second)
    answer = not_filed(world.doctor, world.body(to_department=str(ward.pk)), 422, "unknown-place")
    assert set(answer.body["errors"]) == {"to_department"}


def test_to_oneself(world: World) -> None:
    here = {"to_facility": str(world.clinic.pk)}
    not_filed(world.doctor, world.body(**here), 422, "unknown-place")
    not_filed(world.doctor, world.body(submit=True, **here), 422, "unknown-place")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to_facility": "outside"}, "no-common-alliance"),
        ({"to_facility": "centre"}, "not-a-treating-destination"),
        ({"to_facility": "sister"}, "lateral-not-allowed"),
        ({"to_facility": None}, "incomplete"),
        ({"reason": ""}, "incomplete"),
        ({"diagnosis": " "}, "incomplete"),
    ],
)
def test_what_cannot_be_sent_is_not_even_filed(
    world: World, changes: dict[str, Any], code: str
) -> None:
    place = changes.get("to_facility")
    given = {**changes, "to_facility": getattr(world, place).pk} if place else changes
    not_filed(world.doctor, world.body(submit=True, **given), 422, code)


def test_consent_is_asked_at_once(world: World) -> None:
    world.refuse_referral(world.patient)
    not_filed(world.doctor, world.body(submit=True), 422, "consent-refused")
    assert made(file(world.doctor, world.body())).status == Status.DRAFT


def test_where_review_is_required(world: World) -> None:
    world.clinic.requires_internal_review = True
    world.clinic.save(update_fields=["requires_internal_review"])
    not_filed(world.doctor, world.body(submit=True), 409, "review-required")


BAD_FIELDS: tuple[tuple[str, Any], ...] = (
    ("patient", None),
    ("patient", "me"),
    ("to_facility", "5"),
    ("urgency", "now"),
    ("urgency", 0),
    ("setting", "home"),
    ("reason_code", "because"),
    ("diagnosis", 5),
    ("diagnosis", ["a"]),
    ("diagnosis", {"a": "b"}),
    ("diagnosis", None),
    ("diagnosis", "长" * 4001),
    ("diagnosis_code", "I" * 21),
    ("reason", "\x07"),
    ("submit", "perhaps"),
    ("status", "accepted"),
    ("from_facility", "x"),
    ("version", 7),
    ("episode", "x"),
    ("direction", "up"),
    ("filed_by", "x"),
)


def test_a_bad_field_is_named(world: World) -> None:
    body = world.body()
    for field, value in BAD_FIELDS:
        answer = not_filed(world.doctor, {**body, field: value}, 400, "invalid")
        assert set(answer.body["errors"]) == {field}, (field, value)


def test_who_may_not_file(world: World) -> None:
    body = world.body()
    for who in (world.chief, world.manager, world.auditor):
        not_filed(who, body, 403, "no-permission")
    assert world.anonymous.post("/referrals/", body).status == 401


def test_a_partner_system_files_too(world: World) -> None:
    partner = make_person(world.clinic, Role.INTEGRATOR)
    assert made(file(partner, world.body(submit=True))).status == Status.SUBMITTED


def test_repeated_with_the_same_key(world: World) -> None:
    key, body = new_key(), world.body(submit=True)
    first = file(world.doctor, body, key=key)
    left = snapshot()
    again = file(world.doctor, body, key=key)
    assert (again.status, again.content) == (201, first.content)
    for name in ("ETag", "Location"):
        assert again.headers[name] == first.headers[name]
    assert snapshot() == left
    other = file(world.doctor, {**body, "diagnosis": "另一诊断"}, key=key)
    assert (other.status, other.code) == (422, "idempotency-key-reused")
    assert snapshot() == left


def test_a_refused_key_may_be_used_again(world: World) -> None:
    key = new_key()
    bad = file(world.doctor, world.body(submit=True, reason=""), key=key)
    assert bad.status == 422
    assert file(world.doctor, world.body(submit=True), key=key).status == 201


def test_keys_belong_to_a_person(world: World) -> None:
    key, body = new_key(), world.body()
    ours, theirs = file(world.doctor, body, key=key), file(world.colleague, body, key=key)
    assert ours.body["id"] != theirs.body["id"]


def onward(world: World, previous: Referral, **changes: Any) -> dict[str, Any]:
    return world.body(to_facility=world.second.pk, previous=str(previous.pk), **changes)


def lateral(world: World) -> None:
    _ = world.alliance
    world.alliance.allows_lateral = True
    world.alliance.save(update_fields=["allows_lateral"])


def test_a_hospital_refers_onward_in_the_same_episode(world: World) -> None:
    lateral(world)
    arrived = world.at(Status.ARRIVED)
    leg = made(file(world.office, onward(world, arrived, submit=True)))
    assert (leg.episode_id, leg.previous_id) == (arrived.episode_id, arrived.pk)
    assert leg.origin_id == world.clinic.pk
    assert (leg.from_facility_id, leg.direction) == (world.hospital.pk, "lateral")
    assert leg.episode.open_legs == 2
    assert leg.consent_id == arrived.consent_id
    assert heard(leg, "referral.submitted") == {world.second.pk, world.clinic.pk}
    again = file(world.office, onward(world, arrived))
    assert (again.status, again.code) == (409, "leg-follows")


def test_onward_only_by_whom_the_patient_is_with(world: World) -> None:
    lateral(world)
    arrived = world.at(Status.ARRIVED)
    not_filed(world.doctor, onward(world, arrived), 403, "not-receiver")
    accepted = world.at(Status.ACCEPTED)
    not_filed(world.office, onward(world, accepted), 409, "wrong-state")
    hidden = world.draft()
    answer = not_filed(world.office, onward(world, hidden), 422, "unknown-previous")
    assert set(answer.body["errors"]) == {"previous"}
    other = world.make_patient(at=world.office)
    not_filed(world.office, onward(world, arrived, patient=other.pk), 422, "another-patient")


def test_a_post_that_begins_tomorrow_files_nothing(world: World) -> None:
    late = make_person(world.clinic, Role.CLINIC_DOCTOR)
    late.user.posts.update(starts=timezone.localdate() + timedelta(days=1))
    not_filed(late, world.body(), 403, "no-permission")


@pytest.mark.parametrize("extra", [{}, {"medicines": [medicine(14)]}])
def test_a_way_back_that_is_filed_and_sent_is_the_report_on_the_leg_above(
    world: World, extra: dict[str, Any]
) -> None:
    arrived = world.at(Status.ARRIVED)
    way = {"to_facility": world.clinic.pk, "reason_code": "stable_continue", **extra}
    body = world.body(previous=str(arrived.pk), submit=True, **way)
    leg = made(file(world.office, body))
    assert (leg.status, leg.direction) == ("submitted", "down")
    clock = world.doctor.api.get(f"/referrals/{arrived.pk}/clock/").body
    assert (clock["stage"], clock["due_at"]) == (None, None)
