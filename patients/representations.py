"""Shows patients to API clients: masked by default, in full only what `reveal` has audited."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from facilities.models import Region
from facilities.representations.directory import named
from patients import masking
from patients.identity import age_on
from patients.models import Consent, FamilyDoctorContract, Identifier, IdentifierKind, Patient
from patients.particulars import GivenConsent, Person

Shown = dict[str, Any]


def summary(patient: Patient) -> Shown:
    """Return the line by which a list names a patient, masked."""
    return {
        "id": patient.pk,
        "name": masking.name(patient.name or ""),
        "gender": patient.gender,
        "birth_year": patient.birth_date.year,
    }


def _region(region: Region | None) -> Shown | None:
    return {"code": region.code, "name": region.name} if region else None


def _phone(number: str | None) -> str | None:
    return masking.phone(number) if number else None


def _guardian(name: str | None, phone: str | None) -> Shown | None:
    if name is None and phone is None:
        return None
    return {"name": masking.name(name) if name else None, "phone": _phone(phone)}


def patient(row: Patient, numbers: Sequence[Identifier], today: date) -> Shown:
    """Return a patient with masked particulars; of the date of birth only the year is shown."""
    record_no = row.health_record_no
    return {
        **summary(row),
        "age": age_on(row.birth_date, today),
        "phone": _phone(row.phone),
        "address": masking.address(row.address) if row.address else None,
        "region": _region(row.region),
        "health_record_no": masking.record_number(record_no) if record_no else None,
        "guardian": _guardian(row.guardian_name, row.guardian_phone),
        "deceased": row.deceased,
        "lacks_capacity": row.lacks_capacity,
        "identifiers": [
            {
                "id": number.pk,
                "kind": number.kind,
                "value": masking.identifier(number.kind, number.value or ""),
            }
            for number in numbers
        ],
        "registered_by": row.registered_by_id,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def revealed(row: Patient, numbers: Sequence[Identifier]) -> Shown:
    """Return the full values of a patient; only ever after `actions.reveal`."""
    return {
        "id": row.pk,
        "name": row.name,
        "gender": row.gender,
        "birth_date": row.birth_date,
        "phone": row.phone,
        "address": row.address,
        "region": _region(row.region),
        "health_record_no": row.health_record_no,
        "guardian": (
            None
            if row.guardian_name is None and row.guardian_phone is None
            else {"name": row.guardian_name, "phone": row.guardian_phone}
        ),
        "identifiers": [
            {"id": number.pk, "kind": number.kind, "value": number.value} for number in numbers
        ],
    }


def registered(row: Patient, said: Person, consent: GivenConsent, region: Region | None) -> Shown:
    """Return what the caller said, masked, with the id: nothing that the record knew before."""
    record_no = said.number(IdentifierKind.HEALTH_RECORD)
    return {
        "id": row.pk,
        "name": masking.name(said.name),
        "gender": said.gender,
        "birth_year": said.birth_date.year,
        "phone": _phone(said.phone),
        "address": masking.address(said.address) if said.address else None,
        "region": _region(region),
        "health_record_no": masking.record_number(record_no) if record_no else None,
        "guardian": _guardian(said.guardian_name, said.guardian_phone),
        "identifiers": [
            {"kind": kind.value, "value": masking.identifier(kind, value)}
            for kind, value in said.numbers
        ],
        "consent": {
            "purposes": [purpose.value for purpose in consent.purposes],
            "given": consent.given,
            "method": consent.method,
            "given_by": consent.given_by,
        },
    }


def consent(row: Consent) -> Shown:
    """Return a consent; `live` says whether it was given and not withdrawn."""
    recorder, teller = row.recorded_by, row.told_by
    return {
        "id": row.pk,
        "purpose": row.purpose,
        "given": row.given,
        "method": row.method,
        "given_by": row.given_by,
        "guardian_name": masking.name(row.guardian_name) if row.guardian_name else None,
        "relation": row.relation,
        "witness": masking.name(row.witness) if row.witness else None,
        "document": row.document,
        "risks_version": row.risks_version,
        "told_by": {"id": teller.pk, "name": teller.full_name} if teller else None,
        "note": row.note,
        "facility": named(row.facility),
        "recorded_by": {"id": recorder.pk, "name": recorder.full_name} if recorder else None,
        "recorded_at": row.recorded_at,
        "withdrawn_at": row.withdrawn_at,
        "live": row.given and row.withdrawn_at is None,
    }


def contract(row: FamilyDoctorContract, today: date) -> Shown:
    """Return a family-doctor contract; `in_force` is about today."""
    doctor = row.doctor
    return {
        "id": row.pk,
        "facility": named(row.facility),
        "doctor": {"id": doctor.pk, "name": doctor.full_name} if doctor else None,
        "starts": row.starts,
        "ends": row.ends,
        "in_force": row.starts <= today and (row.ends is None or row.ends > today),
    }
