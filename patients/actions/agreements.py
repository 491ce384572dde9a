"""Records what patients agree to: consents given, refused and withdrawn, family-doctor contracts."""

from datetime import date, datetime, time
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Refused, not_found
from audit import record
from patients import particulars, policy, queries, registration
from patients.actions import access
from patients.actions.finding import found
from patients.models import AccessPurpose, Consent, FamilyDoctorContract
from patients.particulars import GivenConsent, Problems


@transaction.atomic
def record_consent(
    patient_id: UUID, consent: GivenConsent, *, by: Actor, now: datetime | None = None
) -> list[Consent]:
    """Record what a visible patient answered, also a refusal; the newest answer to a purpose counts.

    Raises Refused: `not-found`, `guardian-consent-required`, `invalid`.
    """
    moment = now or timezone.now()
    policy.demand(policy.may_record_consent(by))
    patient = found(patient_id, by)
    today = timezone.localdate(moment)
    answer = particulars.consent_checked(
        consent, patient.birth_date, today, lacks_capacity=patient.lacks_capacity
    )
    _demand_teller(answer, by=by, on=today)
    rows = registration.consent_rows(patient, answer, by=by, now=moment)
    Consent.objects.bulk_create(rows)
    record.change(by, patient=patient.pk, what="patient.consent.record")
    return rows


def _demand_teller(consent: GivenConsent, *, by: Actor, on: date) -> None:
    """Raise Refused `invalid` where who told the risks holds no post at the facility."""
    if consent.told_by_id in (None, by.user_id) or by.facility_id is None:
        return
    assert consent.told_by_id is not None
    problems = Problems()
    _expect_post("told_by", consent.told_by_id, by.facility_id, on, problems)
    problems.settle()


def _expect_post(
    field: str, user_id: UUID, facility_id: UUID, on: date, problems: Problems
) -> None:
    """Add a problem where the person that a field names holds no post at the facility on a day."""
    if not queries.holds_post(user_id, facility_id, on=on):
        problems.add(field, _("This person has no post at your facility on that day."))


@transaction.atomic
def withdraw_consent(
    patient_id: UUID, consent_id: UUID, *, by: Actor, now: datetime | None = None
) -> Consent:
    """Record that a consent is withdrawn; referrals that rest on it find out by their own sweep.

    Raises Refused: `not-found`, `recorded-elsewhere`, `consent-not-live`.
    """
    moment = now or timezone.now()
    patient = found(patient_id, by)
    consent = queries.consent(patient, consent_id)
    if consent is None:
        raise not_found()
    policy.demand(policy.may_withdraw_consent(consent, by))
    # Row security lets nobody lock a consent that is withdrawn, so two withdrawals meet here.
    live = Consent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True)
    if not live.update(withdrawn_at=moment):
        policy.demand(policy.CONSENT_NOT_LIVE)
    consent.withdrawn_at = moment
    record.change(by, patient=patient.pk, what="patient.consent.withdraw", fields=["withdrawn_at"])
    return consent


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _demand_term(
    facility_id: UUID, doctor_id: UUID | None, *, starts: date, ends: date | None
) -> None:
    """Raise Refused `invalid` for a term that ends before it starts, or a doctor without a post here."""
    problems = Problems()
    if ends is not None and ends <= starts:
        problems.add("ends", _("The end must lie after the start."))
    if doctor_id is not None:
        _expect_post("doctor", doctor_id, facility_id, starts, problems)
    problems.settle()


@transaction.atomic
def sign_contract(
    patient_id: UUID,
    *,
    starts: date,
    ends: date | None = None,
    doctor_id: UUID | None = None,
    by: Actor,
) -> FamilyDoctorContract:
    """Sign a visible patient on with the actor's facility for [starts, ends), and grant it access so long.

    Raises Refused: `not-found`, `patient-deceased`, `contract-needs-consent`, `invalid` for a term that
    ends before it starts or a doctor who holds no post here, `contract-overlaps`.
    """
    patient = found(patient_id, by)
    agreed = queries.agreed_to_registration(patient, by.facility_id)
    policy.demand(policy.may_sign_contract(patient, by, agreed=agreed))
    assert by.facility_id is not None
    _demand_term(by.facility_id, doctor_id, starts=starts, ends=ends)
    contract = FamilyDoctorContract(
        patient=patient,
        facility_id=by.facility_id,
        doctor_id=doctor_id,
        starts=starts,
        ends=ends,
    )
    try:
        with transaction.atomic():
            contract.save(force_insert=True)
    except IntegrityError as error:
        text = _("The patient has a contract with your facility in this term already.")
        raise Refused("contract-overlaps", text) from error
    access.grant_access(
        patient.pk,
        by.facility_id,
        purpose=AccessPurpose.CONTRACT,
        reference=contract.pk,
        starts=_midnight(starts),
        ends=_midnight(ends) if ends else None,
        by=by,
    )
    record.change(by, patient=patient.pk, what="patient.contract.sign")
    return contract


@transaction.atomic
def end_contract(
    patient_id: UUID,
    contract_id: UUID,
    *,
    ends: date | None = None,
    by: Actor,
    now: datetime | None = None,
) -> FamilyDoctorContract:
    """End a contract of the actor's facility on a day (today if none is given), and the access it gave.

    A contract that has not begun ends on its first day. Raises Refused: `not-found`,
    `recorded-elsewhere`, `contract-ended`, `invalid` for a day before today or after the agreed end.
    """
    today = timezone.localdate(now or timezone.now())
    patient = found(patient_id, by)
    contract = queries.contract(patient, contract_id)
    if contract is None:
        raise not_found()
    policy.demand(policy.may_end_contract(contract, by, today))
    last = ends or today
    problems = Problems()
    if last < today or (contract.ends is not None and last > contract.ends):
        problems.add("ends", _("The day must lie between today and the agreed end."))
    problems.settle()
    agreed, contract.ends = contract.ends, max(last, contract.starts)
    # Compare and swap: somebody else may be ending the same contract.
    if not FamilyDoctorContract.objects.filter(pk=contract.pk, ends=agreed).update(
        ends=contract.ends
    ):
        policy.demand(policy.CONTRACT_ENDED)
    access.end_access(contract.pk, contract.facility_id, ends=_midnight(contract.ends), by=by)
    record.change(by, patient=patient.pk, what="patient.contract.end", fields=["ends"])
    return contract
