"""Says who may do what to a patient's record, and why not: one `may_<verb>` for each verb.

Whether the patient is visible at all is asked before, by the queries: a hidden patient is not there.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from patients.models import Consent, FamilyDoctorContract, Patient


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed, and if not, a stable code and a reason for people."""

    allowed: bool
    code: str = ""
    reason: str | Promise = ""
    kind: Kind = Kind.CONFLICT


YES: Final = Verdict(True)
NO_RIGHT: Final = Verdict(
    False, "no-right-to-patients", _("Your role may not do this with patients."), Kind.FORBIDDEN
)
NO_FACILITY: Final = Verdict(
    False, "no-facility", _("Only somebody who acts for a facility may do this."), Kind.FORBIDDEN
)
OTHER_FACILITY: Final = Verdict(
    False,
    "recorded-elsewhere",
    _("Only the facility that recorded it may do this."),
    Kind.FORBIDDEN,
)
CONSENT_NOT_LIVE: Final = Verdict(
    False, "consent-not-live", _("This consent was refused or is already withdrawn.")
)
CONTRACT_WITHOUT_CONSENT: Final = Verdict(
    False,
    "contract-needs-consent",
    _("A contract needs the person's consent to registration, recorded by your facility."),
    Kind.UNPROCESSABLE,
)
CONTRACT_ENDED: Final = Verdict(False, "contract-ended", _("This contract has already ended."))
DECEASED: Final = Verdict(False, "patient-deceased", _("The patient has died."))
MERGED_ALREADY: Final = Verdict(
    False, "merged-already", _("One of the records is already merged into another.")
)
MERGED_INTO_ITSELF: Final = Verdict(
    False, "same-record", _("A record cannot be merged into itself.")
)


def _acts_here(by: Actor, right: Permission) -> Verdict:
    if not by.can(right):
        return NO_RIGHT
    return YES if by.facility_id is not None else NO_FACILITY


def may_register(by: Actor) -> Verdict:
    """A patient is registered by a facility."""
    return _acts_here(by, Permission.PATIENT_EDIT)


def may_update(by: Actor) -> Verdict:
    """Whoever sees a patient and may edit patients may correct the record."""
    return YES if by.can(Permission.PATIENT_EDIT) else NO_RIGHT


def may_reveal(by: Actor) -> Verdict:
    """Full values need a right of their own."""
    return YES if by.can(Permission.PATIENT_REVEAL) else NO_RIGHT


def may_record_consent(by: Actor) -> Verdict:
    """A consent is given to a facility."""
    return _acts_here(by, Permission.PATIENT_EDIT)


def may_withdraw_consent(consent: Consent, by: Actor) -> Verdict:
    """The facility that recorded a consent records its withdrawal, once."""
    verdict = _acts_here(by, Permission.PATIENT_EDIT)
    if not verdict.allowed:
        return verdict
    if consent.facility_id != by.facility_id:
        return OTHER_FACILITY
    return YES if consent.given and consent.withdrawn_at is None else CONSENT_NOT_LIVE


def may_sign_contract(patient: Patient, by: Actor, *, agreed: bool) -> Verdict:
    """A facility signs for itself, with the living, and with those who agreed to be registered there.

    Else whoever was sent a patient for one referral could keep the record for ever.
    """
    verdict = _acts_here(by, Permission.PATIENT_EDIT)
    if not verdict.allowed:
        return verdict
    if patient.deceased:
        return DECEASED
    return YES if agreed else CONTRACT_WITHOUT_CONSENT


def may_end_contract(contract: FamilyDoctorContract, by: Actor, on: date) -> Verdict:
    """The facility of a contract ends it while it runs or before it begins."""
    verdict = _acts_here(by, Permission.PATIENT_EDIT)
    if not verdict.allowed:
        return verdict
    if contract.facility_id != by.facility_id:
        return OTHER_FACILITY
    return YES if contract.ends is None or contract.ends > on else CONTRACT_ENDED


def may_merge(source: Patient, target: Patient, by: Actor) -> Verdict:
    """Two living records of one person become one; whoever asks sees both."""
    if not by.can(Permission.PATIENT_EDIT):
        return NO_RIGHT
    if source.pk == target.pk:
        return MERGED_INTO_ITSELF
    if source.merged_into_id is not None or target.merged_into_id is not None:
        return MERGED_ALREADY
    return YES


def demand(verdict: Verdict) -> None:
    """Raise Refused unless allowed."""
    if not verdict.allowed:
        raise Refused(verdict.code, verdict.reason, kind=verdict.kind)
