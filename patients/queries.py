"""Reads patients for everybody else, always within what the actor's facility may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.rows import known
from facilities.models import Region
from facilities.queries import directory
from patients import identity, names
from patients.identity import age_on
from patients.models import (
    AccessGrant,
    Consent,
    ConsentPurpose,
    FamilyDoctorContract,
    Identifier,
    IdentifierKind,
    Patient,
)

# Ids are UUIDv7, so the newest come first.
NEWEST_FIRST: Final = ("-id",)
NEWEST_PATIENT_FIRST: Final = ("-patient_id",)


def _live() -> Q:
    """Return the condition of a grant in force, by the clock of the database as the policies read it."""
    return Q(starts__lte=Now()) & (Q(ends__isnull=True) | Q(ends__gt=Now()))


def visible_to(by: Actor) -> QuerySet[Patient]:
    """Return the patients to whom the actor's facility has a live grant; all of them for the system."""
    if by.is_system:
        return Patient.objects.all()
    if by.facility_id is None:
        return Patient.objects.none()
    grants = AccessGrant.objects.filter(_live(), patient=OuterRef("pk"), facility=by.facility_id)
    return Patient.objects.filter(Exists(grants))


def find(patient_id: UUID, by: Actor) -> Patient | None:
    """Return the living record of a visible patient with its region, or None."""
    row = visible_to(by).select_related("region").filter(pk=patient_id).first()
    if row is None or row.merged_into_id is None:
        return row
    return visible_to(by).select_related("region").filter(pk=row.merged_into_id).first()


# The query set of visible_to in plain words: lists ask it for every page, and building it costs ten times
# as much as asking it. One id is asked for as a plain value, since PostgreSQL keeps that plan.
_SHOWN: Final = ("id", "name", "gender", "birth_date", "merged_into_id")
_LISTED: Final = f"SELECT {', '.join(_SHOWN)} FROM patients_patient p WHERE p.id "  # noqa: S608
_ONE: Final = f"{_LISTED} = %(id)s"
_SEVERAL: Final = f"{_LISTED} = ANY(%(ids)s)"
_GRANTED: Final = """ AND EXISTS (
  SELECT 1 FROM patients_accessgrant g WHERE g.patient_id = p.id AND g.facility_id = %(facility)s
    AND g.starts <= statement_timestamp() AND (g.ends IS NULL OR g.ends > statement_timestamp()))
"""


def _listed(patient_ids: Iterable[UUID], by: Actor) -> dict[UUID, Patient]:
    ids = list(patient_ids)
    if not ids or (by.facility_id is None and not by.is_system):
        return {}
    statement = _ONE if len(ids) == 1 else _SEVERAL
    values: dict[str, Any] = {"id": ids[0], "ids": ids, "facility": by.facility_id}
    with connection.cursor() as cursor:
        cursor.execute(statement if by.is_system else statement + _GRANTED, values)
        rows = cursor.fetchall()
    return {row[0]: known(Patient, **dict(zip(_SHOWN, row, strict=True))) for row in rows}


def find_many(patient_ids: Iterable[UUID], by: Actor) -> dict[UUID, Patient]:
    """Return the living records of visible patients under the ids asked for, in one or two statements.

    Only what a list shows of a patient is read (representations.summary).
    """
    rows = _listed(patient_ids, by)
    merged = {row.merged_into_id for row in rows.values() if row.merged_into_id is not None}
    living = _listed(merged, by) if merged else {}
    found = {
        pk: living.get(row.merged_into_id) if row.merged_into_id else row
        for pk, row in rows.items()
    }
    return {pk: row for pk, row in found.items() if row is not None}


def lock(patient_id: UUID, by: Actor) -> Patient | None:
    """Return the living record of a visible patient, locked for update, or None."""
    seen = find(patient_id, by)
    if seen is None:
        return None
    locked = visible_to(by).select_for_update(of=("self",), no_key=True)
    return locked.filter(pk=seen.pk, merged_into__isnull=True).first()


