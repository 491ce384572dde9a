"""The pages of reported figures: sending a file, what it would change, and the figures of each subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind as Refusal
from accounts.errors import Refused
from accounts.permissions import Permission
from facilities.imports import templates
from facilities.managing.forms import SettingForm
from facilities.managing.importing import XLSX
from facilities.managing.settings import SettingsPage
from facilities.models import Facility, Region
from insights import volumes_template
from insights.actions import volumes as actions
from insights.models import FileKind, FileState, Volume, VolumeFile
from insights.months import FIRST_YEAR
from insights.policy import volumes as policy
from insights.queries import volumes as queries
from insights.volume_kinds import Subject, VolumeKind, awaited, kinds, of, unpaired, written

LATEST: Final = 10
MONTHS: Final = 12


class FigureFile(SettingForm):
    """A file of figures, or of terms."""

    kind = forms.ChoiceField(
        label=_("What the file holds"), choices=FileKind, initial=FileKind.VOLUMES
    )
    file = forms.FileField(
        label=_("File (.xlsx or .csv, at most 20 MB)"),
        max_length=255,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A subject whose figures this post reports; `lacking` of `of` figures are not there for the last month."""

    name: str
    code: str
    address: str
    lacking: int
    of: int


class FiguresPage(SettingsPage):
    """A page for who reports figures."""

    required: ClassVar[Permission | None] = Permission.FIGURES_REPORT

    def last_month(self) -> date:
        """Return the first day of the last month that is over."""
        return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


class Volumes(FiguresPage):
    """Takes a file, and says of whom the last month is missing."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, the last files, and whose figures are missing."""
        return self._page(FigureFile())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Try the file, and lead to what it would change."""
        # Who does not say what it holds, sends figures.
        form = FigureFile({"kind": FileKind.VOLUMES, **request.POST.dict()}, request.FILES)
        if not form.is_valid():
            return self._page(form, status=422)
        file = form.cleaned_data["file"]

        def work() -> str:
            tried = actions.receive(
                file.read(actions.MOST_BYTES + 1),
                by=self.actor,
                name=file.name,
                kind=form.cleaned_data["kind"],
                is_trial=True,
                now=timezone.now(),
            )
            return reverse("insights:volume-file", args=[tried.pk])

        try:
            address = self.once(form.cleaned_data["key"], work)
        except Refused as refusal:
            form.add_error("file", str(refusal.detail))
            return self._page(form, status=422)
        return redirect(address)

    def _page(self, form: FigureFile, *, status: int = 200) -> HttpResponse:
        month = self.last_month()
        page, places = self._places(month)
        context = {
            "here": "volumes",
            "form": form,
            "files": queries.latest(self.actor, LATEST),
            "page": page,
            "places": places,
            "month": month,
            "is_of_regions": policy.reports_regions(self.actor),
            "reads_regions": policy.reads_regions(self.actor),
        }
        return self.show("insights/volumes.html", context, status=status)

    def _places(self, month: date) -> tuple[Any, list[Place]]:
        """Return a page of institutions or regions, each with how many figures are missing."""
        begins = policy.regions_reported(self.actor)
        if begins is not None:
            page: Any = self.paged(queries.regions_reported(begins), ("code",))
            lacking: Mapping[Any, int] = queries.unreported(
                awaited(Subject.REGION), [row.code for row in page.rows], month
            )
            return page, [_region(row, lacking) for row in page.rows]
        mine = queries.members(self.actor, timezone.localdate()) or {self.actor.place}
        found = Facility.objects.filter(pk__in=mine)
        page = self.paged(found, ("name", "id"))
        lacking = queries.unreported(
            awaited(Subject.FACILITY), [row.pk for row in page.rows], month
        )
        return page, [_institution(row, lacking) for row in page.rows]


def _region(row: Region, lacking: Mapping[Any, int]) -> Place:
    address = reverse("insights:region-figures", args=[row.code])
    return Place(row.name, row.code, address, lacking[row.code], len(awaited(Subject.REGION)))


def _institution(row: Facility, lacking: Mapping[Any, int]) -> Place:
    address = reverse("insights:facility-figures", args=[row.pk])
    return Place(row.name, row.code, address, lacking[row.pk], len(awaited(Subject.FACILITY)))


class FilePage(FiguresPage):
    """One file: what it would change, what was wrong with it, or that it is imported."""

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Show it; what asks again while a worker reads gets the line alone, and the page anew at last."""
        file = queries.files(self.actor).filter(pk=import_id).first()
        if file is None:
            raise Http404
        if "HX-Request" not in request.headers:
            return self._page(file)
        answer = self.show("insights/volumes_waiting.html", {"file": file})
        if file.state != FileState.WAITING:
            answer["HX-Refresh"] = "true"
        return answer

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Import exactly what was shown."""
        try:
            file = actions.carry_out(import_id, by=self.actor, now=timezone.now())
        except Refused as refusal:
            if refusal.kind is Refusal.NOT_FOUND:
                raise Http404 from refusal
            if refusal.kind is Refusal.FORBIDDEN:
                raise PermissionDenied from refusal
            file = queries.files(self.actor).get(pk=import_id)
            return self._page(file, status=409)
        if file.is_trial and file.state == FileState.TRIED:
            return self._page(file, is_anew=True, status=409)
        return redirect("insights:volume-file", file.pk)

    def _page(self, file: VolumeFile, *, is_anew: bool = False, status: int = 200) -> HttpResponse:
        told = file.outcome
        changes = told.get("changes", [])
        counts = told.get("counts", {})
        every = counts.get("created", 0) + counts.get("updated", 0)
        mistakes = told.get("mistakes", [])
        context = {
            "file": file,
            "counts": counts,
            "changes": [{**each, **_what(each["kind"])} for each in changes],
            "is_of_terms": file.kind == FileKind.SECONDMENTS,
            "unseen": every - len(changes),
            "is_broken": "code" in told,
            "mistakes": mistakes,
            "wrong": told.get("wrong", 0),
            "wrong_unseen": told.get("wrong", 0) - len(mistakes),
            "is_anew": is_anew,
            "kept_until": file.sent_at + actions.KEPT,
        }
        return self.show("insights/volume_file.html", context, status=status)


def _what(stored: str) -> dict[str, Any]:
    kind, other = unpaired(stored)
    return {"what": kind, "other": other}


class Template(FiguresPage):
    """A file to fill in."""

    def get(self, request: HttpRequest, form: str) -> HttpResponse:
        """Return it as XLSX or CSV, with the lines of last month for whom this post reports; that of terms has none."""
        if form not in {"xlsx", "csv"}:
            raise Http404
        if request.GET.get("kind") == FileKind.SECONDMENTS:
            return self._of_terms(form)
        lines, month = self._lines(), self.last_month()
        if form == "xlsx":
            answer = HttpResponse(volumes_template.workbook(lines, month), content_type=XLSX)
        else:
            content = volumes_template.table(lines, month)
            answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="figures-{month:%Y-%m}.{form}"'
        return answer

    def _of_terms(self, form: str) -> HttpResponse:
        kind = FileKind.SECONDMENTS.value
        if form == "xlsx":
            answer = HttpResponse(templates.workbook(kind), content_type=XLSX)
        else:
            content = volumes_template.of_terms()
            answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{kind}.{form}"'
        return answer

    def _lines(self) -> list[volumes_template.Line]:
        most = volumes_template.MOST_LINES
        begins = policy.regions_reported(self.actor)
        if begins is not None:
            regions = queries.regions_reported(begins).order_by("code")
            rows: Any = regions.values_list("code", "name")
            about = of(Subject.REGION)
        else:
            mine = queries.members(self.actor, timezone.localdate()) or {self.actor.place}
            institutions = Facility.objects.filter(pk__in=mine).order_by("name", "id")
            rows = institutions.values_list("code", "name")
            about = of(Subject.FACILITY)
        return [(code, name, kind) for code, name in rows[:most] for kind in about]


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a figure: a value, or that it is missing, or that the month is not over."""

    month: int
    value: str | None
    is_over: bool
    is_corrected: bool
    address: str


