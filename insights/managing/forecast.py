"""The page of weekly demand: past weeks of a department, those to come, and how far off such estimates were."""

from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts import replica
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.models import Department
from facilities.queries import directory
from insights import asking, choosing, forecast_shown
from insights.actions import forecasting
from insights.forecast import HELD_OUT, HORIZON, Method
from insights.forecast_api import ForecastQuery
from insights.forecast_shown import Asked, Data
from insights.lists import WHOLE
from insights.models import JobState
from insights.periods import Length, around
from insights.policy import numbers as policy
from insights.queries import jobs as queries
from insights.views import NumbersPage

PERCENT: Final = 100
SHORTER: Final = 4
# The page draws and lists so many past weeks; all of them were counted.
DRAWN: Final = 104
# What the form asks, beside its key.
QUESTION: Final = ("facility", "department", "weeks")


class Forecast(NumbersPage):
    """Shows the forecast of a department, and takes the wish for one."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; what asks again while a worker computes gets the part alone."""
        asked = self._asked(request.GET.dict())
        policy.demand_count(asked.where, self.actor)
        row = queries.forecast_of(asked.facility_id, asked.department_id)
        context = {"asked": asked, "told": _shown(forecast_shown.told(row, asked, self.actor))}
        if "HX-Request" in request.headers:
            return self.show("insights/forecast_told.html", context)
        departments = _departments(asked.facility_id)
        return self.show(
            "insights/forecast.html",
            {
                **context,
                "here": "insights",
                "key": uuid4(),
                "places": choosing.places(self.actor),
                "departments": departments,
                "name": _name(asked, departments),
                "lengths": (SHORTER, HORIZON),
            },
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for it, once, and lead to where it will be."""
        asked = self._asked({name: request.POST.get(name, "") for name in QUESTION})

        def work() -> str:
            forecasting.ask(
                asked.facility_id, asked.department_id, by=self.actor, now=timezone.now()
            )
            return address(asked)

        return redirect(self.once(request.POST.get("key", ""), work))

    def _asked(self, said: dict[str, str]) -> Asked:
        form = ForecastQuery(data={name: word for name, word in said.items() if word})
        if not form.is_valid():
            texts = [str(text) for each in form.errors.values() for text in each]
            raise Refused("bad-forecast", " ".join(texts), kind=Kind.INVALID)
        words: dict[str, Any] = form.validated_data
        facility = words.get("facility") or self.actor.facility_id
        if facility is None:
            raise Http404
        return Asked(facility, words.get("department"), words["weeks"])


def address(asked: Asked) -> str:
    """Return where a forecast is shown."""
    words = {"facility": asked.facility_id, "department": asked.department_id, "weeks": asked.weeks}
    found = {name: str(word) for name, word in words.items() if word is not None}
    return f"{reverse('insights:forecast')}?{urlencode(found)}"


def _departments(facility_id: UUID) -> list[Department]:
    return list(directory.departments(facility_id).order_by("name", "id"))


def _name(asked: Asked, departments: list[Department]) -> str:
    found = (each.name for each in departments if each.pk == asked.department_id)
    return next(found, "")


def _shown(told: Data) -> Data:
    """Return what the page says: the better way first, with by how much, and the last two years."""
    ways = sorted(told["methods"], key=lambda way: bool(way["method"] != told["better"]))
    for way in ways:
        way["covered_percent"] = round(PERCENT * way["covered"])
    if len(ways) > 1:
        for each, row in zip(ways[0]["ahead"], ways[1]["ahead"], strict=True):
            each["other"] = row
    for each in ways[0]["ahead"] if ways else ():
        each["why"] = forecast_shown.why(each["reason"])
    by_method = {way["method"]: way for way in ways}
    return {
        **told,
        "is_waiting": told["state"] == JobState.WAITING,
        "ways": ways,
        "best": ways[0] if ways else None,
        "other": ways[1] if len(ways) > 1 else None,
        "gain": _gain(by_method),
        "held_out": HELD_OUT,
        "percent": round(told["range"] * PERCENT),
        "drawn": [
            {**each, "why": forecast_shown.why(each["reason"]), "address": _behind(told, each)}
            for each in told["past"][-DRAWN:]
        ],
        "older": max(len(told["past"]) - DRAWN, 0),
    }


def _behind(told: Data, each: Data) -> str:
    """Return where the referrals of a past week are listed, "" where there are none."""
    if not each["count"]:
        return ""
    address = reverse("insights:demand", args=[told["department"] or WHOLE])
    week = asking.name_of(around(Length.WEEK, each["week"]))
    return f"{address}?{urlencode({'facility': told['facility'], 'period': week})}"


def _gain(ways: Data) -> int | None:
    """Return by how many percent the smaller error is smaller; None where there is nothing to compare."""
    errors: list[float] = sorted(way["mean_error"] for way in ways.values())
    if len(errors) < len(Method) or not errors[-1]:
        return None
    return round(PERCENT * (1 - errors[0] / errors[-1]))
