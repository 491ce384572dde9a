"""The pages of numbers: all of them, one with its parts and its course, and the referrals behind a number."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import replica
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from audit import record
from insights import absent, asking, choosing, lists, numbers, picture, questions, shown, sorting
from insights.files import Offer, offer
from insights.indicators import Indicator, definitions
from insights.labels import gaps, labels
from insights.lists import Listed
from insights.models import ExportKind, FollowUpFact, LegFact
from insights.periods import COURSE, Length, around, run_up
from insights.policy import numbers as policy
from insights.policy import volumes as policy_volumes
from insights.queries import behind, reading
from insights.questions import Question
from insights.values import Answer
from insights.vocabulary import Dim
from referral import pages
from referral.models import Referral
from referral.views import ReferralPage

# What says which rows are meant, beside the question.
OF_ROWS: Final = ("part", "by", "value")


class NumbersPage(ReferralPage):
    """A page that asks for numbers; what is no question is told in words, others' numbers are not there."""

    required: ClassVar[Permission | None] = Permission.NUMBERS_VIEW

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
            "export_key": uuid4(),
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
            **self.lines(found, question),
            "picture": picture.picture(question, self.actor),
            "offers": self.offers(question),
            "compares": question.asked.scope != "facility",
            "reads_regions": policy_volumes.reads_regions(self.actor),
            "reports": policy_volumes.may_report(self.actor),
        }
        return self.page("insights/dashboard.html", question, context)

    def lines(self, found: Sequence[Answer], question: Question) -> dict[str, Any]:
        """Return the lines of the table, and apart those that are made of figures nobody has reported yet."""
        names = absent.names(each.whole for each in found)
        apart = {each.indicator.code for each in found if _is_unreported(each)}
        every = [shown.line(each, question, names) for each in found]
        return {
            "lines": [line for line in every if line.indicator.code not in apart],
            "unreported": [line for line in every if line.indicator.code in apart],
        }

    def offers(self, question: Question) -> list[Offer]:
        """Return the files of all numbers: of these days, and the evaluation of their year."""
        year = question.of(around(Length.YEAR, question.period.last))
        return [
            offer(question, ExportKind.INDICATORS, _("All indicators")),
            offer(year, ExportKind.EVALUATION, _("Yearly evaluation")),
        ]


def _is_unreported(each: Answer) -> bool:
    return not each.indicator.counted and each.whole.value is None


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
        where = question.asked.where(one)
        policy.demand_count(where, self.actor)
        tabs = sorting.tabs(one, question, policy.parts(where, self.actor))
        first = sorting.NAMES[Dim.REGION] if self.actor.region is not None else ""
        by = question.more.get("by") or (first if first in tabs else next(iter(tabs), ""))
        dim = asking.DIMS.get(by, Dim.NONE)
        found = numbers.answer(one, question.asked, self.actor, dim)
        parts = sorting.parts(found, labels(dim, found.parts), question, by)
        periods = run_up(question.period, COURSE)
        course = numbers.course(one, question.asked, self.actor, periods)
        context = {
            "one": one,
            "line": shown.line(found, question),
            "missing": gaps(found.whole.missing),
            "unverified": shown.UNVERIFIED,
            "by": by,
            "tabs": tabs,
            "asked": question.address(by=by),
            "heads": sorting.heads(question, by),
            "parts": sorting.first(parts, question),
            "parts_in_all": len(parts),
            "every": question.address(by=by, order=question.more["order"], every="1"),
            "course": sorting.course(one, periods, course, question),
            "reasons": sorting.reasons([course]),
            "offers": [
                offer(question, ExportKind.BREAKDOWN, tabs[by]["words"], indicator=one.code, by=by)
            ]
            if by in tabs
            else [],
        }
        return self.page("insights/indicator.html", question, context)


class RowsPage(NumbersPage):
    """The referrals behind a number, for whom referrals are open at all."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def listing(
        self, question: Question, listed: Listed, context: Mapping[str, Any]
    ) -> HttpResponse:
        """List what was counted, a page at a time, with the file of all of it, and record who looked."""
        policy.demand_count(listed.where, self.actor)
        page = self.paged(listed.counted, behind.NEWEST_FIRST)
        rows = behind.referrals(page.rows, self.actor)
        named = _("These referrals, without names")
        context = {
            "title": listed.title,
            "formula": listed.formula,
            "offers": [offer(question, ExportKind.ROWS, named, **listed.words)],
            **context,
            "listed": self._listed(page.rows, rows),
            "page": page,
            "is_whole": policy.sees_rows(listed.where, self.actor),
        }
        answer = self.page("insights/rows.html", question, context)
        record.read(
            self.actor,
            what="indicator.referrals",
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )
        return answer

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
        of = {"indicator": one.code, **{name: question.more.get(name, "") for name in OF_ROWS}}
        listed = lists.of_indicator(of, question.asked)
        dim, value = asking.DIMS.get(of["by"], Dim.NONE), of["value"]
        is_top = of["part"] == "numerator"
        context = {
            "back": reverse("insights:indicator", args=[code]) + question.address(),
            "of_part": _("What is counted") if is_top else _("What it is divided by"),
            "of_value": labels(dim, [value]).get(value, "") if dim != Dim.NONE else "",
        }
        return self.listing(question, listed, context)
