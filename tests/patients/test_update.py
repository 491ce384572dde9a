"""Corrections, and the merge of two records of one person."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.ids import uuid7
from patients import actions, queries
from patients.models import AccessGrant, Identifier, IdentifierKind, Patient
from tests.patients.conftest import ADULT, OTHER, THIRD, Party, acting, enrol
from tests.patients.test_access import refer, sees
from tests.patients.test_search import found, named


def test_particulars_are_replaced_and_found_under_the_new_ones(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    changes = {
        "name": "解珍",
        "phone": "021-58880000",
        "address": None,
        "guardian_name": "甲",
        "guardian_phone": "13812345678",
        "identifiers": ((IdentifierKind.HEALTH_RECORD, "310115-001-001-00012"),),
    }
    with acting(sender.by):
        row = actions.update(patient.pk, changes, version=1, by=sender.by)
        assert (row.version, row.updated_at > patient.updated_at) == (2, True)
        row = Patient.objects.get(pk=patient.pk)
        assert (row.name, row.phone, row.address) == ("解珍", "02158880000", None)
        assert (row.guardian_name, row.guardian_phone) == ("甲", "13812345678")
        assert row.health_record_no == "31011500100100012"
        assert Identifier.objects.filter(patient=row).count() == 2
    assert found(sender, name="xiezhen") == {patient}
    assert found(sender, phone="02158880000") == {patient}
    assert found(sender, identifier="31011500100100012") == {patient}
    assert found(sender, name=ADULT.name) == set()
    assert found(sender, phone=ADULT.phone) == set()


def test_a_stale_version_changes_nothing(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        actions.update(patient.pk, {"deceased": True}, version=1, by=sender.by)
        with pytest.raises(Refused) as caught:
            actions.update(patient.pk, {"deceased": False}, version=1, by=sender.by)
        assert caught.value.kind is Kind.STALE
        assert Patient.objects.get(pk=patient.pk).deceased


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": date(1960, 1, 1)}, "birth_date"),
        ({"gender": "2" if ADULT.gender == "1" else "1"}, "gender"),
        ({"phone": "12"}, "phone"),
        ({"name": "12"}, "name"),
        ({"region_code": "999999"}, "region"),
        ({"identifiers": ((IdentifierKind.RESIDENT_ID, OTHER.resident_id),)}, "birth_date"),
        ({"version": 9}, "version"),
        ({"merged_into": None}, "merged_into"),
        ({"registered_by": None}, "registered_by"),
    ],
)
def test_what_cannot_be_true_or_changed_is_named(
    sender: Party, changes: dict[str, object], field: str
) -> None:
    patient = enrol(ADULT, sender)
    with acting(sender.by):
        with pytest.raises(Refused) as caught:
            actions.update(patient.pk, changes, by=sender.by)
        assert caught.value.code == "invalid"
        assert field in caught.value.errors
        assert Patient.objects.get(pk=patient.pk).version == 1


def test_nobody_changes_the_patients_of_others(sender: Party, stranger: Party) -> None:
    patient = enrol(ADULT, sender)
    for number in (patient.pk, uuid7()):
        with acting(stranger.by), pytest.raises(Refused) as caught:
            actions.update(number, {"deceased": True}, by=stranger.by)
        assert (caught.value.code, caught.value.kind) == ("not-found", Kind.NOT_FOUND)


def test_a_merge_leaves_one_living_record_that_everybody_reaches(
    sender: Party, receiver: Party
) -> None:
    target, source = enrol(ADULT, sender), named("单雄信", sender)
    refer(source, sender, receiver)
    assert not sees(receiver, target)
    with acting(sender.by):
        actions.update(
            source.pk, {"identifiers": ((IdentifierKind.PASSPORT, "E12345678"),)}, by=sender.by
        )
        actions.merge(source.pk, target.pk, by=sender.by)
    for party in (sender, receiver):
        with acting(party.by):
            for number in (source.pk, target.pk):
                row = queries.find(number, party.by)
                assert row is not None
                assert row.pk == target.pk
                known = queries.for_referral(number, party.facility.pk, date(2026, 1, 1))
                assert known is not None
                assert known.id == target.pk
                assert known.merged_into == (target.pk if number == source.pk else None)
                assert known.birth_date == ADULT.birth_date
            many = queries.find_many([source.pk, target.pk], party.by)
            assert {row.pk for row in many.values()} == {target.pk}
    for criteria in ({}, {"name": "shan"}, {"name": ADULT.name}, {"identifier": "E12345678"}):
        assert found(sender, **criteria) == {target}


def test_grants_on_a_merged_record_reach_the_living_one(sender: Party, receiver: Party) -> None:
    target, source = enrol(ADULT, sender), enrol(OTHER, sender)
    with acting(sender.by):
        actions.merge(source.pk, target.pk, by=sender.by)
    reference = refer(source, sender, receiver)
    assert sees(receiver, target)
    assert sees(receiver, source)
    with acting(sender.by):
        ended = actions.end_access(
            reference, receiver.facility.pk, ends=source.created_at, by=sender.by
        )
    assert ended == 2
    assert not sees(receiver, target)
    assert not sees(receiver, source)


def test_consents_and_contracts_of_a_merged_record_count(sender: Party) -> None:
    target, source = enrol(ADULT, sender), enrol(OTHER, sender)
    with acting(sender.by):
        contract = actions.sign_contract(source.pk, starts=date(2020, 1, 1), by=sender.by)
        actions.merge(source.pk, target.pk, by=sender.by)
        assert queries.consents_of(target).count() == 4
        assert queries.contract_facility(target.pk, date(2026, 1, 1)) == sender.facility.pk
        actions.end_contract(target.pk, contract.pk, by=sender.by)


def test_chains_become_flat_and_cycles_are_refused(sender: Party) -> None:
    first, second, third = (enrol(someone, sender) for someone in (ADULT, OTHER, THIRD))
    with acting(sender.by):
        actions.merge(first.pk, second.pk, by=sender.by)
        actions.merge(second.pk, third.pk, by=sender.by)
        merged = dict(Patient.objects.values_list("id", "merged_into"))
    assert merged == {first.pk: third.pk, second.pk: third.pk, third.pk: None}
    for source, target, code in (
        (third, first, "merged-already"),
        (first, third, "merged-already"),
        (third, third, "same-record"),
    ):
        with acting(sender.by), pytest.raises(Refused) as caught:
            actions.merge(source.pk, target.pk, by=sender.by)
        assert caught.value.code == code


def test_the_database_refuses_cycles_and_chains_by_itself(sender: Party) -> None:
    first, second, third = (enrol(someone, sender) for someone in (ADULT, OTHER, THIRD))
    with acting(Actor.system()), connection.cursor() as cursor:
        update = "UPDATE patients_patient SET merged_into_id = %s WHERE id = %s"
        cursor.execute(update, [second.pk, first.pk])
        for source, target in ((second, first), (third, first), (second, third), (third, third)):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(update, [target.pk, source.pk])


def test_only_who_sees_both_records_merges_them(sender: Party, stranger: Party) -> None:
    mine, theirs = enrol(ADULT, sender), enrol(OTHER, stranger)
    for source, target in ((mine, theirs), (theirs, mine)):
        with acting(sender.by), pytest.raises(Refused) as caught:
            actions.merge(source.pk, target.pk, by=sender.by)
        assert caught.value.code == "not-found"
    with acting(Actor.system()):
        actions.merge(theirs.pk, mine.pk, by=Actor.system())
        assert AccessGrant.objects.filter(patient=mine).count() == 2
    assert sees(stranger, mine)


def test_a_merge_settles_an_identity_conflict(sender: Party, stranger: Party) -> None:
    known = enrol(ADULT, sender)
    double = named("别名", stranger)
    with acting(Actor.system()):
        Patient.objects.filter(pk=double.pk).update(identity_conflict=True)
        actions.merge(double.pk, known.pk, by=Actor.system())
        assert not Patient.objects.filter(identity_conflict=True).exists()
