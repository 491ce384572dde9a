"""The pages of a receiver outside the network: a link opens one referral, and leads to it for a while.

Nobody signs in here. The link is exchanged by a button for a signed cookie that names the link; each request
reads the link anew, so that one taken back ends at once. What is done runs as the receiving facility, by the
actions that everybody uses. Whatever is wrong with a link or a cookie, the answer is the same 404.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from audit import record
from referral import links, pages, panel, wording
from referral.carried import carried
from referral.desk.offers import Offers
from referral.forms_base import MoveForm
from referral.models import Link, LinkKind, Referral
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns
from referral.states import LIVE, Status

COOKIE: Final = "outside"
# In the session of the browser that opens a link: whoever presses the button twice shows the answer to the
# second click, and the cookie of the first may never arrive.
OPENED: Final = "outside_opened"
PATH: Final = "/o/"
SALT: Final = "referral.outside"
RIGHTS: Final = frozenset(
    {Permission.REFERRAL_VIEW, Permission.REFERRAL_RECEIVE, Permission.PATIENT_VIEW}
)
# Within which the second of two equal moves is the same click.
TWICE: Final = timedelta(seconds=10)
VERBS: Final = (
    "open",
    "ask_information",
    "accept",
    "acknowledge",
    "decline",
    "schedule",
    "arrive",
    "record_no_show",
    "complete",
)
# Afterwards the page only says how it ended.
SHOWN_ENDED: Final = frozenset({Status.COMPLETED, Status.DECLINED, Status.NO_SHOW})


def actor_of(link: Link) -> Actor:
    """Return who acts by a link: the receiving facility, without a person, with a receiver's rights."""
    return Actor(None, link.referral.to_facility_id, None, RIGHTS, name="link")


def opened_here(request: HttpRequest, now: datetime) -> Link | None:
    """Return the link that the cookie names, as long as it leads somewhere; else None."""
    try:
        named = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=links.session_lifetime()
        )
    except signing.BadSignature:
        return None
    return links.opened(named, LinkKind.OUTSIDE, now=now)


