"""Advice before a referral: asked, answered, made a referral of, or closed as avoided."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from audit.models import Event
from notifications.models import OutboxMessage
from patients import actions as patients
from patients.models import AccessGrant, Consent, ConsentPurpose
from referral import tasks
from referral.models import AdviceRequest, Referral
from tests.api import Answer
from tests.factories import Person, World, as_system, consented, new_key
from tests.referral.expect import snapshot

QUESTION = "血压控制不佳，需要上转吗？"
ANSWER = "可加用利尿剂，两周后复查，暂不需上转。"
TABLES = ("referral_advicerequest", "patients_accessgrant", "notifications_outboxmessage")


def ask(world: World, who: Person | None = None, **changes: Any) -> Answer:
    _ = world.alliance
    body = {
        "patient": world.patient.pk,
        "to_facility": world.hospital.pk,
        "diagnosis": "高血压3级",
        "question": QUESTION,
        **changes,
    }
    return (who or world.doctor).api.post("/advice/", body)


def asked(world: World) -> str:
    answer = ask(world)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def answered(world: World) -> str:
    advice = asked(world)
    assert do(world.office, advice, "answer", answer=ANSWER).status == 200
    return advice


def do(who: Person, advice: str, verb: str, **body: Any) -> Answer:
    return who.api.post(f"/advice/{advice}/{verb}/", body)


def sees_patient(who: Person, world: World) -> bool:
    return who.api.get(f"/patients/{world.patient.pk}/").status == 200


def told(topic: str) -> list[Any]:
    as_system()
    return list(OutboxMessage.objects.filter(topic=topic).values_list("recipient_id", flat=True))


def test_a_question_reaches_the_hospital_with_the_patient(world: World) -> None:
    answer = ask(world)
    assert answer.status == 201, answer
    made = answer.body
    assert (made["state"], made["question"], made["asked_by"]) == ("asked", QUESTION, "张医生")
    assert made["allowed_actions"] == ["convert", "withdraw"]
    assert answer.headers["Location"] == f"/api/v1/advice/{made['id']}/"
    assert told("advice.asked") == [world.hospital.pk]
    assert Event.objects.filter(
        what="advice.asked", patient_ids__contains=[world.patient.pk]
    ).exists()
    seen = world.office.api.get(f"/advice/{made['id']}/").body
    assert seen["patient"]["name"] == "欧阳**"
    assert seen["allowed_actions"] == ["answer"]
    assert sees_patient(world.office, world)
    assert world.office.api.get("/advice/", {"box": "inbox"}).results == [seen]
    assert world.office.api.get("/advice/", {"box": "sent"}).results == []
    assert world.doctor.api.get("/advice/", {"box": "sent", "state": "asked"}).results == [made]


def test_what_is_told_holds_no_word_of_it(world: World) -> None:
    asked(world)
    as_system()
    payload = OutboxMessage.objects.get(topic="advice.asked").payload
    assert set(payload) == {"advice_id", "state", "occurred_at"}


def test_the_answer_comes_back_and_is_given_once(world: World) -> None:
    advice = asked(world)
    answer = do(world.office, advice, "answer", answer=ANSWER)
    assert (answer.status, answer.body["state"], answer.body["answer"]) == (200, "answered", ANSWER)
    assert answer.body["answered_by"] == "李主任"
    assert told("advice.answered") == [world.clinic.pk]
    again = do(world.office, advice, "answer", answer="另一个")
    assert (again.status, again.code) == (409, "wrong-advice-state")


def test_avoided_the_patient_stays_and_the_hospital_sees_him_no_more(world: World) -> None:
    advice = answered(world)
    assert sees_patient(world.office, world)
    answer = do(world.doctor, advice, "avoid", note="按建议调整用药")
    assert (answer.status, answer.body["state"], answer.body["note"]) == (
        200,
        "avoided",
        "按建议调整用药",
    )
    assert not sees_patient(world.office, world)
    left = world.office.api.get(f"/advice/{advice}/").body
    assert (left["answer"], left["patient"]) == (ANSWER, None)
    as_system()
    assert not Referral.objects.filter(patient=world.patient).exists()


def test_converted_it_is_a_draft_with_what_was_written(world: World) -> None:
    advice = answered(world)
    answer = do(world.doctor, advice, "convert", reason_code="needs_examination", urgency="urgent")
    assert (answer.status, answer.body["state"]) == (200, "converted"), answer
    draft = world.doctor.api.get(f"/referrals/{answer.body['referral']}/").body
    assert (draft["status"], draft["urgency"]) == ("draft", "urgent")
    assert draft["to_facility"]["id"] == str(world.hospital.pk)
    assert (draft["diagnosis"], draft["reason"]) == ("高血压3级", QUESTION)
    assert ANSWER in draft["treatment"]
    assert not sees_patient(world.office, world)
    assert world.office.api.get(f"/advice/{advice}/").body["referral"] is None
    sent = world.doctor.api.post(f"/referrals/{answer.body['referral']}/submit/")
    assert sent.status == 200, sent
    assert sees_patient(world.office, world)


def test_it_becomes_a_referral_also_before_the_answer(world: World) -> None:
    answer = do(world.doctor, asked(world), "convert")
    assert (answer.status, answer.body["state"]) == (200, "converted")
    draft = world.doctor.api.get(f"/referrals/{answer.body['referral']}/").body
    assert draft["treatment"] == ""


def test_withdrawn_before_the_answer_only(world: World) -> None:
    advice = asked(world)
    assert do(world.doctor, advice, "withdraw").body["state"] == "withdrawn"
    assert not sees_patient(world.office, world)
    assert do(world.doctor, answered(world), "withdraw").code == "wrong-advice-state"


@pytest.mark.parametrize("verb", ["answer", "convert", "avoid", "withdraw"])
def test_an_end_is_an_end(world: World, verb: str) -> None:
    advice = answered(world)
    do(world.doctor, advice, "avoid")
    who, body = (world.office, {"answer": "x"}) if verb == "answer" else (world.doctor, {})
    before = snapshot(*TABLES)
    answer = do(who, advice, verb, **body)
    assert (answer.status, answer.code) == (409, "wrong-advice-state")
    assert snapshot(*TABLES) == before


def test_who_may_do_what(world: World) -> None:
    advice = asked(world)
    assert do(world.doctor, advice, "answer", answer="x").code == "not-receiver"
    assert do(world.office, advice, "convert").code == "not-sender"
    assert do(world.office, advice, "avoid").code == "not-sender"
    assert do(world.chief, advice, "withdraw").code == "role-lacks-right"
    shown = world.chief.api.get(f"/advice/{advice}/")
    assert (shown.status, shown.body["patient"]) == (200, None)
    for who in (world.stranger, world.manager, world.second_office):
        theirs = who.api.get(f"/advice/{advice}/")
        assert (theirs.status, theirs.content) == (
            404,
            who.api.get(f"/advice/{uuid7()}/").content,
        )
        assert do(who, advice, "withdraw").status == 404
        assert who.api.get("/advice/").results == []


def test_consent_to_a_referral_or_to_sharing_is_needed(world: World) -> None:
    world.refuse_referral(world.patient)
    before = snapshot(*TABLES)
    answer = ask(world)
    assert (answer.status, answer.code) == (422, "sharing-consent-required")
    assert snapshot(*TABLES) == before
    said = {"given": True, "method": "paper", "given_by": "self", "purpose": "data_sharing"}
    path = f"/patients/{world.patient.pk}/consents/"
    assert world.doctor.api.post(path, said).status == 201
    assert ask(world).status == 201
    assert world.doctor.api.post(path, {**said, "given": False}).status == 201
    assert ask(world).code == "sharing-consent-required"


def test_where_may_be_asked(world: World) -> None:
    _ = world.centre
    for place, code in (
        (world.stranger_clinic.pk, "no-common-alliance"),
        (world.centre.pk, "not-a-treating-destination"),
        (world.clinic.pk, "unknown-destination"),
        (uuid7(), "unknown-destination"),
    ):
        answer = ask(world, to_facility=place)
        assert (answer.status, answer.code) == (422, code)
    assert ask(world, to_facility=world.sister.pk).status == 201
    assert ask(world, world.stranger, to_facility=world.hospital.pk).code == "patient-not-found"


def test_whoever_was_asked_cannot_send_the_patient_on(world: World) -> None:
    """Access for advice carries nobody's consent to a referral."""
    asked(world)
    body = world.body(to_facility=world.sister.pk, submit=True)
    answer = world.office.api.post("/referrals/", body)
    assert (answer.status, answer.code) == (422, "consent-required")


