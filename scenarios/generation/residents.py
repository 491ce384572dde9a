"""Invents the patients of a part of a network, with everything a real registration writes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import models
from django.utils import timezone

from patients import names
from patients.identity import identifier_index, phone_index
from patients.models import (
    AccessGrant,
    AccessPurpose,
    Consent,
    ConsentGivenBy,
    ConsentMethod,
    ConsentPurpose,
    FamilyDoctorContract,
    Identifier,
    IdentifierKind,
    NameIndex,
    Patient,
)
from patients.synthetic import InventedPerson, adults
from scenarios.generation.chance import id7, pick
from scenarios.generation.network import Group, Site

SIGNED_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Known:
    """A patient as the referrals need it."""

    id: UUID
    born: date
    home: Site
    consent: UUID


@dataclass(slots=True)
class Rows:
    """The rows to write, parents before children."""

    patients: list[Patient] = field(default_factory=list)
    names: list[NameIndex] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    contracts: list[FamilyDoctorContract] = field(default_factory=list)
    grants: list[AccessGrant] = field(default_factory=list)

    def in_order(self) -> list[Sequence[models.Model]]:
        """Return them in an order in which every reference leads to a row written earlier."""
        return [
            self.patients,
            self.names,
            self.identifiers,
            self.consents,
            self.contracts,
            self.grants,
        ]


@lru_cache(maxsize=20_000)
def _tokens(name: str) -> list[int]:
    """Return the search tokens of a name; there are far fewer invented names than people."""
    return names.search_tokens(name)


def register(
    count: int,
    group: Group,
    *,
    seed: int,
    first: int,
    since: datetime,
    chance: random.Random,
) -> tuple[list[Known], Rows]:
    """Invent `count` adults who were registered at the clinics of a group before `since`.

    They are the invented people from number `first` on; parts that begin far enough apart share none.
    """
    rows = Rows()
    crowd = islice(adults(seed=seed, start=first, region_code=group.region), count)
    return [_one(who, group, since=since, chance=chance, rows=rows) for who in crowd], rows


def _one(
    who: InventedPerson, group: Group, *, since: datetime, chance: random.Random, rows: Rows
) -> Known:
    home = pick(chance, group.clinics)
    at = since - timedelta(days=1 + 400 * chance.random())
    doctor = pick(chance, home.doctors)
    patient = Patient(
        id=id7(at, chance),
        registered_by_id=home.id,
        name=who.name,
        gender=who.gender,
        birth_date=who.birth_date,
        phone=who.phone,
        phone_index=phone_index(who.phone),
        address=who.address,
        region_id=group.region_id,
        created_at=at,
        updated_at=at,
    )
    rows.patients.append(patient)
    rows.names.append(NameIndex(patient_id=patient.id, tokens=_tokens(who.name)))
    rows.identifiers.append(
        Identifier(
            id=id7(at, chance),
            patient_id=patient.id,
            kind=IdentifierKind.RESIDENT_ID,
            value=who.resident_id,
            value_index=identifier_index(IdentifierKind.RESIDENT_ID, who.resident_id),
            created_at=at,
        )
    )
    consent = _consents(patient.id, home, doctor, at=at, chance=chance, rows=rows)
    rows.grants.append(_grant(patient.id, home, AccessPurpose.REGISTRATION, None, at, chance))
    if chance.random() < SIGNED_SHARE:
        _contract(patient.id, home, doctor, at=at, chance=chance, rows=rows)
    return Known(patient.id, who.birth_date, home, consent)


def _consents(
    patient_id: UUID,
    home: Site,
    doctor: UUID,
    *,
    at: datetime,
    chance: random.Random,
    rows: Rows,
) -> UUID:
    """Add the consents to registration and to referral; return the id of the latter."""
    for purpose in (ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL):
        consent = Consent(
            id=id7(at, chance),
            patient_id=patient_id,
            facility_id=home.id,
            purpose=purpose,
            given=True,
            method=ConsentMethod.PAPER,
            given_by=ConsentGivenBy.SELF,
            recorded_by_id=doctor,
            recorded_at=at,
        )
        rows.consents.append(consent)
    return consent.id


def _contract(
    patient_id: UUID,
    home: Site,
    doctor: UUID,
    *,
    at: datetime,
    chance: random.Random,
    rows: Rows,
) -> None:
    starts = at.date()
    contract = FamilyDoctorContract(
        id=id7(at, chance),
        patient_id=patient_id,
        facility_id=home.id,
        doctor_id=doctor,
        starts=starts,
        created_at=at,
    )
    rows.contracts.append(contract)
    midnight = timezone.make_aware(datetime.combine(starts, time.min))
    rows.grants.append(
        _grant(patient_id, home, AccessPurpose.CONTRACT, contract.id, midnight, chance)
    )


def _grant(
    patient_id: UUID,
    home: Site,
    purpose: AccessPurpose,
    reference: UUID | None,
    starts: datetime,
    chance: random.Random,
) -> AccessGrant:
    return AccessGrant(
        id=id7(starts, chance),
        patient_id=patient_id,
        facility_id=home.id,
        purpose=purpose,
        reference=reference,
        granted_by_id=home.id,
        starts=starts,
    )
