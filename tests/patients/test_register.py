"""Registration: what is stored, who must consent, and what its answer must never tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Role
from patients import actions, queries
from patients.models import (
    AccessGrant,
    AccessPurpose,
    Consent,
    ConsentGivenBy,
    ConsentPurpose,
    Identifier,
    IdentifierKind,
    Patient,
)
from patients.particulars import GivenConsent, NewPatient
from patients.registration import Outcome, Registered
from tests.facilities.factories import make_region
from tests.patients.conftest import ADULT, BY_GUARDIAN, OTHER, YES, Party, acting, enrol, make_party
from tests.people import InventedPerson, people

CHILD = next(someone for someone in people(seed=9) if someone.birth_date.year == 2019)


def register(
    someone: InventedPerson | NewPatient, party: Party, consent: GivenConsent | None = YES
) -> Registered:
    said = someone if isinstance(someone, NewPatient) else someone.said()
    with acting(party.by):
        return actions.register(said, consent=consent, by=party.by)


@contextmanager
def refused(code: str, kind: Kind) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, caught.value.kind) == (code, kind)


def test_everything_said_is_stored_and_found_again(sender: Party) -> None:
    make_region("310115")
    said = replace(ADULT.said(with_region=True), guardian_phone="021-58880000")
    done = register(said, sender)
    assert done.outcome is Outcome.NEW
    with acting(sender.by):
        row = queries.find(done.patient.pk, sender.by)
        assert row is not None
        assert (row.name, row.phone, row.address) == (ADULT.name, ADULT.phone, ADULT.address)
        assert (row.birth_date, row.gender) == (ADULT.birth_date, ADULT.gender)
        assert row.region is not None
        assert (row.region.code, row.guardian_phone) == ("310115", "02158880000")
        assert (row.version, row.identity_conflict) == (1, False)
        assert [each.value for each in Identifier.objects.filter(patient=row)] == [
            ADULT.resident_id
        ]
        grant = AccessGrant.objects.get(patient=row)
        assert (grant.facility_id, grant.purpose) == (
            sender.facility.pk,
            AccessPurpose.REGISTRATION,
        )
        purposes = {each.purpose for each in Consent.objects.filter(patient=row, given=True)}
        assert purposes == {ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL}


def test_the_resident_id_fills_in_birth_date_and_sex(sender: Party) -> None:
    said = replace(ADULT.said(), birth_date=None, gender=None)
    patient = register(said, sender).patient
    assert (patient.birth_date, patient.gender) == (ADULT.birth_date, ADULT.gender)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": date(1960, 1, 1)}, "birth_date"),
        ({"gender": "2" if ADULT.gender == "1" else "1"}, "gender"),
        ({"phone": "12"}, "phone"),
        ({"guardian_phone": "12"}, "guardian.phone"),
        ({"name": "12 3"}, "name"),
        ({"region_code": "999999"}, "region"),
        ({"identifiers": ((IdentifierKind.RESIDENT_ID, "123"),)}, "identifiers.0.value"),
        ({"identifiers": (), "birth_date": None}, "birth_date"),
        ({"identifiers": (), "birth_date": date(2999, 1, 1)}, "birth_date"),
        ({"identifiers": (), "birth_date": date(1800, 1, 1)}, "birth_date"),
        ({"identifiers": (), "gender": None}, "gender"),
    ],
)
def test_wrong_particulars_are_named_by_field_and_change_nothing(
    sender: Party, changes: dict[str, object], field: str
) -> None:
    said = replace(ADULT.said(), **changes)  # type: ignore[arg-type]
    with pytest.raises(Refused) as caught:
        register(said, sender)
    assert (caught.value.code, list(caught.value.errors)) == ("invalid", [field])
    assert ADULT.resident_id not in str(caught.value.errors)
    with acting(Actor.system()):
        assert not Patient.objects.exists()
        assert not AccessGrant.objects.exists()


def test_without_consent_the_answer_is_the_same_for_known_and_unknown(
    sender: Party, stranger: Party
) -> None:
    enrol(ADULT, sender)
    seen = []
    for someone in (ADULT, OTHER):
        for consent in (
            None,
            replace(YES, given=False),
            replace(YES, purposes=(ConsentPurpose.REFERRAL,)),
        ):
            with CaptureQueriesContext(connection) as captured, pytest.raises(Refused) as caught:
                register(someone, stranger, consent)
            seen.append((caught.value.code, str(caught.value.detail), len(captured)))
    assert len(set(seen)) == 1
    assert seen[0][0] == "consent-required"
    with acting(stranger.by):
        assert not queries.visible_to(stranger.by).exists()


def test_with_consent_known_and_unknown_and_conflicting_run_the_same_statements(
    sender: Party, stranger: Party
) -> None:
    enrol(ADULT, sender)
    cases = {
        "miss": OTHER.said(),
        "hit": replace(ADULT.said(), phone=OTHER.phone, address=OTHER.address),
        "conflict": replace(ADULT.said(), name=OTHER.name),
    }
    shapes = {}
    for name, said in cases.items():
        party = make_party()
        with acting(party.by), CaptureQueriesContext(connection) as captured:
            done = actions.register(said, consent=YES, by=party.by)
            assert done.outcome is (Outcome.LINKED if name == "hit" else Outcome.NEW)
        shapes[name] = len(captured)
    assert set(shapes.values()) == {shapes["miss"]}
    assert shapes["miss"] <= 10  # with the savepoint and the test's own two statements


def test_a_hit_with_consent_gives_access_to_the_one_record(sender: Party, stranger: Party) -> None:
    known = enrol(ADULT, sender)
    said = replace(
        ADULT.said(),
        phone=OTHER.phone,
        identifiers=(*ADULT.said().identifiers, (IdentifierKind.INSURANCE, "SH1234567")),
    )
    done = register(said, stranger)
    assert (done.outcome, done.patient.pk) == (Outcome.LINKED, known.pk)
    with acting(stranger.by):
        row = queries.find(known.pk, stranger.by)
        assert row is not None
        assert row.phone == ADULT.phone  # what is said of a known person changes nothing
        assert Identifier.objects.filter(patient=row).count() == 2
        assert Consent.objects.filter(patient=row, facility=stranger.facility).count() == 2
        grant = AccessGrant.objects.get(patient=row, facility=stranger.facility)
        assert grant.purpose == AccessPurpose.REGISTRATION
    with acting(Actor.system()):
        assert Patient.objects.count() == 1


@pytest.mark.parametrize("change", [{"name": OTHER.name}, {"birth_date": date(1980, 5, 5)}])
def test_a_hit_under_another_name_makes_a_record_of_its_own_marked_for_a_human(
    sender: Party, stranger: Party, change: dict[str, object]
) -> None:
    passport = ((IdentifierKind.PASSPORT, "E12345678"),)
    known = register(replace(ADULT.said(), identifiers=passport), sender).patient
    said = replace(ADULT.said(), identifiers=passport, **change)  # type: ignore[arg-type]
    done = register(said, stranger)
    assert done.outcome is Outcome.NEW
    assert done.patient.pk != known.pk
    with acting(stranger.by):
        assert queries.find(known.pk, stranger.by) is None
    with acting(Actor.system()):
        assert Patient.objects.get(pk=done.patient.pk).identity_conflict
        assert not Patient.objects.get(pk=known.pk).identity_conflict


def test_numbers_of_two_people_are_a_conflict(sender: Party, stranger: Party) -> None:
    enrol(ADULT, sender)
    register(replace(OTHER.said(), identifiers=((IdentifierKind.PASSPORT, "E12345678"),)), sender)
    said = replace(
        ADULT.said(),
        identifiers=(*ADULT.said().identifiers, (IdentifierKind.PASSPORT, "E12345678")),
    )
    done = register(said, stranger)
    with acting(Actor.system()):
        assert Patient.objects.get(pk=done.patient.pk).identity_conflict


def test_regional_numbers_link_nobody(sender: Party, stranger: Party) -> None:
    number = ((IdentifierKind.INSURANCE, "SH1234567"),)
    known = register(replace(ADULT.said(), identifiers=number), sender).patient
    done = register(replace(ADULT.said(), identifiers=number), stranger)
    assert done.patient.pk != known.pk
    with acting(Actor.system()):
        assert not Patient.objects.get(pk=done.patient.pk).identity_conflict


def test_a_patient_of_ones_own_is_found_without_asking_again(sender: Party) -> None:
    first = enrol(ADULT, sender)
    again = register(ADULT, sender, None)
    assert (again.outcome, again.patient.pk) == (Outcome.KNOWN, first.pk)
    with acting(sender.by):
        assert Consent.objects.filter(patient=first).count() == 2
    register(ADULT, sender, YES)
    with acting(sender.by):
        assert Consent.objects.filter(patient=first).count() == 4


def test_a_patient_of_ones_own_under_another_name_is_refused(sender: Party) -> None:
    enrol(ADULT, sender)
    with refused("identifier-in-use", Kind.CONFLICT):
        register(replace(ADULT.said(), name=OTHER.name), sender)


def test_a_second_registration_reopens_access_that_had_ended(
    sender: Party, stranger: Party
) -> None:
    known = enrol(ADULT, sender)
    register(ADULT, stranger)
    with acting(Actor.system()):
        AccessGrant.objects.filter(facility=stranger.facility).update(ends=timezone.now())
    with acting(stranger.by):
        assert queries.find(known.pk, stranger.by) is None
    assert register(ADULT, stranger).outcome is Outcome.LINKED
    with acting(stranger.by):
        assert queries.find(known.pk, stranger.by) is not None


def test_a_guardian_consents_for_a_child(sender: Party) -> None:
    with refused("guardian-consent-required", Kind.UNPROCESSABLE):
        register(CHILD, sender, YES)
    with pytest.raises(Refused) as caught:
        register(CHILD, sender, replace(BY_GUARDIAN, guardian_name=" "))
    assert list(caught.value.errors) == ["consent.guardian_name"]
    patient = register(CHILD, sender, BY_GUARDIAN).patient
    with acting(sender.by):
        consent = Consent.objects.get(patient=patient)
        assert (consent.given_by, consent.guardian_name) == (ConsentGivenBy.GUARDIAN, "王家长")


@pytest.mark.parametrize("role", [Role.CLINIC_MANAGER, Role.AUDITOR, Role.ALLIANCE_MANAGER])
def test_only_clinical_roles_register(db: None, role: Role) -> None:
    party = make_party(role=role)
    with refused("no-right-to-patients", Kind.FORBIDDEN):
        register(ADULT, party)


def test_the_system_without_a_facility_registers_nobody(db: None) -> None:
    with acting(Actor.system()), refused("no-facility", Kind.FORBIDDEN):
        actions.register(ADULT.said(), consent=YES, by=Actor.system())


def test_somebody_without_papers_can_be_registered(sender: Party) -> None:
    nobody = NewPatient(name="无名氏", birth_date=date(1970, 1, 1), gender="0")
    first, second = register(nobody, sender), register(nobody, sender)
    assert first.patient.pk != second.patient.pk


def test_no_table_holds_a_readable_particular(sender: Party) -> None:
    said = replace(ADULT.said(), guardian_name="看护甲", guardian_phone="02158880000")
    secrets = (
        ADULT.name,
        ADULT.phone,
        ADULT.address,
        ADULT.resident_id,
        "看护甲",
        "02158880000",
        "备注乙",
    )
    with acting(sender.by):
        done = actions.register(said, consent=replace(YES, note="备注乙"), by=sender.by)
        tables = [
            "patients_patient",
            "patients_identifier",
            "patients_consent",
            "patients_nameindex",
            "patients_accessgrant",
            "audit_event",
        ]
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT x::text FROM {table} x")
                dump = "\n".join(row[0] for row in cursor.fetchall())
                assert dump, table
                for secret in secrets:
                    assert secret not in dump
                    assert secret.encode().hex() not in dump
    assert done.outcome is Outcome.NEW


def test_two_equal_values_are_stored_differently(sender: Party) -> None:
    for someone in (ADULT, OTHER):
        register(replace(someone.said(), address="同一处1号"), sender)
    with acting(sender.by), connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT address) FROM patients_patient")
        assert cursor.fetchone() == (2,)