def pair(first: UUID, second: UUID, by: Actor) -> dict[UUID, Patient]:
    """Return the visible ones of two records by id, merged or not."""
    return {row.pk: row for row in visible_to(by).filter(pk__in=[first, second])}


def search(
    by: Actor,
    *,
    identifier: str | None = None,
    phone: str | None = None,
    name: str | None = None,
) -> QuerySet[AccessGrant]:
    """Return visible living records that match everything given, each as one of its live grants.

    Ordered by NEWEST_PATIENT_FIRST the list walks the facility's own index of grants, so that a page
    costs the same however many patients there are. Nothing given means all of them.
    `identifier` is a whole document number of any kind and `phone` a whole telephone number, found by
    blind index; `name` is a beginning in characters, pinyin or initials. A number that no document can
    bear finds nobody.
    """
    found = AccessGrant.objects.filter(_live(), patient__merged_into__isnull=True)
    if not by.is_system:
        found = found.filter(facility=by.facility_id) if by.facility_id else found.none()
    if identifier is not None:
        found = found.filter(patient__in=_bearing(_possible(identifier)).values("patient"))
    if phone is not None:
        found = found.filter(patient__phone_index=_phone_or_nothing(phone))
    if name is not None:
        found = found.filter(_spelt(name))
    return found.select_related("patient__region").distinct("patient_id")


def _possible(text: str) -> list[tuple[IdentifierKind, str]]:
    """Return every kind of document that may bear the number typed, with its normal form."""
    found = []
    for kind in IdentifierKind:
        try:
            found.append((kind, identity.normalised(kind, text)))
        except identity.InvalidIdentifier:
            continue
    return found


def _bearing(numbers: Sequence[tuple[IdentifierKind, str]]) -> QuerySet[Identifier]:
    indexes = [identity.identifier_index(kind, number) for kind, number in numbers]
    return Identifier.objects.filter(value_index__in=indexes)


def _phone_or_nothing(text: str) -> bytes:
    try:
        return identity.phone_index(identity.normalised_phone(text))
    except identity.InvalidIdentifier:
        return b""


def _spelt(text: str) -> Q:
    """Return the condition that a name begins as typed.

    Each token says that it is a bigint: Django gives a bare number in an array the type of four bytes,
    and with parameters bound by the server the driver then cuts it off in silence.
    """
    tokens = [Value(token, output_field=BigIntegerField()) for token in names.query_tokens(text)]
    return Q(patient__name_index__tokens__overlap=tokens) if tokens else Q(pk__in=[])


def bearers(numbers: Sequence[tuple[IdentifierKind, str]], by: Actor) -> list[Patient]:
    """Return visible living records that bear one of these normalised numbers, oldest first."""
    linking = [pair for pair in numbers if pair[0] in identity.LINKING_KINDS]
    found = visible_to(by).filter(merged_into__isnull=True)
    borne = Exists(_bearing(linking).filter(patient=OuterRef("pk")))
    return list(found.filter(borne).select_related("region").order_by("id")[:2])


def bearing(text: str) -> set[UUID]:
    """Return the ids of whoever bears this document number, merged records included, within the scope that holds.

    For the search of the trail, which looks for people whom the facility may see no more.
    """
    borne = Patient.objects.filter(Exists(_bearing(_possible(text)).filter(patient=OuterRef("pk"))))
    living = {merged or pk for pk, merged in borne.values_list("pk", "merged_into")}
    return set(records_of(list(living))) if living else set()


