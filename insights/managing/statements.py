"""The pages of yearly statements: all of a year with their history, and the form of one."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Refused
from accounts.permissions import Permission
from facilities.managing.forms import SettingForm
from facilities.managing.settings import blame
from facilities.models import Alliance
from insights.actions import statements as actions
from insights.models.statements import Standing
from insights.months import FIRST_YEAR
from insights.queries import statements as queries
from insights.statements import Stated, stated
from referral.managing.base import RulesPage

LONGEST: Final = 2000


class StatementForm(SettingForm):
    """How far it has come, and what shows it."""

    standing = forms.ChoiceField(label=gettext_lazy("How far it has come"), choices=Standing)
    evidence = forms.CharField(
        label=gettext_lazy("What shows it"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Documents with their numbers and dates. Name no patients."),
    )


class StatementsPage(RulesPage):
    """A page for who looks over an alliance."""

    required: ClassVar[Permission | None] = Permission.ALLIANCE_VIEW


class Statements(StatementsPage):
    """What is stated of a year, and what was stated before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it for the alliance and the year that the address asks for, by default last year."""
        alliance, year = self.chosen(), self._year()
        context: dict[str, Any] = {"here": "insights", "alliance": alliance, "year": year}
        context |= {"alliances": self.alliances, "earlier": max(year - 1, FIRST_YEAR)}
        context["later"] = year + 1 if year < self.today.year else None
        if alliance is not None:
            rows = list(queries.of_year(alliance.pk, year))
            context["lines"] = [
                {
                    "one": one,
                    "now": next((r for r in rows if r.code == code and not r.superseded_at), None),
                    "former": [row for row in rows if row.code == code and row.superseded_at],
                }
                for code, one in stated().items()
            ]
        return self.show("insights/statements.html", context)

    def _year(self) -> int:
        text = self.request.GET.get("year", "")
        is_year = text.isascii() and text.isdigit() and len(text) == len("2026")
        year = int(text) if is_year else self.today.year - 1
        return min(max(year, FIRST_YEAR), self.today.year)


class StatementOf(StatementsPage):
    """States one of them."""

    def get(self, request: HttpRequest, alliance_id: UUID, year: int, code: str) -> HttpResponse:
        """Show the form, filled with what holds now."""
        alliance, one = self.alliance(alliance_id), self._one(year, code)
        row = queries.in_force(alliance.pk, year, code)
        initial = {"standing": row.standing, "evidence": row.evidence} if row else {}
        return self._page(alliance, one, year, StatementForm(initial=initial))

    def post(self, request: HttpRequest, alliance_id: UUID, year: int, code: str) -> HttpResponse:
        """State it, once, and show the year."""
        alliance, one = self.alliance(alliance_id), self._one(year, code)
        form = StatementForm(request.POST)
        if not form.is_valid():
            return self._page(alliance, one, year, form, status=422)
        said = form.words()

        def work() -> str:
            actions.state(
                alliance.pk, by=self.actor, code=code, year=year, now=timezone.now(), **said
            )
            return f"{reverse('insights:statements')}?alliance={alliance.pk}&year={year}"

        try:
            address = self.once(form.cleaned_data["key"], work)
        except Refused as refusal:
            blame(form, refusal)
            return self._page(alliance, one, year, form, status=422)
        messages.success(request, _("The statement is kept."))
        return redirect(address)

    def _one(self, year: int, code: str) -> Stated:
        if code not in stated() or not FIRST_YEAR <= year <= self.today.year:
            raise Http404
        return stated()[code]

    def _page(
        self, alliance: Alliance, one: Stated, year: int, form: StatementForm, *, status: int = 200
    ) -> HttpResponse:
        context = {"here": "insights", "alliance": alliance, "one": one, "year": year, "form": form}
        return self.show("insights/statement.html", context, status=status)
