"""What patients said of the legs that a facility has sent and received, for those who manage referrals there."""

from typing import ClassVar, Final

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts import replica
from accounts.permissions import Permission
from accounts.rest import keyset
from referral import tracking
from referral.queries import visits as queries
from referral.views import PAGE_SIZE, ReferralPage

NEWEST_FIRST: Final = ("-given_at", "-referral")


class Given(ReferralPage):
    """A list of what was said, newest first; it names no patient."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_REVIEW

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of it: of what came here, or with `sent` of what went from here."""
        sent = "sent" in request.GET
        rows, cursor = queries.given(self.actor, sent=sent), request.GET.get("cursor") or None
        asked = Request(request)
        try:
            page = keyset(rows, request=asked, order=NEWEST_FIRST, limit=PAGE_SIZE, cursor=cursor)
        except ValidationError as error:
            raise BadRequest("not a cursor of this list") from error
        context = {
            "sent": sent,
            "page": page,
            "said": [(row, tracking.SCORES[row.score]) for row in page.rows],
        }
        answer = self.show("managing/feedback.html", context)
        self.log("referral.feedback", [row.referral for row in page.rows])
        return answer