def test_access_ends_by_itself_if_nobody_closes_it(world: World) -> None:
    advice = asked(world)
    as_system()
    grant = AccessGrant.objects.get(reference=advice)
    assert (grant.purpose, grant.facility_id) == ("consultation", world.hospital.pk)
    assert grant.ends is not None
    assert timedelta(days=29) < grant.ends - timezone.now() <= timedelta(days=30)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert do(world.doctor, advice, "withdraw").status == 200


def test_bad_forms(world: World) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"question": " "},
        {"question": "长" * 4001},
        {"state": "answered"},
    )
    for changes in wrong:
        assert ask(world, **changes).status == 400
    advice = asked(world)
    bodies: tuple[dict[str, Any], ...] = ({}, {"answer": ""}, {"answer": "x", "state": "avoided"})
    for body in bodies:
        assert do(world.office, advice, "answer", **body).status == 400


def test_repeated_with_the_same_key(world: World) -> None:
    _ = world.alliance
    body = {
        "patient": world.patient.pk,
        "to_facility": world.hospital.pk,
        "question": QUESTION,
    }
    key = new_key()
    first = world.doctor.api.post("/advice/", body, key=key)
    again = world.doctor.api.post("/advice/", body, key=key)
    assert (again.status, again.content) == (201, first.content)
    as_system()
    assert AdviceRequest.objects.count() == 1


