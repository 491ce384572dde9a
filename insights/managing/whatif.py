"""The pages of what-ifs: trying a change of a share, of places or a closure, and what would become of waiting."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.managing.forms import SettingForm, whole
from facilities.managing.settings import blame
from facilities.queries import directory
from insights import choosing, whatif_shown
from insights.actions import trying
from insights.actions.trying import RANGES, Trial
from insights.models import JobState, WhatIf
from insights.policy import numbers as policy
from insights.policy.whatif import alliance_of
from insights.queries import jobs as queries
from insights.scopes import received_by
from insights.views import NumbersPage

LATEST: Final = 20
TITLES: Final[Mapping[str, Any]] = {
    Trial.SHARE: _("Another reserved share"),
    Trial.PLACES: _("More or fewer places"),
    Trial.CLOSURE: _("A closure"),
}
# What the number of each is, and what it begins with.
NUMBERS: Final[Mapping[str, tuple[Any, int]]] = {
    Trial.SHARE: (_("Percent of the places reserved for primary care"), 30),
    Trial.PLACES: (_("Places more (5) or fewer (-5) in each session"), 5),
    Trial.CLOSURE: (_("Weeks of the closure (0: for good)"), 4),
}
POOLS: Final = [("slot", _("Appointments")), ("bed", _("Beds"))]
URGENCIES: Final = {"urgent": _("Urgent"), "routine": _("Routine")}


class TrialForm(SettingForm):
    """One change to be tried."""

    kind = forms.CharField(max_length=10, widget=forms.HiddenInput)
    department = forms.ChoiceField(label=_("Department"), required=False)
    pool = forms.ChoiceField(label=_("Appointments or beds"), choices=POOLS)

    def __init__(
        self, said: Any, *, trial: Trial, departments: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        """Offer the departments of a facility; a closure may be of all of them."""
        super().__init__(said, auto_id=f"id_{trial.value}_%s", **kwargs)
        self.initial["kind"] = trial.value
        least, most = RANGES[trial]
        label, first = NUMBERS[trial]
        self.fields["number"] = whole(label, least=least, most=most, initial=first)
        self.fields["number"].widget.attrs["class"] = "form-control"
        # On a telephone its number keys have no minus.
        if least < 0:
            self.fields["number"].widget.attrs.pop("inputmode", None)
        offered = [("", _("All departments"))] if trial == Trial.CLOSURE else []
        if not departments:
            offered = [("", _("No department is in the directory"))]
        self.fields["department"].choices = [*offered, *departments]  # type: ignore[attr-defined]
        self.fields["department"].required = trial != Trial.CLOSURE


class WhatIfPage(NumbersPage):
    """A page of what-ifs: for who works with referrals, not for who only reads sums."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def facility(self) -> UUID:
        """Return the facility that is asked about, by default one's own; raises Refused for others'."""
        said = self.request.GET.get("facility", "")
        try:
            found = UUID(said) if said else self.actor.place
        except ValueError as error:
            raise Http404 from error
        policy.demand_count(received_by(found), self.actor)
        return found

    def run(self, run_id: UUID) -> WhatIf:
        """Return a run that this post sees."""
        return queries.what_if(run_id, self.actor)


class WhatIfs(WhatIfPage):
    """Offers what may be tried, and lists what was."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the forms of a facility, and the last runs."""
        return self._page(self.facility())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for a run, once, and lead to it."""
        facility = self.facility()
        kind = request.POST.get("kind", "")
        if kind not in set(Trial):
            raise Refused("what-if-unknown", _("This cannot be tried."), kind=Kind.UNPROCESSABLE)
        form = self._form(Trial(kind), facility, request.POST)
        if not form.is_valid():
            return self._page(facility, form, status=422)
        said = form.words()
        change = {**said, "department": UUID(said["department"]) if said["department"] else None}

        def work() -> str:
            row = trying.ask(facility, change, by=self.actor, now=timezone.now())
            return reverse("insights:what-if", args=[row.pk])

        try:
            return redirect(self.once(form.cleaned_data["key"], work))
        except Refused as refusal:
            blame(form, refusal)
            return self._page(facility, form, status=422)

    def _form(self, trial: Trial, facility: UUID, said: Any = None) -> TrialForm:
        rows = directory.departments(facility).order_by("name", "id")
        departments = [(str(each.pk), each.name) for each in rows]
        return TrialForm(said, trial=trial, departments=departments)

    def _page(
        self, facility: UUID, sent: TrialForm | None = None, *, status: int = 200
    ) -> HttpResponse:
        alliance = alliance_of(self.actor, facility, timezone.localdate())
        offered = [each for each in Trial if alliance or each != Trial.CLOSURE]
        tried = sent.data.get("kind") if sent is not None else None
        context = {
            "here": "insights",
            "facility": facility,
            "places": choosing.places(self.actor),
            "forms": [
                (TITLES[each], sent if each.value == tried else self._form(each, facility))
                for each in offered
            ],
            "runs": [
                {**whatif_shown.summary(row), "words": words(row), "is": JobState(row.state).label}
                for row in queries.what_ifs(self.actor).order_by("-asked_at", "-id")[:LATEST]
            ],
        }
        return self.show("insights/what_ifs.html", context, status=status)


def words(row: WhatIf) -> str:
    """Return what was tried, in a few words."""
    number = row.change["number"]
    if row.change["kind"] == Trial.SHARE:
        return str(_("Reserved share of %(number)s%%") % {"number": number})
    if row.change["kind"] == Trial.PLACES:
        return str(_("%(number)s places a session") % {"number": f"{number:+d}"})
    if number:
        return str(_("Closure for %(number)s weeks") % {"number": number})
    return str(_("Closure for good"))


class OneWhatIf(WhatIfPage):
    """One run."""

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Show before and after; what asks again while a worker computes gets the part alone."""
        row = self.run(run_id)
        told = whatif_shown.told(row, self.actor)
        for each in told["by_urgency"]:
            each["name"] = URGENCIES.get(each["urgency"], each["urgency"])
        for each in told["limits"]:
            each["name"] = URGENCIES.get(each["code"], each["code"])
        context = {
            "here": "insights",
            "told": told,
            "key": uuid4(),
            "words": words(row),
            "is_waiting": row.state == JobState.WAITING,
            "is_done": row.state == JobState.DONE,
        }
        if "HX-Request" in request.headers:
            return self.show("insights/what_if_told.html", context)
        return self.show("insights/what_if.html", context)


class Repeat(WhatIfPage):
    """Asks for the same run once more."""

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Ask for it, once, and lead to it."""
        row = self.run(run_id)

        def work() -> str:
            made = trying.again(row, by=self.actor, now=timezone.now())
            return reverse("insights:what-if", args=[made.pk])

        return redirect(self.once(request.POST.get("key", ""), work))
