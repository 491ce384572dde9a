"""The page of equity: how evenly a resource lies over the regions of which figures are reported."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from facilities.managing.forms import SettingForm
from facilities.queries.directory import region_prefix
from facilities.vocabulary import RegionLevel
from insights import asking, numbers
from insights.equity import tables
from insights.equity.formulas import FORMULAS
from insights.equity.report import Report, report
from insights.equity_figures import (
    AREA,
    BORDERS,
    INCOME,
    LEVELS,
    POPULATION,
    REFERRALS,
    RESOURCES,
    Table,
    table,
)
from insights.indicators import definitions
from insights.managing.volumes import FiguresPage
from insights.months import FIRST_YEAR
from insights.policy import volumes as policy
from insights.regions import under
from insights.thresholds import FEW_PERSONS
from insights.vocabulary import Dim
from insights.volume_kinds import kinds

# The indicator whose counts are held against the population.
UP: Final = "up-count"
# Regions that are gone through for those below them.
MOST_ABOVE: Final = 40
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

    def __init__(self, *args: Any, last: int, counts: bool, **kwargs: Any) -> None:
        """Offer the years that are over, and referrals to whoever counts regions."""
        super().__init__(*args, **kwargs)
        years = [(year, str(year)) for year in range(last, FIRST_YEAR - 1, -1)]
        self.fields["year"].choices = years  # type: ignore[attr-defined]
        if counts:
            more = [*RESOURCES.items(), (REFERRALS, _("Referrals up"))]
            self.fields["resource"].choices = more  # type: ignore[attr-defined]


class Equity(FiguresPage):
    """Shows the indices, what each region adds to them, and the curve of Lorenz."""

    first: ClassVar = {"resource": "region_beds", "level": RegionLevel.COUNTY.value}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; with fewer than two regions, or an impossible table, say why there is nothing."""
        begins = policy.regions_read(self.actor)
        self.demand(begins is not None)
        last = timezone.localdate().year - 1
        said = {"year": last, **self.first, **request.GET.dict()}
        form = Asked(said, last=last, counts=self.actor.region is not None)
        if not form.is_valid():
            return self.show("insights/equity.html", {"form": form}, status=422)
        asked = form.words()
        context: dict[str, Any] = {
            "form": form,
            "here": "equity",
            "year": asked["year"],
            "counted": 0,
        }
        try:
            own = self._counted(asked) if asked["resource"] == REFERRALS else None
            found = table(asked["resource"], asked["level"], asked["year"], begins or "", own=own)
            context |= self._about(found, asked["resource"])
            context |= _told(report(found.regions, found.neighbours))
        except Refused as refusal:
            context["why"] = refusal.detail
        return self.show("insights/equity.html", context)

    def _counted(self, asked: Mapping[str, Any]) -> dict[str, Decimal]:
        """Return the referrals up of the regions of a level below the own one; those of few persons are left out.

        Raises Refused `equity-too-wide` where more regions would be gone through than a page can wait for.
        """
        above = [self.actor.region or ""]
        while True:
            below = {code: [row.code for row in under(code)] for code in above}
            if not any(below.values()) or len(above) > MOST_ABOVE:
                text = _(
                    "Referrals are counted for regions of this level by the authorities above them."
                )
                raise Refused("equity-too-wide", text)
            if _is_of(asked["level"], next(codes[0] for codes in below.values() if codes)):
                break
            above = [code for codes in below.values() for code in codes]
        return {
            code: number
            for place in above
            for code, number in self._below(place, asked["year"]).items()
            if code in below[place]
        }

    def _below(self, place: str, year: int) -> dict[str, Decimal]:
        asked = asking.read({"period": str(year), "region": place}, self.actor)
        found = numbers.answer(definitions()[UP], asked, self.actor, Dim.REGION)
        return {
            code: part.numerator for code, part in found.parts.items() if part.numerator is not None
        }

    def _about(self, found: Table, resource: str) -> dict[str, Any]:
        used = [
            kinds()[each]
            for each in (resource, POPULATION, AREA, INCOME, BORDERS)
            if each in kinds()
        ]
        return {
            "counted": len(found.regions),
            "lacking": found.lacking,
            "wanted": found.wanted,
            "used": used,
            "formulas": FORMULAS,
            "is_counted_here": resource == REFERRALS,
            "few_persons": FEW_PERSONS,
            "unseen": max(len(found.regions) - MOST_ROWS, 0),
        }


def _is_of(level: str, code: str) -> bool:
    """Say whether a region is of a level, by its code."""
    digits = {RegionLevel.PROVINCE: 2, RegionLevel.PREFECTURE: 4, RegionLevel.COUNTY: 6}
    return len(region_prefix(code)) == digits[RegionLevel(level)]


def _told(found: Report) -> dict[str, Any]:
    head, *rows = tables.regions(found)
    return {
        "indices": tables.indices(found),
        "groups": tables.groups(found),
        "reasons": tables.reasons(found),
        "head": head,
        "rows": rows[:MOST_ROWS],
        "points": _thinned(found.by_population.points),
        "concentrated": _thinned(found.concentration.points) if found.concentration else [],
    }


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[str, str]]:
    """Return the corners of a curve in percent, both ends among them."""
    step = max(1, len(points) // MOST_POINTS)
    shown = [*points[:-1:step], points[-1]]
    return [(f"{part * 100:.2f}", f"{held * 100:.2f}") for part, held in shown]
