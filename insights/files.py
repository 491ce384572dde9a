"""Says of files of numbers what a page or the REST door tells: what is offered, how far one is, and the file itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from facilities.managing.importing import XLSX
from insights.actions import exports as actions
from insights.models import Export, ExportForm, ExportKind, ExportState
from insights.questions import Question, of_days
from insights.wanted import FORMS

TYPES: Final[Mapping[str, str]] = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.XLSX: XLSX,
    ExportForm.PDF: "application/pdf",
}
WHY: Final[Mapping[str, str | Promise]] = {
    "export-too-large": _("It has more rows than a file bears: choose fewer days."),
    "not-found": _("Your post may not see these numbers any more."),
}
BROKEN: Final = _("Something went wrong. Please ask for it again.")


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that a page offers: what it is called, as what, and the words that ask for it."""

    words: str | Promise
    forms: tuple[ExportForm, ...]
    asked: Mapping[str, str]


def offer(question: Question, kind: ExportKind, words: str | Promise, **more: str) -> Offer:
    """Return the offer of a file about a question; empty words ask for nothing."""
    said = {"kind": kind.value, **question.chosen, **of_days(question.period), **more}
    return Offer(words, FORMS[kind], {name: word for name, word in said.items() if word})


def state(export: Export, now: datetime) -> ExportState:
    """Return how far a file is; one whose hour is over is not there, whether it was swept or not."""
    is_over = export.expires_at is not None and export.expires_at <= now
    return ExportState.EXPIRED if is_over else ExportState(export.state)


def handed(export_id: UUID, by: Actor, now: datetime) -> HttpResponse:
    """Return a file under its name, as something to keep; it never opens inside a page."""
    export, content = actions.fetch(export_id, by=by, now=now)
    answer = HttpResponse(content, content_type=TYPES[export.form])
    answer["Content-Disposition"] = f'attachment; filename="{export.name}"'
    return answer


def told(export: Export, now: datetime) -> dict[str, Any]:
    """Return what a page says of a file."""
    return {
        "export": export,
        "state": state(export, now),
        "why": WHY.get(export.code, BROKEN) if export.code else "",
    }
