"""The pages of the referrals behind the numbers of the picture, of forecasts and what-ifs, and what is stuck."""

from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts import replica
from accounts.permissions import Permission
from insights import lists
from insights.files import offer
from insights.models import ExportKind
from insights.questions import Question
from insights.views import NumbersPage, RowsPage
from referral import pages
from referral.queries import referrals as queries

# What is stuck longest comes first; the whole list is a page of its own.
MOST_STUCK = 10


class PictureRows(RowsPage):
    """The referrals behind one number of the picture."""

    def of_picture(self, **words: Any) -> HttpResponse:
        """List those that words name, with the way back to the picture; 404 for what is nothing of it."""
        question = self.question()
        back = reverse("insights:dashboard") + question.address()
        return self.listing(question, lists.read(words, question.asked, self.actor), {"back": back})


class StepRows(PictureRows):
    """Those that have come as far as one step."""

    @replica.reads
    def get(self, request: HttpRequest, step: str) -> HttpResponse:
        """List them."""
        return self.of_picture(step=step)


class StageRows(PictureRows):
    """Those over which the time of a stage is told."""

    @replica.reads
    def get(self, request: HttpRequest, stage: str) -> HttpResponse:
        """List them."""
        return self.of_picture(stage=stage)


class EdgeRows(PictureRows):
    """Those that went from one tier to another."""

    @replica.reads
    def get(self, request: HttpRequest, low: int, high: int) -> HttpResponse:
        """List them."""
        return self.of_picture(edge=f"{low}>{high}")


class StreamRows(PictureRows):
    """Those that one place sent to another, in one direction."""

    @replica.reads
    def get(self, request: HttpRequest, from_id: UUID, to_id: UUID, way: str) -> HttpResponse:
        """List them."""
        return self.of_picture(from_facility=from_id, to_facility=to_id, direction=way)


class DemandRows(RowsPage):
    """Those that a department received in a week: what its forecast was fed with."""

    @replica.reads
    def get(self, request: HttpRequest, demand: str) -> HttpResponse:
        """List them, with the way back to the forecast."""
        question = self.question()
        listed = lists.read({"demand": demand}, question.asked, self.actor)
        words = {"facility": question.asked.keys[0]}
        if demand != lists.WHOLE:
            words["department"] = demand
        back = f"{reverse('insights:forecast')}?{urlencode(words)}"
        return self.listing(question, listed, {"back": back})


class BaseRows(RowsPage):
    """Those from which one department of a what-if was estimated."""

    @replica.reads
    def get(self, request: HttpRequest, run_id: UUID, department_id: UUID) -> HttpResponse:
        """List them, over the days of the run, with the way back to it."""
        words = {"what_if": run_id, "of_department": department_id}
        question = self.question()
        listed = lists.read(words, question.asked, self.actor)
        back = reverse("insights:what-if", args=[run_id])
        return self.listing(question.of(listed.period or question.period), listed, {"back": back})


class Stuck(NumbersPage):
    """What waits beyond its time today, whatever days are asked about: the first of it, and the way to all."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it, as a part of the page of all numbers or as a page of its own."""
        question, now = self.question(), timezone.now()
        listed = lists.of_stuck(question.asked, self.actor)
        found = list(listed.counted.order_by(*listed.order)[: MOST_STUCK + 1])
        shown = found[:MOST_STUCK]
        is_part = "HX-Request" in request.headers
        named = _("These referrals, without names")
        queries.hang_places(shown)
        context = {
            "here": "insights",
            "is_part": is_part,
            "lines": pages.lines(shown, self.actor, now),
            "has_more": len(found) > MOST_STUCK,
            "whole": self._whole(question),
            "here_alone": reverse("insights:stuck") + question.address(),
            "offers": [offer(question, ExportKind.ROWS, named, **listed.words)],
            "export_key": uuid4(),
            "back": reverse("insights:dashboard") + question.address(),
        }
        template = "insights/stuck_part.html" if is_part else "insights/stuck.html"
        answer = self.show(template, context)
        self.log("referral.list", shown)
        return answer

    def _whole(self, question: Question) -> str:
        """Return where all of them are listed."""
        if not self.actor.can(Permission.ALLIANCE_VIEW):
            return reverse("referral:box", args=["overdue"])
        to = question.asked.keys[0] if question.asked.scope == "facility" else ""
        return reverse("referral:under-way") + f"?late=1{f'&to={to}' if to else ''}"
