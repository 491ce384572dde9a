"""Makes the official papers of one referral for one reader: reads what they need, and sets them as PDF."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.http import HttpResponse
from django.utils import timezone, translation

from accounts.actors import Actor
from accounts.permissions import Permission
from patients import masking, risks
from patients import queries as patient_queries
from patients.identity import age_on
from patients.models import Identifier, IdentifierKind, Patient
from referral import carried, slips
from referral.directions import heading
from referral.models import Referral
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns
from referral.slips.parts import GENDERS, words

# Which number stands on the consent form, the first that the patient has.
_PREFERRED: Final = (
    IdentifierKind.RESIDENT_ID,
    IdentifierKind.PASSPORT,
    IdentifierKind.HK_MACAU_PERMIT,
    IdentifierKind.TAIWAN_PERMIT,
    IdentifierKind.FOREIGN_PERMANENT,
    IdentifierKind.MILITARY,
    IdentifierKind.BIRTH_CERTIFICATE,
)


def slip(referral: Referral, patient: Patient, by: Actor, *, qr: str) -> bytes:
    """Return the two-way referral slip as PDF, `qr` an SVG; whether it may be printed is policy's question."""
    bearer = _bearer(referral, patient, [], by)
    plan = queries_returns.plan(referral)
    # The papers are Chinese whoever prints them.
    with translation.override("zh-hans"):
        along = carried.printed(carried.carried(plan, referral))
    data = slips.slip(referral, bearer, review=queries.opinion(referral), along=along, qr=qr)
    return slips.pdf("slip", data)


def handed(referral: Referral, name: str, content: bytes) -> HttpResponse:
    """Return a PDF that opens in the browser under a name that names nobody; the caller records the read."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}-{referral.number}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def consent_form(referral: Referral, patient: Patient, by: Actor, *, at: datetime) -> bytes:
    """Return the consent form as PDF."""
    numbers = patient_queries.identifiers_of([patient])[patient.pk]
    bearer = _bearer(referral, patient, numbers, by)
    told = risks.current(timezone.localdate(at))
    data = slips.consent_form(referral, bearer, direction=heading(referral), risks=told, at=at)
    return slips.pdf("consent", data)


def _bearer(
    referral: Referral, patient: Patient, numbers: Sequence[Identifier], by: Actor
) -> slips.Bearer:
    """Return what the papers say of the patient.

    The forms bear the name in full. The rest is in full for whoever may unmask a patient, and masked
    for a hospital's system, which never may.
    """
    full = by.can(Permission.PATIENT_REVEAL)
    age = referral.patient_age
    if age is None:
        age = age_on(patient.birth_date, timezone.localdate())
    kind, value = _number(numbers)
    record_no, address, phone = (
        patient.health_record_no or "",
        patient.address or "",
        patient.phone or "",
    )
    if not full:
        record_no, address, phone, value = (
            masking.record_number(record_no) if record_no else "",
            masking.address(address),
            masking.phone(phone) if phone else "",
            masking.identifier(kind, value) if value else "",
        )
    return slips.Bearer(
        name=words(patient.name),
        gender=words(GENDERS.get(patient.gender)),
        age=str(age),
        record_no=words(record_no),
        address=words(address),
        phone=words(phone),
        identifier=words(value),
    )


def _number(numbers: Sequence[Identifier]) -> tuple[str, str]:
    """Return kind and value of the document number by which the patient is named."""
    borne = {row.kind: row.value or "" for row in numbers}
    kind = next((kind for kind in _PREFERRED if kind in borne), None)
    return (kind, borne[kind]) if kind else ("", "")
