"""Says what each role may do; whether it may do it to this referral is asked in referral.policy."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """One right, held by a role at one facility."""

    DIRECTORY_VIEW = "directory_view"
    PATIENT_VIEW = "patient_view"
    PATIENT_EDIT = "patient_edit"
    PATIENT_REVEAL = "patient_reveal"
    REFERRAL_VIEW = "referral_view"
    REFERRAL_FILE = "referral_file"
    REFERRAL_REVIEW = "referral_review"
    REFERRAL_RECEIVE = "referral_receive"
    REFERRAL_COORDINATE = "referral_coordinate"
    ALLIANCE_VIEW = "alliance_view"
    FACILITY_EDIT = "facility_edit"
    CAPACITY_MANAGE = "capacity_manage"
    WEBHOOK_MANAGE = "webhook_manage"
    AUDIT_VIEW = "audit_view"
    STAFF_ASSIGN = "staff_assign"
    EVENT_DECLARE = "event_declare"
    ACCESS_MANAGE = "access_manage"
    FIGURES_REPORT = "figures_report"
    NUMBERS_VIEW = "numbers_view"


class Role(models.TextChoices):
    """What a person is at one facility; a person with several posts has several roles."""

    CLINIC_DOCTOR = "clinic_doctor", _("Clinic doctor")
    CLINIC_MANAGER = "clinic_manager", _("Clinic manager")
    HOSPITAL_DOCTOR = "hospital_doctor", _("Hospital doctor")
    REFERRAL_OFFICE = "referral_office", _("Referral office")
    ALLIANCE_MANAGER = "alliance_manager", _("Alliance manager")
    INTEGRATOR = "integrator", _("System integrator")
    AUDITOR = "auditor", _("Auditor")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    HEALTH_AUTHORITY = "health_authority", _("Health authority")


# One runs the system, one its rights, one looks at what both did: nobody is two of them on one day
# (GB/T 22239-2019, 8.1.4.2; held by the constraint post_one_administration).
ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})


# A deputy takes over the work of clinicians and managers. Systems, auditors and administrators are kept
# apart from one another and from them, and their rights pass to nobody.
DELEGABLE: Final = frozenset(
    {
        Role.CLINIC_DOCTOR,
        Role.CLINIC_MANAGER,
        Role.HOSPITAL_DOCTOR,
        Role.REFERRAL_OFFICE,
        Role.ALLIANCE_MANAGER,
    }
)

_CLINICAL: Final = frozenset(
    {
        Permission.DIRECTORY_VIEW,
        Permission.PATIENT_VIEW,
        Permission.PATIENT_EDIT,
        Permission.PATIENT_REVEAL,
        Permission.REFERRAL_VIEW,
        Permission.REFERRAL_FILE,
        Permission.REFERRAL_RECEIVE,
        Permission.NUMBERS_VIEW,
    }
)

ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.CLINIC_DOCTOR: _CLINICAL,
    Role.CLINIC_MANAGER: frozenset(
        {
            Permission.DIRECTORY_VIEW,
            Permission.REFERRAL_VIEW,
            Permission.REFERRAL_REVIEW,
            Permission.WEBHOOK_MANAGE,
            Permission.STAFF_ASSIGN,
            Permission.CAPACITY_MANAGE,
            Permission.FACILITY_EDIT,
            Permission.FIGURES_REPORT,
            Permission.NUMBERS_VIEW,
        }
    ),
    Role.HOSPITAL_DOCTOR: _CLINICAL,
    Role.REFERRAL_OFFICE: _CLINICAL
    | {
        Permission.REFERRAL_REVIEW,
        Permission.WEBHOOK_MANAGE,
        Permission.STAFF_ASSIGN,
        Permission.CAPACITY_MANAGE,
        Permission.FACILITY_EDIT,
        Permission.FIGURES_REPORT,
    },
    Role.ALLIANCE_MANAGER: frozenset(
        {
            Permission.DIRECTORY_VIEW,
            Permission.REFERRAL_VIEW,
            Permission.ALLIANCE_VIEW,
            Permission.REFERRAL_COORDINATE,
            Permission.EVENT_DECLARE,
            Permission.FIGURES_REPORT,
            Permission.NUMBERS_VIEW,
        }
    ),
    # A hospital system acts for its facility as a doctor does, but never unmasks a patient.
    Role.INTEGRATOR: (_CLINICAL - {Permission.PATIENT_REVEAL}) | {Permission.WEBHOOK_MANAGE},
    Role.AUDITOR: frozenset({Permission.DIRECTORY_VIEW, Permission.AUDIT_VIEW}),
    Role.SYSTEM_ADMIN: frozenset(
        {Permission.DIRECTORY_VIEW, Permission.EVENT_DECLARE, Permission.FIGURES_REPORT}
    ),
    Role.SECURITY_ADMIN: frozenset({Permission.DIRECTORY_VIEW, Permission.ACCESS_MANAGE}),
    # It counts its region and never sees a referral, nor whom one is about (ADR 0036).
    Role.HEALTH_AUTHORITY: frozenset(
        {Permission.DIRECTORY_VIEW, Permission.NUMBERS_VIEW, Permission.FIGURES_REPORT}
    ),
}