def records_of(patient_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the ids under which these living records are known, merged ones included, with whom each means."""
    mine = Q(pk__in=patient_ids) | Q(merged_into__in=patient_ids)
    rows = Patient.objects.filter(mine).values_list("pk", "merged_into")
    return {pk: living or pk for pk, living in rows}


def identifiers_of(patients: Iterable[Patient]) -> dict[UUID, list[Identifier]]:
    """Return the document numbers of patients by patient id, in one statement."""
    ids = [patient.pk for patient in patients]
    found: dict[UUID, list[Identifier]] = {pk: [] for pk in ids}
    for row in Identifier.objects.filter(patient__in=ids).order_by("id"):
        found[row.patient_id].append(row)
    return found


def _of(patient_id: UUID) -> Q:
    """Return the condition that a row hangs on a living record or on one that was merged into it."""
    return Q(patient=patient_id) | Q(patient__merged_into=patient_id)


def consents_of(patient: Patient) -> QuerySet[Consent]:
    """Return the consents of a patient whom the caller has found, with facility and recorder."""
    return Consent.objects.filter(_of(patient.pk)).select_related(
        "facility", "recorded_by", "told_by"
    )


def consent(patient: Patient, consent_id: UUID) -> Consent | None:
    """Return one consent of a patient, or None."""
    return consents_of(patient).filter(pk=consent_id).first()


def agreed_to_registration(patient: Patient, facility_id: UUID | None) -> bool:
    """Say whether the newest answer to registration that this facility recorded is a consent in force."""
    asked = Consent.objects.filter(
        _of(patient.pk), facility=facility_id, purpose=ConsentPurpose.REGISTRATION
    )
    newest = asked.order_by("-recorded_at", "-id").first()
    return newest is not None and newest.given and newest.withdrawn_at is None


def agreed_to_sharing(patient_id: UUID, facility_id: UUID) -> bool:
    """Say whether the newest answer on sharing records that this facility recorded is a consent in force."""
    asked = Consent.objects.filter(
        _of(patient_id), facility=facility_id, purpose=ConsentPurpose.DATA_SHARING
    )
    newest = asked.order_by("-recorded_at", "-id").first()
    return newest is not None and newest.given and newest.withdrawn_at is None


def contracts_of(patient: Patient) -> QuerySet[FamilyDoctorContract]:
    """Return the family-doctor contracts of a patient, with facility and doctor."""
    rows = FamilyDoctorContract.objects.filter(_of(patient.pk))
    return rows.select_related("facility", "doctor")


def contract(patient: Patient, contract_id: UUID) -> FamilyDoctorContract | None:
    """Return one contract of a patient, or None."""
    return contracts_of(patient).filter(pk=contract_id).first()


def contract_facility(patient_id: UUID, on: date) -> UUID | None:
    """Return the facility of the family-doctor contract in force on a day, the newest of several."""
    rows = FamilyDoctorContract.objects.filter(
        _of(patient_id),
        Q(ends__isnull=True) | Q(ends__gt=on),
        starts__lte=on,
    )
    return rows.order_by("-starts", "-id").values_list("facility_id", flat=True).first()


def contract_facilities(patient_ids: Iterable[UUID], on: date) -> dict[UUID, UUID]:
    """Return what `contract_facility` returns of each of these patients who has one, in one statement."""
    asked = set(patient_ids)
    rows = FamilyDoctorContract.objects.filter(
        Q(patient__in=asked) | Q(patient__merged_into__in=asked),
        Q(ends__isnull=True) | Q(ends__gt=on),
        starts__lte=on,
    ).order_by("starts", "id")
    found: dict[UUID, UUID] = {}
    for patient_id, merged_into, facility_id in rows.values_list(
        "patient_id", "patient__merged_into_id", "facility_id"
    ):
        for each in asked & {patient_id, merged_into}:
            found[each] = facility_id
    return found


def holds_post(user_id: UUID, facility_id: UUID, on: date) -> bool:
    """Say whether a person holds a post at a facility on a day."""
    return directory.posts_of(user_id, on).filter(facility=facility_id).exists()


def region(code: str) -> Region | None:
    """Return the administrative region with this code, or None."""
    return Region.objects.filter(code=code).first()


@dataclass(frozen=True, slots=True)
class ForReferral:
    """What a submission must know of a patient; `id` is the living record, whatever id was asked for.

    `record` holds what a list shows of him (`find_many`). `refused` says that the newest answer is a no,
    `only_verbal` that it was given by word of mouth in an emergency.
    """

    id: UUID
    birth_date: date
    gender: str
    deceased: bool
    consent_id: UUID | None
    merged_into: UUID | None
    age: int
    record: Patient
    refused: bool = False
    only_verbal: bool = False


# The newest decision on referral counts, the facility's own before others'. A facility to which the
# patient was referred may rely on the consent of whoever referred him, until it asks him itself.
_FOR_REFERRAL: Final = """
SELECT coalesce(m.id, p.id), coalesce(m.birth_date, p.birth_date), coalesce(m.gender, p.gender),
  coalesce(m.deceased, p.deceased), p.merged_into_id, coalesce(m.name, p.name),
  said.id, NOT coalesce(said.given, true), coalesce(said.method = 'verbal_emergency', false)
FROM patients_patient p LEFT JOIN patients_patient m ON m.id = p.merged_into_id
LEFT JOIN LATERAL (
   SELECT CASE WHEN c.given AND c.withdrawn_at IS NULL THEN c.id END AS id, c.given, c.method
   FROM patients_consent c
   WHERE c.patient_id IN (p.id, m.id) AND c.purpose = 'referral'
     AND (c.facility_id = %(facility)s OR EXISTS (
       SELECT 1 FROM patients_accessgrant r
       WHERE r.patient_id IN (p.id, m.id) AND r.facility_id = %(facility)s
         AND r.purpose = 'referral' AND r.starts <= statement_timestamp()
         AND (r.ends IS NULL OR r.ends > statement_timestamp())))
   ORDER BY c.facility_id = %(facility)s DESC, c.recorded_at DESC, c.id DESC LIMIT 1) said ON true
WHERE p.id = %(patient)s AND (p.merged_into_id IS NULL OR m.id IS NOT NULL) AND EXISTS (
  SELECT 1 FROM patients_accessgrant g
  WHERE g.patient_id = p.id AND g.facility_id = %(facility)s
    AND g.starts <= statement_timestamp() AND (g.ends IS NULL OR g.ends > statement_timestamp()))
"""


def for_referral(patient_id: UUID, facility_id: UUID | None, on: date) -> ForReferral | None:
    """Return what a referral by `facility_id` on a day needs, in one statement; None if it sees nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_REFERRAL, {"patient": patient_id, "facility": facility_id})
        row = cursor.fetchone()
    if row is None:
        return None
    found, born, gender, deceased, merged_into, name, consent_id, refused, only_verbal = row
    age = age_on(born, on)
    shown = (found, name, gender, born, None)
    record = known(Patient, **dict(zip(_SHOWN, shown, strict=True)))
    return ForReferral(
        found, born, gender, deceased, consent_id, merged_into, age, record, refused, only_verbal
    )


