"""Invents the patients of a part of a network, with everything a real registration writes."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils import timezone

from accounts.encryption import EncryptedTextField, seal
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
from scenarios.generation.copying import Table
from scenarios.generation.network import Group, Site

SIGNED_SHARE: Final = 0.6
# Rows are tuples of these columns: a quarter of a million people as model instances would take longer
# to make than the database takes to store them.
PATIENT: Final = (
    *("id", "registered_by_id", "name", "gender", "birth_date", "phone", "phone_index", "address"),
    *("region_id", "deceased", "identity_conflict", "version", "created_at", "updated_at"),
)
IDENTIFIER: Final = ("id", "patient_id", "kind", "value", "value_index", "created_at")
CONSENT: Final = (
    *("id", "patient_id", "facility_id", "purpose", "given", "method", "given_by"),
    *("recorded_by_id", "recorded_at"),
)
CONTRACT: Final = ("id", "patient_id", "facility_id", "doctor_id", "starts", "created_at")
GRANT: Final = (
    *("id", "patient_id", "facility_id", "purpose", "reference", "granted_by_id", "starts"),
)


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

    patients: Table = field(default_factory=lambda: Table(Patient, PATIENT))
    names: Table = field(default_factory=lambda: Table(NameIndex, ("patient_id", "tokens")))
    identifiers: Table = field(default_factory=lambda: Table(Identifier, IDENTIFIER))
    consents: Table = field(default_factory=lambda: Table(Consent, CONSENT))
    contracts: Table = field(default_factory=lambda: Table(FamilyDoctorContract, CONTRACT))
    grants: Table = field(default_factory=lambda: Table(AccessGrant, GRANT))

    def in_order(self) -> list[Table]:
        """Return them in an order in which every reference leads to a row written earlier."""
        return [
            self.patients,
            self.names,
            self.identifiers,
            self.consents,
            self.contracts,
            self.grants,
        ]


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


@lru_cache(maxsize=20_000)
def _tokens(name: str) -> str:
    """Return the search tokens of a name as an array of the database; many people share a name."""
    return f"{{{','.join(map(str, names.search_tokens(name)))}}}"


def _sealed(model: type[models.Model], column: str, pk: UUID, text: str) -> bytes:
    """Encrypt a text as the field would that stores it."""
    stored = model._meta.get_field(column)
    assert isinstance(stored, EncryptedTextField)
    row: Any = SimpleNamespace(_meta=model._meta, pk=pk)
    return seal(text, context=stored.context(row))


def _one(
    who: InventedPerson, group: Group, *, since: datetime, chance: random.Random, rows: Rows
) -> Known:
    home = pick(chance, group.clinics)
    at = since - timedelta(days=1 + 400 * chance.random())
    doctor = pick(chance, home.doctors)
    pk, number = id7(at, chance), id7(at, chance)
    name, phone, address = (
        _sealed(Patient, column, pk, text)
        for column, text in (("name", who.name), ("phone", who.phone), ("address", who.address))
    )
    index = phone_index(who.phone)
    rows.patients.add(
        *(pk, home.id, name, who.gender, who.birth_date, phone, index, address),
        *(group.region_id, False, False, 1, at, at),
    )
    rows.names.add(pk, _tokens(who.name))
    kind, card = IdentifierKind.RESIDENT_ID, who.resident_id
    sealed = _sealed(Identifier, "value", number, card)
    rows.identifiers.add(number, pk, kind.value, sealed, identifier_index(kind, card), at)
    rows.grants.add(
        id7(at, chance), pk, home.id, AccessPurpose.REGISTRATION.value, None, home.id, at
    )
    if chance.random() < SIGNED_SHARE:
        _contract(pk, home, doctor, at=at, chance=chance, rows=rows)
    consent = _consents(pk, home, doctor, at=at, chance=chance, rows=rows)
    return Known(pk, who.birth_date, home, consent)


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
        pk = id7(at, chance)
        rows.consents.add(
            *(pk, patient_id, home.id, purpose.value, True, ConsentMethod.PAPER.value),
            *(ConsentGivenBy.SELF.value, doctor, at),
        )
    return pk


def _contract(
    patient_id: UUID,
    home: Site,
    doctor: UUID,
    *,
    at: datetime,
    chance: random.Random,
    rows: Rows,
) -> None:
    starts, pk = at.date(), id7(at, chance)
    rows.contracts.add(pk, patient_id, home.id, doctor, starts, at)
    midnight = timezone.make_aware(datetime.combine(starts, time.min))
    purpose = AccessPurpose.CONTRACT.value
    rows.grants.add(id7(midnight, chance), patient_id, home.id, purpose, pk, home.id, midnight)
