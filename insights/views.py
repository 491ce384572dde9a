"""The pages of numbers: all of them, one with its parts and its course, and the referrals behind a number."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts import replica
from accounts.errors import Kind, Refused
from accounts.rest import Page as Rows
from accounts.rest import keyset
from audit import record
from insights import asking, choosing, numbers, picture, questions, shown, sorting
from insights.indicators import Indicator, Side, definitions
from insights.labels import labels
from insights.models import FollowUpFact, LegFact
from insights.periods import Length, around, run_up
from insights.policy import numbers as policy
from insights.queries import behind, reading
from insights.questions import Question
from insights.scopes import Where
from insights.vocabulary import Dim
from referral import pages
from referral.models import Referral
from referral.views import PAGE_SIZE, ReferralPage

# What says which rows are meant, beside the question.
OF_ROWS: Final = ("part", "by", "value")
# Periods of a course.
COURSE: Final = 12


class NumbersPage(ReferralPage):
    """A page that asks for numbers; what is no question is told in words, others' numbers are not there."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, and put a refusal into words."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            context = {"here": "insights", "refusal": refusal.detail}
            answer = self.show("insights/refused.html", context, status=refusal.kind.value)
            answer["Cache-Control"] = "no-store"
            return answer

    def question(self) -> Question:
        """Return what is asked."""
        return questions.read(self.request, self.actor)

    def page(self, template: str, question: Question, context: Mapping[str, Any]) -> HttpResponse:
        """Return a page with what may be chosen on it."""
        today: date = timezone.localdate()
        frame = {
            "here": "insights",
            "choices": choosing.choices(question, self.actor, today),
            "question": question,
            "counted_at": reading.counted_at(),
        }
        return self.show(template, {**frame, **context})


class Dashboard(NumbersPage):
    """All numbers."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them in a table, each with what it is made of."""
        question = self.question()
        found = numbers.answers(list(definitions().values()), question.asked, self.actor)
        context = {
            "lines": [shown.line(each, question) for each in found],
            "picture": picture.picture(question, self.actor),
            "year": question.at(around(Length.YEAR, question.period.last)),
        }
        return self.page("insights/dashboard.html", question, context)


def found_one(code: str) -> Indicator:
    """Return an indicator; raises Http404 for what is none."""
    one = definitions().get(code)
    if one is None:
        raise Http404
    return one


class OneIndicator(NumbersPage):
    """One number."""

    @replica.reads
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show its definition, its value, its parts and its course."""
        one, question = found_one(code), self.question()
        tabs = sorting.tabs(one, question)
        by = question.more.get("by") or next(iter(tabs))
        dim = asking.DIMS[by]
        found = numbers.answer(one, question.asked, self.actor, dim)
        parts = sorting.parts(found, labels(dim, found.parts), question, by)
        periods = run_up(question.period, COURSE)
        course = numbers.course(one, question.asked, self.actor, periods)
        context = {
            "one": one,
            "line": shown.line(found, question),
            "unverified": shown.UNVERIFIED,
            "by": by,
            "tabs": tabs,
            "asked": question.address(by=by),
            "heads": sorting.heads(question, by),
            "parts": sorting.first(parts, question),
            "parts_in_all": len(parts),
            "every": question.address(by=by, order=question.more["order"], every="1"),
            "course": sorting.course(one, periods, course, question),
        }
        return self.page("insights/indicator.html", question, context)


class RowsPage(NumbersPage):
    """The referrals behind a number."""

    def listing(
        self, question: Question, where: Where, counted: Any, context: Mapping[str, Any]
    ) -> HttpResponse:
        """List what was counted, a page at a time, and record who looked."""
        page = self._rows(counted)
        rows = behind.referrals(page.rows, self.actor)
        context = {
            **context,
            "listed": self._listed(page.rows, rows),
            "page": page,
            "is_whole": policy.sees_rows(where, self.actor),
        }
        answer = self.page("insights/rows.html", question, context)
        record.read(
            self.actor,
            what="indicator.referrals",
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )
        return answer

    def _rows(self, rows: Any) -> Rows[Any]:
        cursor = self.request.GET.get("cursor") or None
        try:
            return keyset(
                rows,
                request=Request(self.request),
                order=behind.NEWEST_FIRST,
                limit=PAGE_SIZE,
                cursor=cursor,
            )
        except ValidationError as error:
            raise BadRequest("not a cursor of this list") from error

    def _listed(
        self, counted: Sequence[LegFact | FollowUpFact], rows: Sequence[Referral]
    ) -> list[dict[str, Any]]:
        """Return the lines of a list, those of contacts with their day."""
        lines = pages.lines(rows, self.actor, timezone.now())
        by_leg = {line.referral.pk: line for line in lines}
        found = []
        for row in counted:
            contact = row if isinstance(row, FollowUpFact) else None
            line = by_leg.get(contact.leg_id if contact else row.pk)
            if line is not None:
                found.append({"line": line, "contact": contact})
        return found


class IndicatorRows(RowsPage):
    """The referrals behind an indicator."""

    @replica.reads
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """List the very ones that were counted; one that is counted by its contacts stands once for each."""
        one, question = found_one(code), self.question()
        where = question.asked.where(one)
        policy.demand_count(where, self.actor)
        part, dim = question.more["part"], asking.DIMS.get(question.more.get("by", ""), Dim.NONE)
        names = one.numerator if part == "numerator" else one.denominator
        value = question.more.get("value", "")
        counted = behind.rows(names, where, question.period, dim, value)
        context = {
            "title": one.name,
            "formula": one.formula,
            "back": reverse("insights:indicator", args=[code]) + question.address(),
            "file": reverse("insights:export-rows", args=[code])
            + question.address(**{name: question.more.get(name, "") for name in OF_ROWS}),
            "of_part": _("What is counted") if part == "numerator" else _("What it is divided by"),
            "of_value": labels(dim, [value]).get(value, "") if dim != Dim.NONE else "",
        }
        return self.listing(question, where, counted, context)


class StepRows(RowsPage):
    """The referrals that have come as far as one step."""

    @replica.reads
    def get(self, request: HttpRequest, step: str) -> HttpResponse:
        """List them; 404 for what is no step."""
        name, question = step.replace("-", "_"), self.question()
        if name not in picture.STEP_WORDS:
            raise Http404
        where = question.asked.of_side(question.asked.side or Side.SENT)
        policy.demand_count(where, self.actor)
        context = {
            "title": picture.STEP_WORDS[name],
            "back": reverse("insights:dashboard") + question.address(),
        }
        counted = behind.rows([name], where, question.period)
        return self.listing(question, where, counted, context)
