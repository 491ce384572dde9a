"""The one page without a sign-in for patients: what their slip's code opens, and what they may say there.

To look changes nothing, since programs look at addresses too. To say something asks for the year of birth
first, and is then remembered by a cookie for some minutes (docs/adr/0029-what-a-patient-may-do-by-the-link.md).
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django import forms
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts import scope, throttle
from accounts.errors import Refused
from audit import record
from audit.models import Result
from patients import queries as patients
from referral import actions, links, tracking
from referral.codes import PutOffReason
from referral.models import Link, LinkKind
from referral.models.patient_words import LINE
from referral.policy import visits as policy
from referral.queries import referrals as queries

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}
# Says which link's year of birth was said in this browser, and a word that its forms must repeat.
COOKIE: Final = "patient_known"
PATH: Final = "/t/"
SALT: Final = "referral.tracking"
KNOWN_FOR: Final = timedelta(minutes=15)
YEAR: Final = re.compile(r"(?<!\d)(\d{4})(?!\d)")
WRONG: Final = _("This year is not right. Please check it.")
NO_YEAR: Final = _("Please write the year in four digits, such as 1956.")
# Longer waits are not told to the second: whoever meets them needs another slip.
TOLD: Final = timedelta(hours=1)
ENOUGH: Final = _(
    "Too many wrong years for this code. Please ask the clinic that referred you for a new slip."
)
CHANGED: Final = _("Your referral has changed meanwhile. Please read what this page says now.")
CHOOSE: Final = _("Please choose one.")
# Refusals whose reason is said to a patient as it is.
PLAIN: Final = frozenset(
    verdict.code for verdict in (policy.VISIT_OVER, policy.TOO_EARLY, policy.CLOSED)
)


class PutOffForm(forms.Form):
    """Why the patient cannot come."""

    reason = forms.ChoiceField(choices=PutOffReason.choices)
    version = forms.IntegerField()


class ConfirmForm(forms.Form):
    """That the patient will come."""

    version = forms.IntegerField()


class FeedbackForm(forms.Form):
    """How it went, by a number and a line."""

    score = forms.TypedChoiceField(
        choices=[(score, words) for score, words in tracking.SCORES.items()],
        coerce=int,
    )
    text = forms.CharField(max_length=LINE, required=False)

    def clean_text(self) -> str:
        """Return the line without breaks and signs that nobody sees."""
        text = "".join(
            " " if unicodedata.category(sign).startswith("C") else sign
            for sign in self.cleaned_data["text"]
        )
        return " ".join(text.split())


class Saying(NamedTuple):
    """Something that a patient may say: by which form, what is done, and beside what a refusal stands."""

    form: type[forms.Form]
    action: Callable[..., None]
    at: str


SAYINGS: Final = {
    "confirm": Saying(ConfirmForm, actions.confirm_visit, "visit"),
    "put-off": Saying(PutOffForm, actions.put_off_by_patient, "visit"),
    "feedback": Saying(FeedbackForm, actions.give_feedback, "feedback"),
}


# The page sends no referrer, so its forms come with `Origin: null`, which the plain check would refuse. The token
# of the address is what no other site knows, and what is said needs a cookie of this site and its word besides.
# Not in one transaction: a try of the year is counted before it is judged, whatever comes of the request.
@method_decorator([csrf_exempt, transaction.non_atomic_requests], name="dispatch")
class Tracking(View):
    """Shows where a referral stands to whoever holds the code; every other token gets the same 404.

    All forms are posted to the address of the page itself, so that it stands nowhere inside.
    """

    http_method_names = ["get", "head", "post"]
    now: datetime

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the language of the address, with the headers of a secret one."""
        asked = request.GET.get("language", "")
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        self.now = timezone.now()
        with translation.override(language):
            try:
                answer = super().dispatch(request, *args, **kwargs)
            except Http404:
                answer = render(request, "tracking/gone.html", self._frame(), status=404)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the page; nothing is changed by it, whoever or whatever opens the address."""
        return self._page(self._opened(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take the year of birth, or what whoever has said it says besides."""
        link = self._opened(token)
        said = request.POST.get("say", "")
        if said == "year":
            return self._year(link, token)
        word = self._word(link)
        repeated = word and constant_time_compare(word, request.POST.get("word", ""))
        if said not in SAYINGS or not repeated:
            # After a while the year is asked for again; from another site nothing is done.
            return self._back(token)
        return self._said(link, token, SAYINGS[said])

    def _opened(self, token: str) -> Link:
        with transaction.atomic():
            link = links.find(token, LinkKind.PATIENT, now=self.now)
        if link is None:
            raise Http404
        return link

    def _page(
        self, link: Link, *, refusal: str | Promise = "", at: str = "", status: int = 200
    ) -> HttpResponse:
        """Return the page; `refusal` says beside the form `at` why nothing was done."""
        word = self._word(link)
        with transaction.atomic(), scope.lifted(links.NOBODY) as system:
            referral = queries.find(link.referral_id, system)
            found = tracking.tracked(referral, self.now) if referral else None
            if referral is None or found is None:
                raise Http404
            context = {
                **self._frame(),
                "tracked": found,
                "more": tracking.more(referral) if word else None,
                "word": word,
                "refusal": refusal,
                "at": at,
                "reasons": PutOffReason.choices,
                "scores": tracking.SCORES.items(),
                "line": LINE,
            }
            answer = render(self.request, "tracking/page.html", context, status=status)
            people, legs = [referral.patient_id], [referral.id]
            record.read(system, what="referral.track", patients=people, referrals=legs)
        return answer

    def _year(self, link: Link, token: str) -> HttpResponse:
        """Judge the year; whether it is wrong or nothing is known, the answer is the same."""
        said = YEAR.search(unicodedata.normalize("NFKC", self.request.POST.get("year", "")))
        if said is None:
            return self._page(link, refusal=NO_YEAR, at="year", status=422)
        counted = throttle.link_counters(self.request, str(link.pk))
        wait = throttle.claim(counted, now=self.now)
        if wait is not None:
            words = throttle.please_wait(wait) if wait <= TOLD else ENOUGH
            answer = self._page(link, refusal=words, at="year", status=429)
            answer["Retry-After"] = str(int(wait.total_seconds()) + 1)
            return answer
        if not self._is_right(link, said[1]):
            return self._page(link, refusal=WRONG, at="year", status=422)
        throttle.give_back(counted)
        # Noted with the first year that was right: a robot only looks.
        with transaction.atomic():
            links.open(token, LinkKind.PATIENT, now=self.now)
        return self._known(link, token)

    def _is_right(self, link: Link, year: str) -> bool:
        referral = link.referral
        with transaction.atomic(), scope.lifted(links.NOBODY) as system:
            patient = patients.find(referral.patient_id, system)
            born = f"{patient.birth_date.year:04}" if patient else "----"
            right = constant_time_compare(born, year)
            record.read(
                system,
                what="referral.track_known",
                patients=[referral.patient_id],
                referrals=[referral.pk],
                result=Result.OK if right else Result.REFUSED,
            )
        return right

    def _known(self, link: Link, token: str) -> HttpResponse:
        answer = self._back(token)
        answer.set_cookie(
            COOKIE,
            signing.dumps([str(link.pk), secrets.token_urlsafe(16)], salt=SALT),
            path=PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
        return answer

    def _said(self, link: Link, token: str, saying: Saying) -> HttpResponse:
        form = saying.form(self.request.POST)
        if not form.is_valid():
            return self._page(link, refusal=CHOOSE, at=saying.at, status=422)
        try:
            with transaction.atomic(), scope.lifted(links.NOBODY) as system:
                saying.action(link, by=system, now=self.now, **form.cleaned_data)
        except Refused as refusal:
            words = str(refusal.detail) if refusal.code in PLAIN else CHANGED
            return self._page(link, refusal=words, at=saying.at, status=409)
        return self._back(token)

    def _word(self, link: Link) -> str:
        """Return the word that forms must repeat where the year of birth was said a while ago; else nothing."""
        try:
            named, word = signing.loads(
                self.request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR
            )
        except (signing.BadSignature, ValueError, TypeError):
            return ""
        return str(word) if named == str(link.pk) else ""

    def _back(self, token: str) -> HttpResponse:
        """Lead to the page itself, in its language."""
        asked = self.request.GET.get("language", "")
        query = f"?language={asked}" if asked in dict(settings.LANGUAGES) else ""
        return redirect(reverse("referral:tracking", args=[token]) + query)

    def _frame(self) -> Mapping[str, Any]:
        return {"is_english": translation.get_language() == "en"}
