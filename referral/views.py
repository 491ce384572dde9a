"""The pages of referrals: the boxes of a post, one referral with its moves, and the whole journey."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from accounts.rest.paging import DEFAULT_LIMIT
from accounts.rest.paging import Page as Rows
from audit import record
from facilities.pages import Page
from notifications import actions as notices
from notifications.models import OutboxMessage
from patients.models import Patient
from referral import pages, panel, receipts, tracking, wording
from referral.carried import carried
from referral.codes_returns import HideReason
from referral.criteria_words import criteria_words
from referral.desk import offers
from referral.desk.forms import TOGETHER
from referral.desk.offers import Offers
from referral.forms_base import MoveForm
from referral.models import Referral
from referral.ordering.words import line
from referral.policy import completeness as policy_completeness
from referral.policy import documents as policy_documents
from referral.policy import receipts as policy_receipts
from referral.policy import referrals as policy_referrals
from referral.policy import visits as policy_visits
from referral.queries import completeness as queries_completeness
from referral.queries import criteria as queries_criteria
from referral.queries import orders as queries_orders
from referral.queries import receipts as queries_receipts
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns
from referral.queries import visits as queries_visits
from referral.states import Status

# How the places of quick views in a list are named; what follows is the referral.
QUICK: Final = "quick-"
# Boxes of legs that come here: with a quick view, and to be ticked.
DESK_BOXES: Final = frozenset({"inbox", "overdue"})
# Lists that lead back to themselves after a move.
BACK: Final = {"arrivals": "referral:arrivals", "ready": "referral:ready"}
# Messages that a page shows; all of them are at the REST door.
NEWEST: Final = 20


class ReferralPage(Page):
    """A page for people who may see referrals."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    @property
    def is_quick(self) -> bool:
        """Say whether a quick view inside a list asks, which shows a part of a page."""
        return self.request.headers.get("HX-Target", "").startswith(QUICK)

    def rows(
        self,
        rows: QuerySet[Referral],
        order: tuple[str, ...],
        limit: int = DEFAULT_LIMIT,
        *,
        ways: Sequence[Q] = (),
    ) -> Rows[Referral]:
        """Return the page of a list that the address asks for, with the names of its places."""
        page = self.paged(rows, order, limit, ways=ways)
        queries.hang_places(page.rows)
        return page

    def acceptable(self, rows: Sequence[Referral]) -> set[UUID]:
        """Return which of these legs this post may accept, by what a list knows; the form asks for the rest."""
        return {row.pk for row in rows if policy_referrals.may_accept(row, self.actor).allowed}

    def log(self, what: str, rows: Sequence[Referral]) -> None:
        """Record who looked at whom, as the last statement of the request: from here the chain is locked."""
        record.read(
            self.actor,
            what=what,
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )


class Box(ReferralPage):
    """One box, a page of it at a time."""

    def get(self, request: HttpRequest, box: str) -> HttpResponse:
        """Show up to 50 referrals and the way to the next ones; 404 for a box that does not exist."""
        if box not in wording.BOXES:
            raise Http404
        now = timezone.now()
        rows, order, ways = queries.walked(box, self.actor, at=now)
        page = self.rows(queries.for_list(rows), order, ways=ways)
        context = {
            "here": box,
            "box": wording.BOXES[box],
            "lines": pages.lines(page.rows, self.actor, now, box=box),
            "page": page,
            "desk": box in DESK_BOXES,
            "acceptable": self.acceptable(page.rows) if box in DESK_BOXES else (),
            "ticks": box in DESK_BOXES and self.actor.can(Permission.REFERRAL_RECEIVE),
            "bulk_key": uuid4(),
            "bulk_verbs": {verb: wording.VERBS[verb] for verb in TOGETHER},
        }
        answer = self.show("referral/box.html", context)
        self.log("referral.list", page.rows)
        return answer