@dataclass(frozen=True, slots=True)
class Home:
    """Where a patient belongs: the code of the region, empty if unknown, and the family doctor's facility."""

    region: str
    family_doctor: UUID | None


_HOME: Final = """
SELECT coalesce((SELECT g.code FROM facilities_region g WHERE g.id = coalesce(m.region_id, p.region_id)), ''), (
  SELECT c.facility_id FROM patients_familydoctorcontract c
  WHERE c.patient_id IN (p.id, m.id) AND c.starts <= %(on)s AND (c.ends IS NULL OR c.ends > %(on)s)
  ORDER BY c.starts DESC, c.id DESC LIMIT 1)
FROM patients_patient p LEFT JOIN patients_patient m ON m.id = p.merged_into_id
WHERE p.id = %(patient)s AND (p.merged_into_id IS NULL OR m.id IS NOT NULL) AND EXISTS (
  SELECT 1 FROM patients_accessgrant g
  WHERE g.patient_id = p.id AND g.facility_id = %(facility)s
    AND g.starts <= statement_timestamp() AND (g.ends IS NULL OR g.ends > statement_timestamp()))
"""


def home_of(patient_id: UUID, facility_id: UUID, on: date) -> Home | None:
    """Return where a patient belongs, in one statement; None if the facility does not see the patient."""
    with connection.cursor() as cursor:
        cursor.execute(_HOME, {"patient": patient_id, "facility": facility_id, "on": on})
        row = cursor.fetchone()
    return None if row is None else Home(*row)
