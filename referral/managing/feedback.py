"""What patients said of the legs that a facility has sent and received, for those who manage referrals there."""

from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import replica
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from referral import actions, tracking
from referral.codes_returns import HideReason
from referral.models import PatientFeedback
from referral.queries import visits as queries
from referral.views import ReferralPage

NEWEST_FIRST: Final = ("-given_at", "-referral")


class Said(NamedTuple):
    """What a patient said as staff see it: the score in words, and why its line is hidden, if it is."""

    row: PatientFeedback
    words: Any
    hidden: Any


def said(row: Any) -> Said:
    """Return a row of `queries.given` or `queries.heard` as staff see it."""
    hidden = HideReason(row.hidden_why).label if row.hidden_why else ""
    return Said(row, tracking.SCORES[row.score], hidden)


class Given(ReferralPage):
    """A list of what was said, newest first; it names no patient."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_REVIEW

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of it: of what came here, or with `sent` of what went from here."""
        sent = "sent" in request.GET
        page = self.paged(queries.given(self.actor, sent=sent), NEWEST_FIRST)
        context = {
            "sent": sent,
            "page": page,
            "said": [said(row) for row in page.rows],
            "reasons": HideReason.choices,
            "key": uuid4(),
        }
        answer = self.show("managing/feedback.html", context)
        self.log("referral.feedback", [row.referral for row in page.rows])
        return answer


class Hide(ReferralPage):
    """Hides one line from staff, with a reason."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_REVIEW

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Do it once, and lead back to the list; 404 for a leg of others as for none."""
        reason = request.POST.get("reason", "")
        back = reverse("referral:feedback") + ("?sent=1" if request.POST.get("sent") else "")
        if reason not in HideReason.values:
            messages.warning(request, _("Say why the line is hidden."))
            return redirect(back)

        def perform() -> str:
            actions.hide_feedback(referral_id, by=self.actor, reason=reason)
            return back

        try:
            self.once(request.POST.get("key", "")[:36], perform)
        except Refused as refusal:
            if refusal.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise Http404 from refusal
            messages.warning(request, str(refusal.detail))
            return redirect(back)
        messages.success(request, _("The line is hidden. It is kept, with the reason."))
        return redirect(back)
