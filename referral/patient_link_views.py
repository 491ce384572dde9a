"""The link of a patient from the page of his referral: hand out a new one, take back those that are out."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import Refused
from accounts.permissions import Permission
from referral import links, pages
from referral.actions import printing
from referral.models import LinkKind, Referral
from referral.policy import documents as policy
from referral.queries import visits as queries
from referral.views import Detail

REVOKE = "revoke"


class PatientLink(Detail):
    """How many links of this facility's are in force; a new one is shown once, on this page alone."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Show what is out."""
        return self._page(self._mine(referral_id))

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Take all links of this facility back, or make a new one and show it."""
        referral = self._mine(referral_id)
        if request.POST.get("do") == REVOKE:
            count = printing.revoke_tracking(referral.pk, by=self.actor)
            text = ngettext(
                "%(count)d link was taken back.", "%(count)d links were taken back.", count
            )
            messages.success(request, text % {"count": count} if count else _("No link was out."))
            return redirect("referral:patient-link", referral.pk)
        try:
            with transaction.atomic():
                token = printing.make_tracking(referral.pk, by=self.actor)
        except Refused as refusal:
            return self._page(referral, refusal=refusal, status=refusal.kind.value)
        made = {
            "address": links.address(token, LinkKind.PATIENT),
            "picture": printing.code_picture(token),
        }
        return self._page(referral, made=made)

    def _mine(self, referral_id: UUID) -> Referral:
        """Return the referral where this post hands out links of it; 404 and 403 as for every deed on it."""
        referral = self.found(referral_id)
        if not policy.may_revoke_codes(referral, self.actor).allowed:
            raise PermissionDenied
        return referral

    def _page(
        self,
        referral: Referral,
        *,
        made: dict[str, str] | None = None,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        now = timezone.now()
        patient = pages.patient_of(referral, self.actor)
        context: dict[str, Any] = {
            "line": pages.line(referral, {referral.patient_id: patient} if patient else {}, now),
            "referral": referral,
            "made": made,
            "out": queries.links_out(referral, printing.side_of(referral, self.actor), now),
            "most": printing.LIVE_A_SIDE,
            "days": links.lifetime(LinkKind.PATIENT).days,
            **pages.refused(refusal, invalid=False),
        }
        answer = self.show("referral/link.html", context, status=status)
        self.log("referral.tracking_links", [referral])
        return answer
