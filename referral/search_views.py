"""The search of the header. What is typed may name a person, so it is posted, and stands in no address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from audit import record
from referral import finding
from referral.views import ReferralPage


class Search(ReferralPage):
    """One field for a referral's number, a patient's number, telephone or name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the field alone; also whoever reloads after a switch of language comes here."""
        return self.show("referral/search.html", {"here": "search"})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Lead to the referral of a number; else show the patients found, with what is under way about them."""
        typed = request.POST.get("q", "").replace("\0", "").strip()[: finding.LONGEST]
        if not typed:
            return self.get(request)
        referral = finding.by_number(typed, self.actor)
        if referral is not None:
            return redirect("referral:referral", referral.pk)
        rows = finding.patients(typed, self.actor)
        shown = rows[: finding.MOST_PATIENTS]
        legs = finding.legs(shown, self.actor)
        context: dict[str, Any] = {
            "here": "search",
            "typed": typed,
            "found": finding.told(shown, legs, timezone.now()),
            "more": len(rows) > len(shown),
        }
        answer = self.show("referral/search.html", context)
        people, seen = [row.pk for row in shown], [leg.pk for leg in legs]
        record.read(self.actor, what="referral.search", patients=people, referrals=seen)
        return answer
