"""The one page without a sign-in for patients: what their slip's code opens."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views import View

from accounts import scope
from audit import record
from referral import links, tracking
from referral.models import LinkKind
from referral.queries import referrals as queries

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class Tracking(View):
    """Shows where a referral stands to whoever holds the code; every other token gets the same 404."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Open the link and show the page; no cookie is set, the language is a parameter."""
        asked = request.GET.get("language", "")
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            found = self._found(token)
            context = {"tracked": found, "is_english": language == "en"}
            if found is None:
                return self._page(request, "tracking/gone.html", context, status=404)
            return self._page(request, "tracking/page.html", context, status=200)

    def _found(self, token: str) -> tracking.Tracked | None:
        link = links.open(token, LinkKind.PATIENT, now=timezone.now())
        if link is None:
            return None
        with scope.lifted(links.NOBODY) as system:
            referral = queries.find(link.referral_id, system)
            found = tracking.tracked(referral) if referral else None
            if referral and found:
                people, legs = [referral.patient_id], [referral.id]
                record.read(system, what="referral.track", patients=people, referrals=legs)
        return found

    def _page(
        self, request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int
    ) -> HttpResponse:
        answer = render(request, template, context, status=status)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer
