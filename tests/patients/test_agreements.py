"""Consents and family-doctor contracts: recorded, replaced, withdrawn, ended."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Kind, Refused
from accounts.ids import uuid7
from patients import actions, queries
from patients.models import AccessGrant, AccessPurpose, Consent, ConsentPurpose, Patient
from tests.facilities.factories import make_post
from tests.patients.conftest import ADULT, BY_GUARDIAN, YES, Party, acting, enrol
from tests.patients.test_access import refer, sees
from tests.people import people

CHILD = next(someone for someone in people(seed=9) if someone.birth_date.year == 2019)
TODAY = timezone.localdate()
REFER = replace(YES, purposes=(ConsentPurpose.REFERRAL,))
REGISTER = replace(YES, purposes=(ConsentPurpose.REGISTRATION,))


def answer(patient: Patient, party: Party, given: bool) -> Consent:
    with acting(party.by):
        return actions.record_consent(patient.pk, replace(REFER, given=given), by=party.by)[0]


def consent_for(patient: Patient, party: Party) -> object:
    with acting(party.by):
        known = queries.for_referral(patient.pk, party.facility.pk, TODAY)
        assert known is not None
        return known.consent_id


def test_the_newest_answer_counts(sender: Party) -> None:
    patient = enrol(ADULT, sender, REGISTER)
    assert consent_for(patient, sender) is None
    yes = answer(patient, sender, given=True)
    assert consent_for(patient, sender) == yes.pk
    answer(patient, sender, given=False)
    assert consent_for(patient, sender) is None
    again = answer(patient, sender, given=True)
    assert consent_for(patient, sender) == again.pk


def test_a_withdrawn_consent_is_not_live_and_is_withdrawn_once(sender: Party) -> None:
    patient = enrol(ADULT, sender, REGISTER)
    yes = answer(patient, sender, given=True)
    with acting(sender.by):
        row = actions.withdraw_consent(patient.pk, yes.pk, by=sender.by)
        assert row.withdrawn_at is not None
    assert consent_for(patient, sender) is None
    with acting(sender.by), pytest.raises(Refused) as caught:
        actions.withdraw_consent(patient.pk, yes.pk, by=sender.by)
    assert caught.value.code == "consent-not-live"


def test_a_refusal_cannot_be_withdrawn(sender: Party) -> None:
    patient = enrol(ADULT, sender, REGISTER)
    no = answer(patient, sender, given=False)
    with acting(sender.by), pytest.raises(Refused) as caught:
        actions.withdraw_consent(patient.pk, no.pk, by=sender.by)
    assert caught.value.code == "consent-not-live"


def test_consent_stays_with_its_facility_but_covers_whom_the_patient_was_referred_to(
    sender: Party, receiver: Party, stranger: Party
) -> None:
    patient = enrol(ADULT, sender)
    enrol(ADULT, stranger, REGISTER)
    assert consent_for(patient, stranger) is None
    refer(patient, sender, receiver)
    assert consent_for(patient, receiver) == consent_for(patient, sender)
    answer(patient, receiver, given=False)
    assert consent_for(patient, receiver) is None
    assert consent_for(patient, sender) is not None


def test_another_facilitys_consent_is_seen_but_not_withdrawn(
    sender: Party, receiver: Party, stranger: Party
) -> None:
    patient = enrol(ADULT, sender)
    refer(patient, sender, receiver)
    consent_id = consent_for(patient, sender)
    with acting(receiver.by):
        assert queries.consents_of(patient).count() == 2
        with pytest.raises(Refused) as caught:
            actions.withdraw_consent(patient.pk, consent_id, by=receiver.by)  # type: ignore[arg-type]
    assert caught.value.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND)
    with acting(stranger.by), pytest.raises(Refused) as caught:
        actions.withdraw_consent(patient.pk, consent_id, by=stranger.by)  # type: ignore[arg-type]
    assert caught.value.code == "not-found"


def test_a_child_needs_a_guardian_each_time(sender: Party) -> None:
    child = enrol(CHILD, sender, BY_GUARDIAN)
    with acting(sender.by), pytest.raises(Refused) as caught:
        actions.record_consent(child.pk, REFER, by=sender.by)
    assert caught.value.code == "guardian-consent-required"
    with acting(sender.by):
        by_guardian = replace(BY_GUARDIAN, purposes=(ConsentPurpose.REFERRAL,))
        actions.record_consent(child.pk, by_guardian, by=sender.by)
    assert consent_for(child, sender) is not None


def test_what_a_submission_must_know_takes_one_statement(sender: Party, stranger: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by), CaptureQueriesContext(connection) as captured:
        known = queries.for_referral(patient.pk, sender.facility.pk, TODAY)
    assert len([each for each in captured if "patients_patient" in each["sql"]]) == 1
    assert known is not None
    assert (known.id, known.birth_date, known.gender) == (
        patient.pk,
        ADULT.birth_date,
        ADULT.gender,
    )
    assert (known.merged_into, known.deceased) == (None, False)
    for facility_id in (stranger.facility.pk, None):
        with acting(stranger.by):
            assert queries.for_referral(patient.pk, facility_id, TODAY) is None


def test_a_contract_gives_access_of_its_own_for_its_term(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        contract = actions.sign_contract(
            patient.pk, starts=TODAY, ends=TODAY + timedelta(days=365), by=sender.by
        )
        assert queries.contract_facility(patient.pk, TODAY) == sender.facility.pk
        assert queries.contract_facility(patient.pk, TODAY + timedelta(days=365)) is None
        grant = AccessGrant.objects.get(reference=contract.pk)
        assert (grant.purpose, grant.facility_id) == (AccessPurpose.CONTRACT, sender.facility.pk)
        assert timezone.localdate(grant.ends) == TODAY + timedelta(days=365)
        ended = actions.end_contract(patient.pk, contract.pk, by=sender.by)
        assert ended.ends == TODAY
        assert queries.contract_facility(patient.pk, TODAY) is None
        grant.refresh_from_db()
        assert grant.ends is not None
        assert grant.ends <= timezone.now()
    assert sees(sender, patient)  # by its registration
    with acting(sender.by), pytest.raises(Refused) as caught:
        actions.end_contract(patient.pk, contract.pk, by=sender.by)
    assert caught.value.code == "contract-ended"


def test_a_contract_that_has_not_begun_ends_on_its_first_day(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    later = TODAY + timedelta(days=30)
    with acting(sender.by):
        contract = actions.sign_contract(patient.pk, starts=later, by=sender.by)
        assert actions.end_contract(patient.pk, contract.pk, by=sender.by).ends == later


def test_one_contract_at_a_time_with_a_facility(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        actions.sign_contract(patient.pk, starts=TODAY, by=sender.by)
        with pytest.raises(Refused) as caught:
            actions.sign_contract(patient.pk, starts=TODAY + timedelta(days=9), by=sender.by)
        assert caught.value.code == "contract-overlaps"
        assert queries.contracts_of(patient).count() == 1


def test_the_hospital_finds_the_clinic_of_the_contract(sender: Party, receiver: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        actions.sign_contract(patient.pk, starts=TODAY, by=sender.by)
    with acting(receiver.by):
        assert queries.contract_facility(patient.pk, TODAY) is None
    refer(patient, sender, receiver)
    with acting(receiver.by):
        assert queries.contract_facility(patient.pk, TODAY) == sender.facility.pk
        contract = queries.contracts_of(patient).get()
        with pytest.raises(Refused) as caught:
            actions.end_contract(patient.pk, contract.pk, by=receiver.by)
    assert caught.value.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND)


def test_the_doctor_of_a_contract_works_at_the_facility(sender: Party, stranger: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        for doctor_id in (stranger.user.pk, uuid7()):
            with pytest.raises(Refused) as caught:
                actions.sign_contract(patient.pk, starts=TODAY, doctor_id=doctor_id, by=sender.by)
            assert list(caught.value.errors) == ["doctor"]
    doctor = make_post(sender.facility).user
    with acting(sender.by):
        row = actions.sign_contract(patient.pk, starts=TODAY, doctor_id=doctor.pk, by=sender.by)
    assert row.doctor_id == doctor.pk


@pytest.mark.parametrize("ends", [TODAY, TODAY - timedelta(days=1)])
def test_a_contract_lasts_at_least_a_day(sender: Party, ends: date) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by), pytest.raises(Refused) as caught:
        actions.sign_contract(patient.pk, starts=TODAY, ends=ends, by=sender.by)
    assert list(caught.value.errors) == ["ends"]


def test_the_dead_sign_nothing(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        actions.update(patient.pk, {"deceased": True}, by=sender.by)
        with pytest.raises(Refused) as caught:
            actions.sign_contract(patient.pk, starts=TODAY, by=sender.by)
    assert caught.value.code == "patient-deceased"