class Figures(FiguresPage):
    """The figures of one subject in a year, and all that was ever reported for one month."""

    about: ClassVar[Subject]

    def page(self, name: str, subject: Mapping[str, Any]) -> HttpResponse:
        """Return the year that is asked for, with the history of one figure where that is."""
        today = timezone.localdate()
        year = self._number("year", FIRST_YEAR, today.year) or self.last_month().year
        found = queries.year_of(subject, year)
        asked, month = (
            kinds().get(self.request.GET.get("kind", "")),
            self._number("month", 1, MONTHS),
        )
        rows: list[Volume] = []
        if asked is not None and month is not None:
            rows = queries.history(subject, asked.code, date(year, month, 1))
        context = {
            "name": name,
            "year": year,
            "earlier": year - 1 if year > FIRST_YEAR else None,
            "later": year + 1 if year < today.year else None,
            "months": range(1, MONTHS + 1),
            "lines": [(kind, _cells(kind, found, today)) for kind in of(self.about)],
            "is_empty": not found.values and not found.corrected,
            "asked": asked if month else None,
            "month": month,
            "history": [(row, written(row.value, grouped=True)) for row in rows],
        }
        return self.show("insights/figures.html", context)

    def _number(self, name: str, least: int, most: int) -> int | None:
        text = self.request.GET.get(name, "")
        is_number = text.isascii() and text.isdigit() and len(text) <= 4
        return int(text) if is_number and least <= int(text) <= most else None


def _cells(kind: VolumeKind, found: queries.Year, today: date) -> Sequence[Cell]:
    return [
        Cell(
            month=month,
            value=written(found.values.get(kind.code, {}).get(month), grouped=True),
            is_over=date(found.year, month, 1) < today.replace(day=1),
            is_corrected=(kind.code, month) in found.corrected,
            address=f"?year={found.year}&kind={kind.code}&month={month}#history",
        )
        for month in range(1, MONTHS + 1)
    ]


class FacilityFigures(Figures):
    """Those of an institution."""

    about = Subject.FACILITY

    def get(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Show them; 404 for an institution for which this post does not report."""
        members = queries.members(self.actor, timezone.localdate())
        found = Facility.objects.filter(pk=facility_id).first()
        if found is None or not policy.reads_facility(self.actor, found.pk, members):
            raise Http404
        return self.page(found.name, {"facility": found.pk})


class RegionFigures(Figures):
    """Those of a region."""

    about = Subject.REGION

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show them to who keeps them or looks over an alliance."""
        begins = policy.regions_read(self.actor)
        self.demand(begins is not None)
        found = Region.objects.filter(code=code, code__startswith=begins or "").first()
        if found is None:
            raise Http404
        return self.page(found.name, {"region": found.code})
