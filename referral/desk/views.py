"""The pages of a receiver's desk: the numbers beside the boxes, arrivals, who is ready to go down."""

import hashlib
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from referral import actions
from referral.desk import arrivals, ready
from referral.desk.forms import LookForm, StayForm
from referral.queries import criteria as queries_criteria
from referral.queries import desk as queries_desk
from referral.queries import referrals as queries
from referral.views import ReferralPage

PAGE_SIZE: Final = 50
READY_SIZE: Final = 20
# Of the id of a leg so much that two in one list are told apart; the rest is time.
MARK: Final = 8


class Counters(ReferralPage):
    """The numbers beside the boxes, asked for again and again by every page that is open."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the numbers with marks of what waits for an answer; 304 where nothing has changed."""
        found = queries_desk.standing(self.actor, at=timezone.now())
        waiting = [pk.hex[-MARK:] for pk in found.get(queries_desk.INBOX, ())]
        counts = {name: _number(len(legs)) for name, legs in found.items()}
        body = orjson.dumps({"counts": counts, "waiting": waiting}, option=orjson.OPT_SORT_KEYS)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        known = request.headers.get("If-None-Match") == tag
        answer = (
            HttpResponse(status=304)
            if known
            else HttpResponse(body, content_type="application/json")
        )
        answer["ETag"] = tag
        return answer


def _number(legs: int) -> str:
    return str(legs) if legs <= queries_desk.BOUND else f"{queries_desk.BOUND}+"


class DeskPage(ReferralPage):
    """A page for whoever receives patients."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_RECEIVE


class Arrivals(DeskPage):
    """The arrival desk: who is expected today, and whom a slip, a number or a name means."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show whom the facility expects today, in the order of time."""
        return self._desk(LookForm(), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show whom the text means; it is in no address, since a scanned code is a secret and a name a name."""
        form = LookForm(request.POST)
        if not form.is_valid():
            return self._desk(form, None, status=400)
        looked = arrivals.look(form.cleaned_data["text"], self.actor, now=timezone.now())
        return self._desk(LookForm(), looked)

    def _desk(
        self, form: LookForm, looked: arrivals.Looked | None, *, status: int = 200
    ) -> HttpResponse:
        now = timezone.now()
        today = queries_desk.expected(self.actor, timezone.localdate(now))
        page = self.rows(queries.for_list(today), queries_desk.VISIT_ORDER)
        context = {
            "here": "arrivals",
            "form": form,
            "looked": looked,
            "comers": arrivals.comers(page.rows, self.actor, now=now),
            "page": page,
        }
        answer = self.show("desk/arrivals.html", context, status=status)
        found = [each.line.referral for each in looked.comers] if looked else []
        self.log("referral.arrivals", [*found, *page.rows])
        return answer


class Ready(DeskPage):
    """Patients who came up, are here and may go back down, by what was observed of them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, the longest here first; with `mine` those that this person has accepted."""
        return self.whole()

    def whole(
        self, refused: StayForm | None = None, refusal: Refused | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Return the page, with the form just sent and the words of its refusal where there was one."""
        now = timezone.now()
        mine = "mine" in self.request.GET
        rows = queries_criteria.proposed(self.actor, timezone.localdate(now))
        if mine:
            rows = rows.filter(received_by=self.actor.user_id)
        page = self.rows(rows, queries_criteria.LONGEST_FIRST, READY_SIZE)
        context = {
            "here": "ready",
            "mine": mine,
            "refusal": refusal,
            "invalid": refused is not None and refusal is None,
            "candidates": ready.candidates(page.rows, self.actor, refused, now=now),
            "page": page,
        }
        answer = self.show("desk/ready.html", context, status=status)
        self.log("referral.candidates", page.rows)
        return answer


class Stay(Ready):
    """Why a patient who may go down stays for now."""

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:  # type: ignore[override]
        """Lead whoever reloads back to the list."""
        return redirect("referral:ready")

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Keep the reason; the patient is proposed again after some days."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise Http404
        form = StayForm(request.POST, referral=referral)
        if not form.is_valid():
            return self.whole(form, status=400)
        try:
            self.once(form.cleaned_data["key"], lambda: self._kept(form))
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            return self.whole(form, refusal, status=refusal.kind.value)
        messages.success(request, _("Noted: the patient stays for now."))
        return redirect("referral:ready")

    def _kept(self, form: StayForm) -> str:
        words: dict[str, Any] = form.words()
        words.pop("version", None)
        actions.keep_for_now(form.referral.pk, by=self.actor, **words)
        return reverse("referral:ready")
