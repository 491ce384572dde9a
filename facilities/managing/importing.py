"""The page of imports: a file is tried first, and what was shown is carried out by a second press."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind as Refusal
from accounts.errors import Refused
from facilities.imports import trials
from facilities.imports.columns import COLUMNS, Kind
from facilities.imports.report import Report
from facilities.imports.templates import header, workbook
from facilities.managing.forms import SettingForm
from facilities.managing.settings import WritingPage
from facilities.models import Trial
from facilities.policy.importing import DIRECTORY, demand_import, importable

NAMES: Final = {
    DIRECTORY: _("Institutions, departments and staff in one workbook"),
    Kind.FACILITIES: _("Institutions"),
    Kind.DEPARTMENTS: _("Departments"),
    Kind.STAFF: _("Staff and their posts"),
    Kind.POOLS: _("Sessions, beds and equipment"),
}
# What a page lists; a file with more wants to be mended as a whole.
MOST_SHOWN: Final = 200
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileForm(SettingForm):
    """What kind of file it is, and the file."""

    kind = forms.ChoiceField(label=_("What it holds"))
    file = forms.FileField(
        label=_("File (.xlsx or .csv, at most 2 MB and 5,000 rows)"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        """Offer the kinds that this post may import."""
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, NAMES[kind]) for kind in kinds]  # type: ignore[attr-defined]


class ImportPage(WritingPage):
    """A page of who may import something."""

    required: ClassVar = None

    def kinds(self) -> list[str]:
        """Return the kinds that this post may import; refuses a post without any."""
        kinds = importable(self.actor)
        self.demand(bool(kinds))
        return kinds

    def page(
        self,
        form: FileForm | None,
        *,
        report: Report | None = None,
        trial: Trial | None = None,
        name: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """Return the page with the report of a file, if one was tried or imported."""
        errors = report.errors if report else []
        context = {
            "form": form,
            "sheets": [(NAMES[kind], kind, _columns(kind)) for kind in self.kinds()],
            "report": report,
            "counts": [(NAMES[kind], count) for kind, count in report.counts.items()]
            if report
            else [],
            "errors": [(NAMES[each.kind], each) for each in errors[:MOST_SHOWN]],
            "wrong": len(errors),
            "unseen": max(len(errors) - MOST_SHOWN, 0),
            "trial": trial,
            "name": name,
        }
        return self.show("managing/import.html", context, status=status)

    def gone(self) -> HttpResponse:
        """Say that the file is not kept any more: its half hour is over, or another took its place."""
        kinds = self.kinds()
        form = FileForm(kinds=kinds, initial={"kind": kinds[0]})
        sheets = [(NAMES[kind], kind, _columns(kind)) for kind in kinds]
        context = {"form": form, "is_gone": True, "sheets": sheets}
        return self.show("managing/import.html", context, status=404)


def _columns(kind: str) -> list[tuple[str, bool]]:
    if kind == DIRECTORY:
        return []
    return [(header(column), column.needed) for column in COLUMNS[Kind(kind)]]


class Import(ImportPage):
    """Takes a file and tries it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and what each kind of file holds."""
        kinds = self.kinds()
        return self.page(FileForm(kinds=kinds, initial={"kind": kinds[0]}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Try the file: what is wrong with which row, or what would be made and changed."""
        form = FileForm(request.POST, request.FILES, kinds=self.kinds())
        if not form.is_valid():
            return self.page(form, status=422)
        file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
        try:
            report, trial = trials.try_out(
                file.read(), by=self.actor, kind=kind, name=file.name, now=timezone.now()
            )
        except Refused as refusal:
            form.add_error("file", str(refusal.detail))
            return self.page(form, status=422)
        status = 200 if report.ok else 422
        return self.page(form, report=report, trial=trial, name=file.name, status=status)


class CarryOut(ImportPage):
    """Imports the file that was tried."""

    def get(self, request: HttpRequest, trial_id: UUID) -> HttpResponse:
        """Lead whoever reloads back to the form."""
        self.kinds()
        return redirect("facilities:import")

    def post(self, request: HttpRequest, trial_id: UUID) -> HttpResponse:
        """Import it; where it would do something else by now, say so and ask anew."""
        kinds = self.kinds()
        try:
            report, trial = trials.carry_out(trial_id, by=self.actor, now=timezone.now())
        except Refused as refusal:
            if refusal.kind is Refusal.FORBIDDEN:
                raise PermissionDenied from refusal
            return self.gone()
        form = FileForm(kinds=kinds, initial={"kind": trial.kind})
        kept = trial if report.dry_run and report.ok else None
        status = 409 if report.dry_run else 200
        return self.page(form, report=report, trial=kept, name=trial.name, status=status)


class Template(WritingPage):
    """An empty workbook to fill in."""

    required: ClassVar = None

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Return it for a kind that this post may import."""
        if kind not in NAMES:
            raise Http404
        try:
            demand_import(self.actor, kind)
        except Refused as refusal:
            raise PermissionDenied from refusal
        answer = HttpResponse(workbook(kind), content_type=XLSX)
        answer["Content-Disposition"] = f'attachment; filename="{kind}.xlsx"'
        return answer
