"""The page of equity: how evenly a resource lies over the regions of which figures are reported."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from facilities.managing.forms import SettingForm
from facilities.vocabulary import RegionLevel
from insights.equity import tables
from insights.equity.report import Report, report
from insights.equity_figures import LEVELS, RESOURCES, table
from insights.managing.volumes import FiguresPage
from insights.policy import volumes as policy

FIRST_YEAR: Final = 2000
# All regions are counted; of a nation's counties the page shows so many.
MOST_ROWS: Final = 500
# More corners than that nobody sees in a curve.
MOST_POINTS: Final = 200


class Asked(SettingForm):
    """Which resource, over which regions, at the end of which year."""

    resource = forms.ChoiceField(label=_("Resource"), choices=list(RESOURCES.items()))
    level = forms.ChoiceField(
        label=_("Regions"), choices=[(each.value, each.label) for each in LEVELS]
    )
    year = forms.TypedChoiceField(label=_("End of the year"), coerce=int)

    def __init__(self, *args: Any, last: int, **kwargs: Any) -> None:
        """Offer the years that are over."""
        super().__init__(*args, **kwargs)
        years = [(year, str(year)) for year in range(last, FIRST_YEAR - 1, -1)]
        self.fields["year"].choices = years  # type: ignore[attr-defined]


class Equity(FiguresPage):
    """Shows the indices, what each region adds to them, and the curve of Lorenz."""

    first: ClassVar = {"resource": "region_beds", "level": RegionLevel.COUNTY.value}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; with fewer than two regions, or an impossible table, say why there is nothing."""
        self.demand(policy.reads_regions(self.actor))
        last = timezone.localdate().year - 1
        said = {"year": last, **self.first, **request.GET.dict()}
        form = Asked(said, last=last)
        if not form.is_valid():
            return self.show("insights/equity.html", {"form": form}, status=422)
        asked = form.words()
        found = table(asked["resource"], asked["level"], asked["year"])
        context: dict[str, Any] = {
            "form": form,
            "year": asked["year"],
            "counted": len(found.regions),
            "lacking": found.lacking,
            "unseen": max(len(found.regions) - MOST_ROWS, 0),
        }
        try:
            context.update(_told(report(found.regions)))
        except Refused as refusal:
            context["why"] = refusal.detail
        return self.show("insights/equity.html", context)


def _told(found: Report) -> dict[str, Any]:
    head, *rows = tables.regions(found)
    return {
        "indices": tables.indices(found),
        "groups": tables.groups(found),
        "reasons": tables.reasons(found),
        "head": head,
        "rows": rows[:MOST_ROWS],
        "points": _thinned(found.by_population.points),
    }


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[str, str]]:
    """Return the corners of a curve in percent, both ends among them."""
    step = max(1, len(points) // MOST_POINTS)
    shown = [*points[:-1:step], points[-1]]
    return [(f"{part * 100:.2f}", f"{held * 100:.2f}") for part, held in shown]
