"""The pages of capitation: the settlement of a range of months, and what the alliance has agreed."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import replica
from accounts.errors import Refused
from accounts.permissions import Permission
from facilities.managing.forms import SettingForm, whole
from facilities.managing.settings import blame
from facilities.models import Alliance
from facilities.vocabulary import HIGHEST_PRIMARY_TIER
from insights import capitation_shown, months
from insights.actions import capitation as actions
from insights.capitation import LATEST_COUNTING_DAY, usual_counting_day
from insights.policy import capitation as policy
from insights.queries import capitation as queries
from referral.managing.base import RulesPage

MOST_NAMED: Final = 20
# Who was a member in the last three years can be named: agreements are often written down afterwards.
BACK: Final = timedelta(days=3 * 366)


# Where the members went, as a column is called.
HEADS: Final = {
    "capitation_paid_own": gettext_lazy("Paid at the community"),
    "capitation_paid_alliance": gettext_lazy("Elsewhere in the alliance"),
    "capitation_paid_inside": gettext_lazy("Elsewhere in the county"),
    "capitation_paid_outside": gettext_lazy("Outside the county"),
}


class AgreementForm(SettingForm):
    """What is agreed from a month on."""

    starts = forms.CharField(
        label=gettext_lazy("From the month"),
        max_length=7,
        validators=[RegexValidator(months.WRITTEN, gettext_lazy("Write a month as 2026-01."))],
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-01"}),
        help_text=gettext_lazy("What was agreed for this month and later ones gives way."),
    )
    rate = forms.DecimalField(
        label=gettext_lazy("Yuan a member a year"),
        max_digits=9,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    counting_day = whole(
        gettext_lazy("Members are counted on this day of a month"),
        least=1,
        most=LATEST_COUNTING_DAY,
    )
    source = forms.CharField(
        label=gettext_lazy("By whose word"),
        max_length=policy.SOURCE,
        help_text=gettext_lazy("The document, with its number"),
    )
    communities = forms.MultipleChoiceField(
        label=gettext_lazy("Communities whose members are paid for"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, members: list[tuple[UUID, str]], **kwargs: Any) -> None:
        """Offer the members of the alliance."""
        super().__init__(*args, **kwargs)
        offered = [(str(pk), name) for pk, name in members]
        self.fields["communities"].choices = offered  # type: ignore[attr-defined]


class CapitationPage(RulesPage):
    """A page for who looks over an alliance."""

    required: ClassVar[Permission | None] = Permission.ALLIANCE_VIEW


class Capitation(CapitationPage):
    """Settles a range of months."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the accounts, and what each is made of; what is missing is named, and then there is no sum."""
        alliance = self.chosen()
        context: dict[str, Any] = {
            "here": "insights",
            "alliance": alliance,
            "alliances": self.alliances,
        }
        if alliance is None:
            return self.show("insights/capitation.html", context)
        policy.demand_settle(self.actor, alliance.pk)
        status = 200
        try:
            context.update(self._settled(alliance))
        except Refused as refusal:
            context["refusal"], status = refusal, 400
        context["agreements"] = queries.agreements(alliance.pk)
        return self.show("insights/capitation.html", context, status=status)

    def _settled(self, alliance: Alliance) -> dict[str, Any]:
        said = self.request.GET
        span = months.asked(said.get("first"), said.get("last"), self.today)
        found = capitation_shown.settlement(queries.settlement(alliance.pk, span))
        for line in found["lines"]:
            line["named"], line["unseen"] = (
                line["missing"][:MOST_NAMED],
                line["missing"][MOST_NAMED:],
            )
        for account in (found, *found["lines"], *_months(found)):
            for paid in account["payments"]:
                paid["head"] = HEADS[paid["destination"]]
        opened = next(
            (each for each in found["lines"] if str(each["facility"]) == said.get("of")), None
        )
        return {
            "found": found,
            "first": capitation_shown.month_of(span[0]),
            "last": capitation_shown.month_of(span[-1]),
            "missing": sum(len(line["missing"]) for line in found["lines"]),
            "heads": HEADS.values(),
            "opened": opened,
        }


def _months(found: capitation_shown.Data) -> Iterator[capitation_shown.Data]:
    for line in found["lines"]:
        yield from line["months"]


class Agreement(CapitationPage):
    """Sets what is agreed."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_COORDINATE

    def get(self, request: HttpRequest, alliance_id: UUID) -> HttpResponse:
        """Show the form, filled with what holds now."""
        alliance = self.alliance(alliance_id)
        return self._page(alliance, self._form(alliance, None))

    def post(self, request: HttpRequest, alliance_id: UUID) -> HttpResponse:
        """Set it, once, and show the settlement."""
        alliance = self.alliance(alliance_id)
        form = self._form(alliance, request.POST)
        if not form.is_valid():
            return self._page(alliance, form, status=422)
        said = form.words()

        def work() -> str:
            actions.agree(
                alliance.pk,
                by=self.actor,
                starts=months.first_of(said["starts"]),
                rate=said["rate"],
                counting_day=said["counting_day"],
                source=said["source"],
                communities=[UUID(each) for each in said["communities"]],
                now=timezone.now(),
            )
            return f"{reverse('insights:capitation')}?alliance={alliance.pk}"

        try:
            address = self.once(form.cleaned_data["key"], work)
        except Refused as refusal:
            blame(form, refusal)
            return self._page(alliance, form, status=422)
        messages.success(request, _("The agreement is set."))
        return redirect(address)

    def _form(self, alliance: Alliance, said: Any) -> AgreementForm:
        return AgreementForm(
            said,
            members=queries.members_from(alliance.pk, self.today - BACK),
            initial=self._now(alliance),
        )

    def _now(self, alliance: Alliance) -> dict[str, Any]:
        """Return what a new agreement begins with: that of today, else the communities of primary care."""
        standing = (row for row in queries.agreements(alliance.pk) if row.is_in_force(self.today))
        row = next(standing, None)
        month = capitation_shown.month_of(self.today)
        if row is None:
            primary = queries.primary(alliance.pk, self.today, HIGHEST_PRIMARY_TIER)
            day = usual_counting_day().day
            return {"starts": month, "counting_day": day, "communities": list(map(str, primary))}
        return {
            "starts": month,
            "rate": row.rate,
            "counting_day": row.counting_day,
            "communities": [str(each.facility_id) for each in row.communities.all()],
        }

    def _page(self, alliance: Alliance, form: AgreementForm, *, status: int = 200) -> HttpResponse:
        usual = usual_counting_day()
        context = {"here": "insights", "alliance": alliance, "form": form, "usual": usual}
        return self.show("insights/agreement.html", context, status=status)
