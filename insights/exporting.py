"""The pages of files of numbers: asking for one from the page of its numbers, how far it is, and fetching it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from insights import questions
from insights.actions import exports as actions
from insights.exports_forms import ExportSerializer
from insights.files import handed, told
from insights.models import Export
from insights.queries import exports as queries
from insights.views import NumbersPage

LATEST: Final = 20
NO_FILE: Final = _("There is no such file.")


class ExportsPage(NumbersPage):
    """A page about files that somebody asked for."""

    def part(self, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Return the line that stands in another page, with the key of the next form."""
        return self.show("insights/export_state.html", {"key": uuid4(), **context}, status=status)

    @property
    def is_part(self) -> bool:
        """Say whether a page asks for that line alone."""
        return "HX-Request" in self.request.headers


class Exports(ExportsPage):
    """The files of a day, and where all of them are asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """List the last ones."""
        now = timezone.now()
        rows = queries.of(self.actor).order_by(*queries.NEWEST_FIRST)[:LATEST]
        context = {"here": "insights", "files": [told(row, now) for row in rows]}
        return self.show("insights/exports.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have a file made, and lead to it; a part of a page is told in its place."""
        now = timezone.now()
        known = set(ExportSerializer().fields)
        words = {name: word for name, word in request.POST.dict().items() if word and name in known}
        form = ExportSerializer(data=words)

        def work() -> str:
            export = actions.ask(
                form.validated_data, by=self.actor, language=get_language() or "", now=now
            )
            return reverse("insights:export", args=[export.pk])

        try:
            if not form.is_valid():
                raise questions.bad(NO_FILE)
            address = self.once(str(request.POST.get("key", "")), work)
        except Refused as refusal:
            if not self.is_part or refusal.kind is Kind.NOT_FOUND:
                raise
            return self.part({"refusal": refusal.detail})
        if not self.is_part:
            return redirect(address)
        return self.part(told(self._found(UUID(address.rstrip("/").rpartition("/")[2])), now))

    def _found(self, export_id: UUID) -> Export:
        found = queries.find(export_id, self.actor)
        if found is None:
            raise Http404
        return found


class OneExport(ExportsPage):
    """One file."""

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Say how far it is; a part of a page gets its line alone."""
        export, now = queries.find(export_id, self.actor), timezone.now()
        if export is None:
            raise Http404
        context = {"here": "insights", **told(export, now)}
        return self.part(context) if self.is_part else self.show("insights/export.html", context)


class ExportFile(ExportsPage):
    """What is in it."""

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Hand it out; 404 for others'."""
        return handed(export_id, self.actor, timezone.now())
