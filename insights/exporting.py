"""Hands the numbers out as files: the table of all, the parts of one, and the referrals behind it without names."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import replica
from audit import record
from facilities.managing.importing import XLSX
from insights import asking, choosing, numbers, sheets
from insights.indicators import definitions
from insights.labels import labels
from insights.papers import evaluation
from insights.policy import numbers as policy
from insights.queries import behind, reading
from insights.questions import Question
from insights.sheets import Cell
from insights.sorting import TABS
from insights.views import NumbersPage, found_one
from insights.vocabulary import Dim
from referral import wording
from referral.models import Referral

# Rows of one file; whoever needs more narrows the period.
MOST_ROWS: Final = 5000
CSV: Final = "text/csv; charset=utf-8"


class FilePage(NumbersPage):
    """Hands out a file."""

    def file(self, content: bytes, name: str, question: Question, form: str) -> HttpResponse:
        """Return it under a name that says what it is and of which days."""
        answer = HttpResponse(content, content_type=XLSX if form == "xlsx" else CSV)
        period = asking.name_of(question.period)
        answer["Content-Disposition"] = f'attachment; filename="{name}-{period}.{form}"'
        return answer

    def written(self, form: str, heads: Sequence[Any], rows: Iterable[list[Cell]]) -> bytes:
        """Return the content in a form; raises Http404 for another."""
        if form == "csv":
            return sheets.table(heads, rows)
        if form != "xlsx":
            raise Http404
        every = sheets.definitions(definitions().values())
        return sheets.workbook(
            {_("Rates"): [list(map(str, heads)), *rows], _("Definitions"): every}
        )


class Table(FilePage):
    """All indicators."""

    @replica.reads
    def get(self, request: HttpRequest, form: str) -> HttpResponse:
        """Return the numbers of the page, and what each of them is."""
        question = self.question()
        found = numbers.answers(list(definitions().values()), question.asked, self.actor)
        content = self.written(form, sheets.HEADS, sheets.lines(found))
        return self.file(content, "indicators", question, form)


class Evaluation(FilePage):
    """All indicators as a paper."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the evaluation of the days asked for, a year as a rule, with every definition printed."""
        question = self.question()
        found = numbers.answers(list(definitions().values()), question.asked, self.actor)
        chosen = choosing.choices(question, self.actor, timezone.localdate())
        content = evaluation.pdf(found, chosen["scope"], reading.counted_at())
        answer = self.file(content, "evaluation", question, "pdf")
        answer["Content-Type"] = "application/pdf"
        return answer


class Parts(FilePage):
    """The parts of one."""

    @replica.reads
    def get(self, request: HttpRequest, code: str, form: str) -> HttpResponse:
        """Return all parts of the breakdown asked for."""
        one, question = found_one(code), self.question()
        dim = asking.DIMS.get(question.more.get("by", ""), Dim.DISEASE)
        found = numbers.answer(one, question.asked, self.actor, dim)
        heads = [TABS[dim], *sheets.HEADS[1:]]
        content = self.written(form, heads, sheets.parts(found, labels(dim, found.parts)))
        return self.file(content, code, question, form)


class RowsFile(FilePage):
    """The referrals behind one."""

    @replica.reads
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """Return up to 5,000 as CSV, the newest first; nobody is named in it."""
        one, question = found_one(code), self.question()
        where = question.asked.where(one)
        policy.demand_count(where, self.actor)
        dim = asking.DIMS.get(question.more.get("by", ""), Dim.NONE)
        names = one.numerator if question.more["part"] == "numerator" else one.denominator
        counted = behind.rows(names, where, question.period, dim, question.more.get("value", ""))
        first = list(counted.order_by(*behind.NEWEST_FIRST)[:MOST_ROWS])
        rows = behind.referrals(first, self.actor)
        heads = [_("Number"), _("Direction"), _("Status"), _("Urgency"), _("Submitted")]
        heads += [_("Sending facility"), _("Receiving facility")]
        answer = self.file(sheets.table(heads, map(_row, rows)), code, question, "csv")
        record.read(
            self.actor,
            what="indicator.export",
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )
        return answer


def _row(row: Referral) -> list[Cell]:
    to = row.to_facility
    return [
        row.number,
        str(wording.direction(row.direction).words),
        str(wording.status(row.status).words),
        str(wording.urgency(row.urgency).words),
        f"{timezone.localtime(row.submitted_at):%Y-%m-%d %H:%M}" if row.submitted_at else "",
        row.from_facility.name,
        to.name if to else "",
    ]
