"""Says in words what each role may do; the rights themselves are in accounts.permissions."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role

WORDS: Final[dict[Permission, Any]] = {
    Permission.DIRECTORY_VIEW: _("look up institutions, departments and alliances"),
    Permission.PATIENT_VIEW: _("see patients of the own institution, masked"),
    Permission.PATIENT_EDIT: _("register patients and correct their particulars"),
    Permission.PATIENT_REVEAL: _("unmask a patient's particulars, with a reason"),
    Permission.REFERRAL_VIEW: _("see the referrals of the own institution"),
    Permission.REFERRAL_FILE: _("file, send and withdraw referrals"),
    Permission.REFERRAL_REVIEW: _("review referrals in the house before they go"),
    Permission.REFERRAL_RECEIVE: _("accept, decline, fix visits, treat and send back"),
    Permission.REFERRAL_COORDINATE: _("send on and end what nobody answers, set time limits"),
    Permission.ALLIANCE_VIEW: _("look over the referrals of the alliance"),
    Permission.FACILITY_EDIT: _("keep the institution's own entry in the directory"),
    Permission.CAPACITY_MANAGE: _("plan appointments, beds and equipment"),
    Permission.WEBHOOK_MANAGE: _("connect other systems by webhooks"),
    Permission.AUDIT_VIEW: _("search the audit trail"),
    Permission.STAFF_ASSIGN: _("give and end posts, hand on open referrals"),
    Permission.EVENT_DECLARE: _("declare an event of public health"),
    Permission.ACCESS_MANAGE: _("administer the sign-ins of the staff"),
    Permission.FIGURES_REPORT: _("report the monthly figures behind the rates"),
    Permission.NUMBERS_VIEW: _("see the rates"),
}
# What a role does that hangs on the role itself.
BY_ROLE: Final[dict[Role, Sequence[Any]]] = {
    Role.SYSTEM_ADMIN: (_("keep the whole directory, import it, give every role"),),
    Role.HEALTH_AUTHORITY: (_("count the own region and those below, never see a referral"),),
}


def roles() -> list[tuple[Any, list[Any]]]:
    """Return each role with what it may do, in the order of the rights."""
    return [
        (
            role.label,
            [
                *BY_ROLE.get(role, ()),
                *(WORDS[each] for each in Permission if each in ROLE_PERMISSIONS[role]),
            ],
        )
        for role in Role
    ]
