"""Consent: who gives it and how, a refusal, an emergency's that follows, one that is taken back."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from accounts import scope
from accounts.actors import Actor
from audit.models import Event
from notifications.models import OutboxMessage
from patients import actions as patients
from patients import risks
from patients.models import Consent, Patient
from referral import actions, consents, tasks
from referral.models import ConsentAlert, Referral
from referral.states import Status, Urgency
from tests.api import Answer
from tests.factories import Person, World, as_system, reload
from tests.referral.expect import do, hidden_from, moved, refused

YES: dict[str, Any] = {"given": True, "method": "paper", "given_by": "self"}
NO = {**YES, "given": False}
VERBAL = {**YES, "method": "verbal_emergency", "witness": "王护士"}


def record(who: Person, patient: Patient, answer: dict[str, Any]) -> Answer:
    return who.api.post(f"/patients/{patient.pk}/consents/", {**answer, "purpose": "referral"})


def withdraw(world: World, leg: Referral) -> None:
    as_system()
    consent = Consent.objects.get(patient=leg.patient_id, purpose="referral")
    scope.enter(world.doctor.actor)
    patients.withdraw_consent(leg.patient_id, consent.pk, by=world.doctor.actor)
    as_system()


def listed(who: Person, path: str, **query: str) -> list[dict[str, Any]]:
    answer = who.api.get(f"/tasks/{path}/", query)
    assert answer.status == 200, answer
    return answer.results


# Who speaks, who heard it, what was told.


def test_a_consent_says_what_was_told_and_by_whom(world: World) -> None:
    body = {
        **YES,
        "given_by": "family",
        "relation": "spouse",
        "told_by": str(world.colleague.user.pk),
    }
    answer = record(world.doctor, world.patient, body)
    assert answer.status == 201, answer
    told = risks.current(timezone.localdate()).version
    assert (answer.body["relation"], answer.body["risks_version"]) == ("spouse", told)
    assert answer.body["told_by"]["id"] == str(world.colleague.user.pk)
    plain = record(world.doctor, world.patient, YES)
    assert (plain.body["relation"], plain.body["told_by"]["name"]) == ("", "张医生")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "verbal_emergency"}, "witness"),
        ({"relation": "spouse"}, "relation"),
        ({"given_by": "guardian"}, "guardian_name"),
        ({"risks_version": "1999"}, "risks_version"),
        ({"told_by": "0190a0a0-0000-7000-8000-000000000000"}, "told_by"),
    ],
)
def test_a_consent_that_is_none(world: World, changes: dict[str, Any], field: str) -> None:
    answer = record(world.doctor, world.patient, {**YES, **changes})
    assert (answer.status, answer.code) == (400, "invalid")
    assert field in answer.body["errors"]


def test_whoever_cannot_consent_needs_a_guardian(world: World) -> None:
    patient = world.patient
    assert record(world.doctor, patient, YES).status == 201
    marked = world.doctor.api.patch(f"/patients/{patient.pk}/", {"lacks_capacity": True})
    assert marked.body["lacks_capacity"] is True
    assert record(world.doctor, patient, YES).code == "guardian-consent-required"
    body = {**YES, "given_by": "guardian", "guardian_name": "王芳", "relation": "appointed"}
    assert record(world.doctor, patient, body).status == 201


def test_ones_own_word_has_no_relation_in_the_database_either(world: World) -> None:
    row = Consent.objects.filter(patient=world.patient)
    as_system()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(relation="spouse")


# Refused, and by word of mouth.


def test_a_refusal_is_another_thing_than_no_consent(world: World) -> None:
    draft = world.draft()
    record(world.doctor, world.patient, NO)
    refused(world.doctor, "submit", draft, 422, "consent-refused")
    withdraw_all(world)
    refused(world.doctor, "submit", draft, 422, "consent-refused")
    record(world.doctor, world.patient, YES)
    assert do(world.doctor, "submit", draft).status == 200


def withdraw_all(world: World) -> None:
    as_system()
    rows = Consent.objects.filter(patient=world.patient, purpose="referral", given=True)
    rows.update(withdrawn_at=timezone.now())


def test_a_word_of_mouth_carries_an_emergency_only(world: World) -> None:
    draft = world.draft()
    assert record(world.doctor, world.patient, VERBAL).status == 201
    refused(world.doctor, "submit", draft, 422, "consent-only-verbal")
    world.doctor.api.patch(f"/referrals/{draft.pk}/", {"urgency": "emergency"})
    assert do(world.doctor, "submit", draft).status == 200
    assert reload(draft).consent_id is not None
    assert listed(world.doctor, "consents") == []


# After an emergency.


def emergency(world: World) -> Referral:
    """Return an emergency that was sent against a refusal, the patient being unconscious now."""
    draft = world.draft(urgency=Urgency.EMERGENCY)
    world.refuse_referral(draft.patient)
    return world.move(draft, "submit", world.doctor)


def test_an_emergency_goes_and_its_consent_is_awaited(world: World) -> None:
    sent = emergency(world)
    assert (sent.status, sent.consent_id) == ("accepted", None)
    task = listed(world.doctor, "consents")[0]
    assert task["referral"]["id"] == str(sent.pk)
    assert task["overdue"] is False
    assert sent.submitted_at is not None
    assert task["due_at"] == (sent.submitted_at + timedelta(hours=24)).isoformat()
    for nobody in (world.office, world.stranger, world.nurse):
        assert listed(nobody, "consents") == []


@pytest.mark.parametrize("answer", [YES, NO])
def test_any_answer_ends_the_wait(world: World, answer: dict[str, Any]) -> None:
    sent = emergency(world)
    path = f"/referrals/{sent.pk}/consents/"
    assert world.doctor.api.post(path, answer).status == 201
    assert listed(world.doctor, "consents") == []


def test_one_recorded_with_the_patient_ends_it_too(world: World) -> None:
    sent = emergency(world)
    record(world.doctor, sent.patient, YES)
    assert listed(world.doctor, "consents") == []


def test_it_is_overdue_after_24_hours_to_the_second(world: World) -> None:
    sent = emergency(world)
    assert sent.submitted_at is not None
    end = sent.submitted_at + timedelta(hours=24)
    assert list(consents.overdue(end)) == []
    assert list(consents.overdue(end + timedelta(microseconds=1))) == [sent]
    past = timezone.now() - timedelta(hours=25)
    Consent.objects.filter(patient=sent.patient_id).update(recorded_at=past - timedelta(hours=1))
    Referral.objects.filter(pk=sent.pk).update(submitted_at=past)
    assert [row["overdue"] for row in listed(world.doctor, "consents", overdue="true")] == [True]
    world.move(sent, "void", world.doctor, note="误登记")
    assert list(consents.overdue(timezone.now())) == []


def test_a_scan_is_a_document_of_the_referral(world: World) -> None:
    sent = world.emergency()
    path = f"/referrals/{sent.pk}/consents/"
    answer = world.doctor.api.post(path, {**YES, "document": str(sent.pk)})
    assert (answer.status, answer.code) == (422, "document-elsewhere")
    file = scan()
    kept = world.doctor.api.upload(f"/referrals/{sent.pk}/attachments/", file).body["id"]
    answer = world.doctor.api.post(path, {**YES, "document": kept})
    assert (answer.status, answer.body["document"]) == (201, kept)


def scan() -> Any:
    """Return a small image as a browser uploads it."""
    content = BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, "PNG")
    return SimpleUploadedFile("签名.png", content.getvalue(), "image/png")


def test_only_the_sender_answers_for_the_patient(world: World) -> None:
    sent = emergency(world)
    refused(world.office, "consents", sent, 403, "not-sender", YES)
    refused(world.chief, "consents", sent, 403, "no-permission", YES)
    hidden_from(world.stranger, "consents", sent, YES)


# Taken back.


@pytest.mark.parametrize("how", ["withdrawn", "refused"])
def test_nobody_accepts_after_the_patient_took_it_back(world: World, how: str) -> None:
    sent = world.at(Status.RECEIVED)
    withdraw(world, sent) if how == "withdrawn" else world.refuse_referral(sent.patient)
    refused(world.office, "accept", sent, 409, "consent-withdrawn")
    shown = world.office.api.get(f"/referrals/{sent.pk}/").body
    assert "accept" not in shown["allowed_actions"]
    record(world.doctor, sent.patient, YES)
    moved(world.office, "accept", sent, told=[world.clinic])


def test_a_manager_still_finds_the_referral(world: World) -> None:
    sent = world.at(Status.RECEIVED)
    withdraw(world, sent)
    assert world.manager.api.get(f"/referrals/{sent.pk}/").status == 200


def test_both_ends_find_it_in_a_list(world: World) -> None:
    sent = world.at(Status.SCHEDULED)
    world.at(Status.RECEIVED)
    arrived = world.at(Status.ARRIVED)
    withdraw(world, sent)
    withdraw(world, arrived)
    for end in (world.doctor, world.office):
        assert [row["id"] for row in listed(end, "withdrawn-consents")] == [str(sent.pk)]
    assert listed(world.stranger, "withdrawn-consents") == []
    assert listed(world.manager, "withdrawn-consents") == []


def test_both_ends_are_told_once(world: World) -> None:
    sent = world.at(Status.RECEIVED)
    world.at(Status.RECEIVED)
    withdraw(world, sent)
    assert [tasks.tell_withdrawals(), tasks.tell_withdrawals()] == [1, 0]
    as_system()
    rows = OutboxMessage.objects.filter(subject=sent.pk, topic="referral.consent_withdrawn")
    assert sorted(row.recipient_id for row in rows) == sorted([world.clinic.pk, world.hospital.pk])
    assert set(rows[0].payload) <= {
        "referral_id",
        "episode_id",
        "state",
        "direction",
        "urgency",
        "version",
        "occurred_at",
    }
    assert Event.objects.filter(what="referral.consent_withdrawn").count() == 1
    scope.enter(world.stranger.actor)
    assert not ConsentAlert.objects.exists()


def test_an_error_over_one_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = world.at(Status.RECEIVED), world.at(Status.RECEIVED)
    for leg in (first, second):
        withdraw(world, leg)
    whole = actions.tell_withdrawal

    def stumbles(leg: UUID, *about: UUID, **words: Any) -> bool:
        if leg == first.pk:
            raise OverflowError("date value out of range")
        return whole(leg, *about, **words)

    monkeypatch.setattr(actions, "tell_withdrawal", stumbles)
    assert tasks.tell_withdrawals() == 1
    as_system()
    assert ConsentAlert.objects.get().referral_id == second.pk
    [line] = [row for row in caplog.records if row.levelname == "ERROR"]
    assert (line.verb, line.referral) == ("stumbles", str(first.pk))  # type: ignore[attr-defined]


def test_a_refusal_tells_too_and_a_new_yes_stops_it(world: World) -> None:
    sent = world.at(Status.RECEIVED)
    world.refuse_referral(sent.patient)
    with scope.transaction_as(Actor.system()):
        assert [pair[0] for pair in consents.untold(timezone.now(), limit=9)] == [sent.pk]
    record(world.doctor, sent.patient, YES)
    assert tasks.tell_withdrawals() == 0