def let_in(link: Link) -> HttpResponse:
    """Return the way to the referral with the cookie that opens it."""
    answer = redirect("referral:outside")
    answer.set_cookie(
        COOKIE,
        signing.dumps(str(link.pk), salt=SALT),
        max_age=int(links.session_lifetime().total_seconds()),
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


class Guarded(View):
    """Keeps answers out of caches, search engines and the addresses told to other sites."""

    referrer_policy: ClassVar[str] = "same-origin"
    # Whether what was opened on this device may still be open: its cookie does not come along from elsewhere.
    again: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with the headers of a secret address; whatever is wrong, say in one page what to do."""
        answer: HttpResponseBase
        try:
            self.enter(request)
            answer = super().dispatch(request, *args, **kwargs)
        except Http404:
            answer = render(request, "outside/gone.html", {"again": self.again}, status=404)
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = self.referrer_policy
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def enter(self, request: HttpRequest) -> None:
        """Do what must be done before the method answers."""


# A page that sends no referrer sends `Origin: null` with its forms, which the CSRF check would refuse. The
# token in the address is itself what no other site knows.
@method_decorator(csrf_exempt, name="dispatch")
class Enter(Guarded):
    """The secret address: a page with one button, since programs that fetch addresses press none."""

    referrer_policy: ClassVar[str] = "no-referrer"
    again: ClassVar[bool] = True

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button of a link that would open; 404 for any other."""
        now = timezone.now()
        if links.find(token, LinkKind.OUTSIDE, now=now) is None:
            return self._again(request, token, now)
        # So that this browser is known again by its session.
        request.session[OPENED] = ""
        return render(request, "outside/enter.html")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Exchange the link for a cookie, once; 404 for a link that does not open."""
        now = timezone.now()
        link = links.open(token, LinkKind.OUTSIDE, now=now)
        if link is None:
            return self._again(request, token, now)
        actor, leg = actor_of(link), link.referral
        scope.enter(actor)
        request.session[OPENED] = str(link.pk)
        # In the transaction that spends the link: a second click waits for it, and then finds both.
        must_create = False
        request.session.save(must_create)
        record.read(
            actor, what="referral.link_opened", patients=[leg.patient_id], referrals=[leg.pk]
        )
        return let_in(link)

    def _again(self, request: HttpRequest, token: str, now: datetime) -> HttpResponse:
        """Lead the browser that has opened this address to its referral again; 404 for everybody else.

        The button was pressed twice, or the address was opened anew from the message that brought it.
        """
        named = request.session.get(OPENED)
        by_session = links.opened(named, LinkKind.OUTSIDE, now=now) if named else None
        for link in (by_session, opened_here(request, now)):
            if link is not None and bytes(link.token_hash) == links.digest(token):
                return let_in(link)
        raise Http404


class Outside(Guarded):
    """The one referral that an opened link leads to."""

    actor: Actor
    referral: Referral

    def enter(self, request: HttpRequest) -> None:
        """Find the referral by the cookie, and enter the scope of its receiver."""
        link = opened_here(request, timezone.now())
        if link is None:
            raise Http404
        self.actor = actor_of(link)
        scope.enter(self.actor)
        self.referral = self.found(link.referral_id)

    def found(self, referral_id: UUID) -> Referral:
        """Return the referral as it stands, while its receiver may see it in this way."""
        referral = queries.find(referral_id, self.actor)
        if referral is None or referral.status not in LIVE | SHOWN_ENDED:
            raise Http404
        return referral

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the referral with what may be done now."""
        return self.whole()

    def whole(
        self,
        *,
        form: MoveForm | None = None,
        verb: str = "",
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and the words of its refusal where there was one."""
        now, referral = timezone.now(), self.referral
        live = referral.status in LIVE
        patient = pages.patient_of(referral, self.actor) if live else None
        context = {
            "line": pages.line(referral, {referral.patient_id: patient} if patient else {}, now),
            "referral": referral,
            "live": live,
            "patient": pages.patient_card(patient, now),
            "slip": pages.slip(referral) if live else [],
            "carried": carried(queries_returns.plan(referral), referral) if live else None,
            "facts": pages.facts(referral),
            "down": pages.goes_down(referral),
            **self._choices(form, verb),
            "refusal": refusal,
            "invalid": form is not None and refusal is None,
            "overdue_mark": wording.OVERDUE,
        }
        answer = render(self.request, "outside/referral.html", context, status=status)
        record.read(
            self.actor,
            what="referral.view",
            patients=[referral.patient_id],
            referrals=[referral.pk],
        )
        return answer

    def _choices(self, form: MoveForm | None, verb: str) -> dict[str, list[panel.Choice]]:
        """Return what may be done now, posted to the addresses of these pages, and what was just refused."""
        found = panel.choices(self.referral, self.actor, Offers(), refused=form, verb=verb)
        mine = [replace(one, address=address(one.verb)) for one in found if one.verb in VERBS]
        offered = [one for one in mine if one.allowed]
        return {
            "allowed": panel.arranged(offered, self.referral, ()),
            "refused": [one for one in mine if one.opened and not one.allowed],
        }


def address(verb: str) -> str:
    """Return where the form of a verb is posted; the referral is the cookie's."""
    return reverse("referral:outside-move", args=[verb.replace("_", "-")])


class OutsideMove(Outside):
    """One verb, posted from the page."""

    def get(self, request: HttpRequest, verb: str = "") -> HttpResponse:
        """Lead whoever reloads back to the referral."""
        return redirect("referral:outside")

    def post(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Make the move and say so; a refusal is told on the page, with what was typed kept."""
        name = verb.replace("-", "_")
        if name not in VERBS:
            raise Http404
        form = panel.form_for(name, self.referral, Offers(), request.POST)
        if not form.is_valid():
            return self.whole(form=form, verb=name, status=400)
        try:
            with transaction.atomic():
                panel.perform(name, self.referral.pk, self.actor, form.words())
        except Refused as refusal:
            if not self._just_made(name, form, refusal):
                return self._refused(form, name, refusal)
        messages.success(request, str(wording.VERBS[name].done))
        return redirect("referral:outside")

    def _just_made(self, verb: str, form: MoveForm, refusal: Refused) -> bool:
        """Say whether the version is old because this very move was made a moment ago: a double click.

        Nobody is signed in here, so no form is known by its key; nobody writes another one as fast.
        """
        if refusal.kind is not Kind.STALE:
            return False
        moves = queries.timeline([self.referral], self.actor).filter(
            verb=verb,
            version=form.cleaned_data["version"] + 1,
            facility_id=self.actor.place,
            by=None,
            at__gte=timezone.now() - TWICE,
        )
        return moves.exists()

    def _refused(self, form: MoveForm, verb: str, refusal: Refused) -> HttpResponse:
        if refusal.kind is Kind.NOT_FOUND:
            raise Http404
        self.referral = self.found(self.referral.pk)
        form.renew(self.referral, refusal.facts)
        return self.whole(form=form, verb=verb, refusal=refusal, status=refusal.kind.value)
