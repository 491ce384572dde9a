"""Registers a person so that nobody learns from the answer whether the person is known elsewhere.

Three things can be true of a number that the caller does not see: nobody bears it, somebody of this
name and birth date does, somebody else does. All three run the same number of statements and give the
same answer. In the second case the facility gets access to the record there is, on the strength of the
consent that it has just recorded; in the third a record of its own, marked for a human to settle.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.ids import uuid7
from facilities.models import Region
from patients import identity, names, queries
from patients.models import Consent, Identifier, IdentifierKind, NameIndex, Patient
from patients.particulars import GivenConsent, Person


class Outcome(StrEnum):
    """What a registration came to; only `KNOWN` is ever shown to the caller."""

    NEW = "new"
    LINKED = "linked"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Registered:
    """The record and how it came about; `said` and `region` are what the caller said."""

    patient: Patient
    outcome: Outcome
    said: Person
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class _Admission:
    patient_id: UUID
    linked: bool
    conflict: bool


_ADMIT: Final = """SELECT admitted, linked, conflict
FROM patients_admit(%s, %s, %s::text[], %s::bytea[], %s::bigint, %s)"""


def _admit(person: Person) -> _Admission:
    """Ask the database, which alone sees every patient, where this registration leads."""
    linking = [pair for pair in person.numbers if pair[0] in identity.LINKING_KINDS]
    with connection.cursor() as cursor:
        cursor.execute(
            _ADMIT,
            [
                uuid7(),
                uuid7(),
                [kind.value for kind, _value in linking],
                [identity.identifier_index(kind, value) for kind, value in linking],
                names.whole_token(person.name),
                person.birth_date,
            ],
        )
        row = cursor.fetchone()
    assert row is not None
    return _Admission(*row)


def index_name(patient: Patient, name: str) -> NameIndex:
    """Return the search row of a name."""
    return NameIndex(patient=patient, tokens=names.search_tokens(name))


def identifier_rows(
    patient: Patient, numbers: tuple[tuple[IdentifierKind, str], ...], *, now: datetime
) -> list[Identifier]:
    """Return rows of normalised document numbers."""
    return [
        Identifier(
            patient=patient,
            kind=kind,
            value=value,
            value_index=identity.identifier_index(kind, value),
            created_at=now,
        )
        for kind, value in numbers
    ]


def consent_rows(
    patient: Patient, consent: GivenConsent, *, by: Actor, now: datetime
) -> list[Consent]:
    """Return one row for each purpose that was asked for."""
    assert by.facility_id is not None
    return [
        Consent(
            patient=patient,
            facility_id=by.facility_id,
            purpose=purpose,
            given=consent.given,
            method=consent.method,
            given_by=consent.given_by,
            guardian_name=consent.guardian_name,
            relation=consent.relation,
            witness=consent.witness,
            document=consent.document,
            risks_version=consent.risks_version,
            told_by_id=consent.told_by_id or by.user_id,
            note=consent.note,
            recorded_by_id=by.user_id,
            recorded_at=now,
        )
        for purpose in dict.fromkeys(consent.purposes)
    ]


def _written(
    person: Person, admission: _Admission, region: Region | None, *, by: Actor, now: datetime
) -> Patient:
    assert by.facility_id is not None
    patient = Patient(
        id=admission.patient_id,
        registered_by_id=by.facility_id,
        name=person.name,
        gender=person.gender,
        birth_date=person.birth_date,
        phone=person.phone,
        phone_index=identity.phone_index(person.phone) if person.phone else None,
        address=person.address,
        region=region,
        health_record_no=person.number(IdentifierKind.HEALTH_RECORD),
        guardian_name=person.guardian_name,
        guardian_phone=person.guardian_phone,
        identity_conflict=admission.conflict,
        created_at=now,
        updated_at=now,
    )
    patient.save(force_insert=True)
    return patient


def admit(
    person: Person,
    consent: GivenConsent,
    *,
    region: Region | None,
    by: Actor,
    now: datetime,
) -> Registered:
    """Give the facility access to the known record or write a new one; five statements in every case.

    What the caller says of a known person changes nothing of the record but adds document numbers it
    lacks. Call it only after the caller's own patients have been searched and a consent was given.
    """
    admission = _admit(person)
    known = queries.find(admission.patient_id, by) if admission.linked else None
    patient = known or _written(person, admission, region, by=by, now=now)
    NameIndex.objects.bulk_create([index_name(patient, person.name)], ignore_conflicts=True)
    numbers = identifier_rows(patient, person.numbers, now=now)
    Identifier.objects.bulk_create(numbers, ignore_conflicts=True)
    Consent.objects.bulk_create(consent_rows(patient, consent, by=by, now=now))
    outcome = Outcome.NEW if known is None else Outcome.LINKED
    return Registered(patient, outcome, person, region)