class Detail(ReferralPage):
    """One referral: the slip, what may be done now, and what has happened."""

    def found(self, referral_id: UUID) -> Referral:
        """Return a visible referral; one that is not there and one of others' give the same 404."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise Http404
        return referral

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Show the referral; `open` names the verb whose form stands open, for who comes to do just that."""
        return self.whole(self.found(referral_id), opened=request.GET.get("open", ""))

    def whole(
        self,
        referral: Referral,
        *,
        refused: MoveForm | None = None,
        verb: str = "",
        opened: str = "",
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and the words of its refusal where there was one."""
        now = timezone.now()
        patient = pages.patient_of(referral, self.actor)
        plan = queries_returns.plan(referral)
        offered = replace(
            self.offers(referral),
            taken=lambda: plan.medicines,
            begun=lambda: offers.return_of(referral),
        )
        found = panel.choices(
            referral, self.actor, offered, refused=refused, verb=verb, opened=opened
        )
        contacts = list(queries.follow_ups(referral))
        told = self.told(referral)
        context = {
            **self.offered_beside(referral),
            **self.head(referral, patient, now),
            "allowed": panel.arranged([c for c in found if c.allowed], referral, contacts),
            "refused": [choice for choice in found if not choice.allowed],
            **pages.refused(refusal, invalid=refused is not None and refusal is None),
            "events": pages.events(list(queries.timeline([referral], self.actor)), told),
            "contacts": [pages.contact(row, referral, now) for row in contacts],
            "carried": carried(plan, referral),
            "criteria": criteria_words(queries_criteria.assessment_of(referral)),
            "said": self.said(referral),
            "orders": self.orders(referral),
            **self.exchanged(referral, patient),
        }
        template = "desk/quick.html" if self.is_quick else "referral/detail.html"
        answer = self.show(template, context, status=status)
        notices.mark_seen(receipts.unread(told, self.actor), by=self.actor)
        self.log("referral.view", [referral])
        return answer

    def head(self, referral: Referral, patient: Patient | None, now: datetime) -> dict[str, Any]:
        """Return who is referred, why, and where the leg stands."""
        return {
            "line": pages.line(referral, {referral.patient_id: patient} if patient else {}, now),
            "referral": referral,
            "patient": pages.patient_card(patient, now),
            "slip": pages.slip(referral),
            "facts": pages.facts(referral),
            "duty": pages.duty(referral, self.actor, now),
            "called_for": pages.called_for(referral, now),
            "seat": pages.seat(referral, now),
            "down": pages.goes_down(referral),
        }

    def offered_beside(self, referral: Referral) -> dict[str, bool]:
        """Return which ways on are offered that are no moves of the referral."""
        return {
            "edits": policy_referrals.may_edit(referral, self.actor).allowed,
            "resends": self.resends(referral),
            "prints_slip": policy_documents.may_print_slip(referral).allowed,
            "hands_link": policy_documents.may_hand_link(referral, self.actor).allowed,
        }

    def told(self, referral: Referral) -> list[OutboxMessage]:
        """Return the messages about the moves, for those whom they concern; whoever looks here has seen them."""
        if not policy_receipts.sees_receipts(referral, self.actor):
            return []
        return list(queries_receipts.told([referral]))

    def resends(self, referral: Referral) -> bool:
        """Say whether a declined referral may be begun again from here."""
        if referral.status != Status.DECLINED:
            return False
        followed = queries_completeness.resent(referral)
        return policy_completeness.may_resend(referral, self.actor, followed=followed).allowed

    def exchanged(self, referral: Referral, patient: Patient | None) -> dict[str, Any]:
        """Return the newest messages, and the documents where the patient is in sight: a scan bears the name."""
        lines = list(queries.messages(referral).order_by("-sent_at", "-id")[:NEWEST])
        here = self.actor.facility_id
        unread = [one.pk for one in lines if one.read_at is None and one.facility_id != here]
        reader = policy_documents.may_mark_read(referral, self.actor).allowed
        files = queries.attachments(referral).order_by("-uploaded_at", "-id") if patient else ()
        return {
            "lines": lines,
            "unread": unread if reader else [],
            "documents": list(files),
        }

    def orders(self, referral: Referral) -> list[dict[str, Any]]:
        """Return the examinations ordered on this journey, for whoever may see patients."""
        if not self.actor.can(Permission.PATIENT_VIEW) or referral.submitted_at is None:
            return []
        return [line(order, {}) for order in queries_orders.of_journey(referral, self.actor)]

    def said(self, referral: Referral) -> dict[str, Any]:
        """Return what the patient said by the link: of the visit that is fixed, or to managers how it was."""
        rated = referral.status in policy_visits.RATED
        reads = rated and policy_visits.may_read_feedback(referral, self.actor).allowed
        given: Any = queries_visits.heard(referral) if reads else None
        return {
            "confirmed_at": queries_visits.confirmed_at(referral),
            "feedback": given,
            "score": tracking.SCORES[given.score] if given else "",
            "hidden": HideReason(given.hidden_why).label if given and given.hidden_why else "",
        }

    def offers(self, referral: Referral) -> Offers:
        """Return what the forms of a receiver offer; looked up where a form is shown that offers it."""
        now = timezone.now()
        return Offers(
            destinations=lambda: offers.alternatives(referral, now=now),
            openings=lambda: offers.openings(referral, pages.seat(referral, now), at=now),
        )


class Move(Detail):
    """One verb, posted from the referral's page."""

    verb: ClassVar[str] = ""

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Lead whoever reloads after a refusal back to the referral."""
        return redirect("referral:referral", self.found(referral_id).pk)

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Make the move and say so; a refusal is told on the page, with what was typed kept."""
        referral = self.found(referral_id)
        form = panel.form_for(self.verb, referral, self.offers(referral), request.POST)
        if not form.is_valid():
            return self.whole(referral, refused=form, verb=self.verb, status=400)
        try:
            address = self.once(form.cleaned_data["key"], lambda: self._moved(referral_id, form))
        except Refused as refusal:
            return self._refused(referral_id, form, refusal)
        if self.is_quick:
            return self._done(referral_id, address)
        messages.success(request, str(wording.VERBS[self.verb].done))
        return redirect(BACK.get(request.POST.get("back", ""), address))

    def _done(self, referral_id: UUID, address: str) -> HttpResponse:
        """Say in the list that the move was made, with the row as it stands now."""
        now = timezone.now()
        referral = self.found(referral_id)
        [line] = pages.lines([referral], self.actor, now)
        words = {
            "line": line,
            "address": address,
            "done": wording.VERBS[self.verb].done,
            "acceptable": self.acceptable([referral]),
        }
        return self.show("desk/done.html", words)

    def _moved(self, referral_id: UUID, form: MoveForm) -> str:
        """Make the move and return the address of the leg that came of it, where this post may see it."""
        moved = panel.perform(self.verb, referral_id, self.actor, form.words())
        seen = moved == referral_id or queries.find(moved, self.actor)
        return reverse("referral:referral", args=[moved if seen else referral_id])

    def _refused(self, referral_id: UUID, form: MoveForm, refusal: Refused) -> HttpResponse:
        if refusal.kind is Kind.NOT_FOUND:
            raise Http404
        referral = self.found(referral_id)
        form.renew(referral, refusal.facts)
        form.mark(refusal.errors)
        return self.whole(
            referral,
            refused=form,
            verb=self.verb,
            refusal=refusal,
            status=refusal.kind.value,
        )


class Journey(ReferralPage):
    """An episode: the way up, the way down, and what is missing."""

    def get(self, request: HttpRequest, episode_id: UUID) -> HttpResponse:
        """Show the legs that this post may see."""
        episode = queries.episode(episode_id, self.actor)
        if episode is None:
            raise Http404
        legs = queries.legs(episode_id, self.actor)
        mine = [leg for leg in legs if policy_receipts.sees_receipts(leg, self.actor)]
        told = list(queries_receipts.told(mine)) if mine else []
        moves = list(queries.timeline(legs, self.actor))
        context: dict[str, Any] = {
            **pages.journey(episode, legs, self.actor, timezone.now()),
            "events": pages.whole(legs, moves, told),
        }
        answer = self.show("referral/episode.html", context)
        self.log("episode.view", legs)
        return answer
