"""The pages of the referrals behind the numbers of the picture: steps, stages, tiers, streams, and what is stuck."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from accounts import replica
from accounts.permissions import Permission
from facilities.queries import directory
from facilities.vocabulary import Direction, Tier
from insights import picture
from insights.indicators import Side
from insights.policy import numbers as policy
from insights.queries import behind, durations, flows
from insights.questions import Question
from insights.scopes import Where
from insights.views import NumbersPage, RowsPage
from insights.vocabulary import Dim
from referral import pages
from referral.queries import alliance as queries_alliance
from referral.queries import referrals as queries

# What is stuck longest comes first; the whole list is a page of its own.
MOST_STUCK = 10


class PictureRows(RowsPage):
    """The referrals behind one number of the picture."""

    def where(self, question: Question, own: Side) -> Where:
        """Return whose they are, as the picture counts them; raises Refused `not-found`."""
        where = question.asked.of_side(question.asked.side or own)
        policy.demand_count(where, self.actor)
        return where

    def listed_as(
        self, question: Question, where: Where, counted: Any, title: str | Promise
    ) -> HttpResponse:
        """Return their list, with the way back to the picture."""
        back = reverse("insights:dashboard") + question.address()
        return self.listing(question, where, counted, {"title": title, "back": back})


class StepRows(PictureRows):
    """Those that have come as far as one step."""

    @replica.reads
    def get(self, request: HttpRequest, step: str) -> HttpResponse:
        """List them; 404 for what is no step."""
        name, question = step.replace("-", "_"), self.question()
        if name not in picture.STEP_WORDS:
            raise Http404
        where = self.where(question, Side.SENT)
        counted = behind.rows([name], where, question.period)
        return self.listed_as(question, where, counted, picture.STEP_WORDS[name])


class StageRows(PictureRows):
    """Those over which the time of a stage is told."""

    @replica.reads
    def get(self, request: HttpRequest, stage: str) -> HttpResponse:
        """List them; 404 for what is no stage."""
        question = self.question()
        if stage not in durations.STAGES:
            raise Http404
        where = self.where(question, Side.RECEIVED)
        counted = durations.legs(where, question.period, stage)
        return self.listed_as(question, where, counted, picture.STAGE_WORDS[stage])


class EdgeRows(PictureRows):
    """Those that went from one tier to another."""

    @replica.reads
    def get(self, request: HttpRequest, low: int, high: int) -> HttpResponse:
        """List them; 404 for what is no tier."""
        question = self.question()
        if not {low, high} <= set(Tier.values):
            raise Http404
        where = self.where(question, Side.SENT)
        edge = f"{low}>{high}"
        counted = behind.rows(picture.SUBMITTED, where, question.period, Dim.EDGE, edge)
        title = f"{Tier(low).label} → {Tier(high).label}"
        return self.listed_as(question, where, counted, title)


class StreamRows(PictureRows):
    """Those that one place sent to another, in one direction."""

    @replica.reads
    def get(self, request: HttpRequest, from_id: UUID, to_id: UUID, way: str) -> HttpResponse:
        """List them; 404 for what is no place or direction."""
        question, places = self.question(), directory.places([from_id, to_id])
        if way not in Direction.values or not {from_id, to_id} <= places.keys():
            raise Http404
        where = self.where(question, Side.SENT)
        counted = flows.legs(where, question.period, from_id=from_id, to_id=to_id, direction=way)
        title = f"{places[from_id]} → {places[to_id]}"
        return self.listed_as(question, where, counted, title)


class Stuck(NumbersPage):
    """What waits beyond its time today, whatever days are asked about: the first of it, and the way to all."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it, as a part of the page of all numbers or as a page of its own."""
        question, now = self.question(), timezone.now()
        rows, order, whole = self._late(question)
        found = list(queries.for_list(rows).order_by(*order)[: MOST_STUCK + 1])
        shown = found[:MOST_STUCK]
        queries.hang_places(shown)
        context = {
            "here": "insights",
            "lines": pages.lines(shown, self.actor, now),
            "has_more": len(found) > MOST_STUCK,
            "whole": whole,
            "back": reverse("insights:dashboard") + question.address(),
        }
        is_part = "HX-Request" in request.headers
        template = "insights/stuck_part.html" if is_part else "insights/stuck.html"
        answer = self.show(template, context)
        self.log("referral.list", shown)
        return answer

    def _late(self, question: Question) -> tuple[Any, tuple[str, ...], str]:
        """Return the late ones, in which order, and where all of them are listed."""
        now, asked = timezone.now(), question.asked
        if not self.actor.can(Permission.ALLIANCE_VIEW):
            rows, order = queries.box("overdue", self.actor, at=now)
            return rows, order, reverse("referral:box", args=["overdue"])
        to = UUID(asked.keys[0]) if asked.scope == "facility" else None
        rows = queries_alliance.under_way(self.actor, now, to_id=to, late=True)
        whole = reverse("referral:under-way") + f"?late=1{f'&to={to}' if to else ''}"
        return rows, ("submitted_at", "id"), whole
