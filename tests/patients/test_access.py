"""Access grants: who gives one, what it shows, and who may end it."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.ids import uuid7
from patients import actions, queries
from patients.models import AccessGrant, AccessPurpose, Patient
from tests.patients.conftest import ADULT, OTHER, THIRD, Party, acting, enrol, make_party


def refer(patient: Patient, giver: Party, to: Party, reference: UUID | None = None) -> UUID:
    """Let `to` see the patient as a referral does; return the referral's id."""
    number = reference or uuid7()
    with acting(giver.by):
        actions.grant_access(
            patient.pk,
            to.facility.pk,
            purpose=AccessPurpose.REFERRAL,
            reference=number,
            starts=timezone.now() - timedelta(seconds=1),
            by=giver.by,
        )
    return number


def sees(party: Party, patient: Patient) -> bool:
    with acting(party.by):
        return queries.find(patient.pk, party.by) is not None


def end(reference: UUID, bearer: Party, by: Actor) -> int:
    with acting(by):
        return actions.end_access(reference, bearer.facility.pk, ends=timezone.now(), by=by)


def test_a_referral_shows_the_patient_to_its_receiver_and_to_nobody_else(
    sender: Party, receiver: Party, stranger: Party
) -> None:
    patient = enrol(ADULT, sender)
    assert [sees(party, patient) for party in (sender, receiver, stranger)] == [True, False, False]
    refer(patient, sender, receiver)
    assert [sees(party, patient) for party in (sender, receiver, stranger)] == [True, True, False]


def test_granting_is_one_statement_and_may_be_repeated(sender: Party, receiver: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by), CaptureQueriesContext(connection) as captured:
        actions.grant_access(
            patient.pk,
            receiver.facility.pk,
            purpose=AccessPurpose.REFERRAL,
            reference=uuid7(),
            starts=timezone.now(),
            by=sender.by,
        )
    statements = [each["sql"] for each in captured if "SAVEPOINT" not in each["sql"]]
    assert len(statements) == 1
    assert "INSERT INTO patients_accessgrant" in statements[0]
    reference = refer(patient, sender, receiver)
    refer(patient, sender, receiver, reference)
    with acting(Actor.system()):
        assert AccessGrant.objects.filter(reference=reference).count() == 1


def test_what_one_does_not_see_one_does_not_grant(sender: Party, stranger: Party) -> None:
    patient = enrol(ADULT, sender)
    with pytest.raises(Refused) as caught:
        refer(patient, stranger, stranger)
    assert caught.value.code == "not-found"
    assert not sees(stranger, patient)


def test_a_receiver_passes_access_on_and_the_first_sender_may_end_it(
    sender: Party, receiver: Party
) -> None:
    patient, third = enrol(ADULT, sender), make_party(hospital=True)
    refer(patient, sender, receiver)
    reference = refer(patient, receiver, third)
    assert sees(third, patient)
    assert end(reference, third, sender.by) == 1
    assert not sees(third, patient)


@pytest.mark.parametrize("who", ["bearer", "giver", "system"])
def test_bearer_giver_and_system_end_access(sender: Party, receiver: Party, who: str) -> None:
    patient = enrol(ADULT, sender)
    reference = refer(patient, sender, receiver)
    by = {"bearer": receiver.by, "giver": sender.by, "system": Actor.system()}[who]
    assert end(reference, receiver, by) == 1
    assert not sees(receiver, patient)
    assert end(reference, receiver, by) == 0


def test_a_stranger_ends_nothing(sender: Party, receiver: Party, stranger: Party) -> None:
    patient = enrol(ADULT, sender)
    reference = refer(patient, sender, receiver)
    assert end(reference, receiver, stranger.by) == 0
    assert sees(receiver, patient)


def test_an_end_is_never_moved_later(sender: Party, receiver: Party) -> None:
    patient = enrol(ADULT, sender)
    reference = refer(patient, sender, receiver)
    end(reference, receiver, sender.by)
    later = timezone.now() + timedelta(days=90)
    with acting(receiver.by):
        assert actions.end_access(reference, receiver.facility.pk, ends=later, by=receiver.by) == 0
    assert not sees(receiver, patient)


def test_access_may_last_a_while_after_the_end_of_a_referral(
    sender: Party, receiver: Party
) -> None:
    patient = enrol(ADULT, sender)
    reference = refer(patient, sender, receiver)
    later = timezone.now() + timedelta(days=90)
    with acting(receiver.by):
        assert actions.end_access(reference, receiver.facility.pk, ends=later, by=receiver.by) == 1
    assert sees(receiver, patient)


def test_an_actor_without_a_facility_sees_and_ends_nothing(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    nobody = Actor.without_post(user_id=sender.user.pk, name="")
    with acting(nobody):
        assert queries.find(patient.pk, nobody) is None
        assert actions.end_access(uuid7(), sender.facility.pk, ends=timezone.now(), by=nobody) == 0


def test_a_list_of_referrals_gets_its_patients_in_one_statement(
    sender: Party, stranger: Party
) -> None:
    mine = [enrol(someone, sender) for someone in (ADULT, OTHER)]
    theirs = enrol(THIRD, stranger)
    with acting(sender.by), CaptureQueriesContext(connection) as captured:
        found = queries.find_many([row.pk for row in [*mine, theirs]], sender.by)
    assert set(found) == {row.pk for row in mine}
    assert len([each for each in captured if "patients_patient" in each["sql"]]) == 1