def _bare(advice: str, change: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE referral_advicerequest SET {change} WHERE id = %s", [advice])
        if cursor.rowcount == 0:
            raise IntegrityError("not seen")


def test_the_database_holds_the_same_rules(world: World) -> None:
    advice = asked(world)
    for who, change in (
        (world.doctor, "state = 'answered', answer = 'x', answered_at = now()"),
        (world.office, "state = 'withdrawn', ended_at = now()"),
        (world.doctor, "state = 'avoided', ended_at = now()"),
        (world.doctor, "question = 'other'"),
        (world.office, "state = 'answered', answer = 'x', answered_at = now(), question = 'other'"),
        (world.office, "state = 'answered', answer = '', answered_at = now()"),
        (world.doctor, "state = 'converted', ended_at = now()"),
        (world.stranger, "state = 'answered', answer = 'x', answered_at = now()"),
    ):
        scope.enter(who.actor)
        with pytest.raises(IntegrityError):
            _bare(advice, change)
    for who in (world.stranger, world.manager):
        scope.enter(who.actor)
        assert not AdviceRequest.objects.exists()


def test_consent_is_asked_of_the_clinic_that_asks(world: World) -> None:
    person = world.make_patient(consent=consented(ConsentPurpose.REGISTRATION))
    assert ask(world, patient=person.pk).code == "sharing-consent-required"


@pytest.mark.parametrize("state", ["asked", "answered"])
def test_it_ends_where_the_patient_takes_the_consent_back(world: World, state: str) -> None:
    advice = asked(world) if state == "asked" else answered(world)
    other = world.make_patient()
    ask(world, patient=other.pk)
    assert tasks.tell_withdrawals() == 0
    withdraw(world)
    assert (tasks.tell_withdrawals(), tasks.tell_withdrawals()) == (1, 0)
    for who in (world.doctor, world.office):
        ended = who.api.get(f"/advice/{advice}/").body
        assert (ended["state"], ended["allowed_actions"]) == ("no_consent", [])
    assert not sees_patient(world.office, world)
    assert sorted(told("advice.consent_withdrawn")) == sorted([world.clinic.pk, world.hospital.pk])
    event = Event.objects.get(what="advice.consent_withdrawn")
    assert (event.actor_id, event.patient_ids) == (None, [world.patient.pk])
    assert do(world.office, advice, "answer", answer=ANSWER).code == "wrong-advice-state"


def test_a_refusal_ends_it_and_a_consent_to_sharing_keeps_it(world: World) -> None:
    asked(world)
    _record(world, ConsentPurpose.DATA_SHARING)
    world.refuse_referral(world.patient)
    assert tasks.tell_withdrawals() == 0, "sharing is what it rests on now"
    _record(world, ConsentPurpose.DATA_SHARING, given=False)
    assert tasks.tell_withdrawals() == 1


def test_those_that_stay_open_do_not_hide_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep looks at some at a time; the oldest keep another consent, and are looked at again each time."""
    monkeypatch.setattr(tasks, "BATCH", 1)
    asked(world)
    _record(world, ConsentPurpose.DATA_SHARING)
    world.refuse_referral(world.patient)
    other = world.make_patient()
    advice = ask(world, patient=other.pk).body["id"]
    world.refuse_referral(other)
    assert tasks.tell_withdrawals() == 1
    assert world.doctor.api.get(f"/advice/{advice}/").body["state"] == "no_consent"


def test_what_has_ended_stays_as_it_ended(world: World) -> None:
    advice = answered(world)
    do(world.doctor, advice, "avoid")
    withdraw(world)
    assert tasks.tell_withdrawals() == 0
    assert world.doctor.api.get(f"/advice/{advice}/").body["state"] == "avoided"


def test_nobody_but_the_system_ends_it_so(world: World) -> None:
    advice = asked(world)
    for who in (world.doctor, world.office):
        scope.enter(who.actor)
        with pytest.raises(IntegrityError):
            _bare(advice, "state = 'no_consent', ended_at = now()")


def withdraw(world: World) -> None:
    """Let the patient take back every consent to referral."""
    as_system()
    given = Consent.objects.filter(patient=world.patient, purpose=ConsentPurpose.REFERRAL)
    scope.enter(world.doctor.actor)
    for consent in given:
        patients.withdraw_consent(world.patient.pk, consent.pk, by=world.doctor.actor)
    as_system()


def _record(world: World, purpose: ConsentPurpose, *, given: bool = True) -> None:
    scope.enter(world.doctor.actor)
    patients.record_consent(
        world.patient.pk, consented(purpose, given=given), by=world.doctor.actor
    )
    as_system()
