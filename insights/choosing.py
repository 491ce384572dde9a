"""Offers whose numbers may be chosen, by one statement for the alliances and one for their members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.models import Alliance, Facility
from insights import shown
from insights.indicators import Side
from insights.policy import numbers as policy
from insights.questions import Question, following, lengths, of_days

# A list to choose from bears an alliance of a thousand; whoever is chosen always stands in it.
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    key: str
    words: str
    is_chosen: bool
    address: str = ""


def choices(question: Question, by: Actor, today: date) -> dict[str, Any]:
    """Return what the head of every page offers: whose numbers, which side, which days."""
    asked = question.asked
    places = _places(by)
    alliances = _alliances(by)
    names = {**places, **alliances}
    period = question.period
    return {
        "scope": " · ".join(names.get(key, "") for key in asked.keys if key in names),
        "alliances": [
            Choice(key, name, asked.keys == (key,), question.address(facility="", alliance=key))
            for key, name in alliances.items()
            if len(alliances) > 1
        ],
        "members": _members(places, asked.keys),
        "sides": _sides(question) if asked.scope == "facility" else [],
        "kept": {**question.chosen, **of_days(period)},
        "lengths": [
            Choice(length, str(shown.LENGTHS[length]), length == period.length, question.at(found))
            for length, found in lengths(period, today).items()
        ],
        "days": shown.days(period),
        "period": period,
        "earlier": question.at(period.before),
        "later": question.at(following(period)) if period.last < today else "",
        "days_words": {"first": period.first, "last": min(period.last, today)},
    }


def _members(places: Mapping[str, str], chosen: Sequence[str]) -> list[Choice]:
    kept = [*list(places)[:MOST], *(key for key in list(places)[MOST:] if key in chosen)]
    return [Choice(key, places[key], key in chosen) for key in kept]


def _sides(question: Question) -> list[Choice]:
    words = {
        "": _("As each is defined"),
        Side.SENT.value: _("Sent from here"),
        Side.RECEIVED.value: _("Received here"),
    }
    side = question.asked.side
    return [
        Choice(key, each, key == (side.value if side else ""), question.address(side=key))
        for key, each in words.items()
    ]


def _alliances(by: Actor) -> dict[str, str]:
    if not by.alliance_ids:
        return {}
    rows = Alliance.objects.filter(id__in=list(by.alliance_ids)).order_by("name")
    return {str(pk): name for pk, name in rows.values_list("id", "name")}


def _places(by: Actor) -> dict[str, str]:
    """Return the members of the alliances that somebody looks over, else the own facility."""
    wanted: set[UUID] = policy.members(by.alliance_ids) if by.alliance_ids else set()
    if by.facility_id:
        wanted.add(by.facility_id)
    rows = Facility.objects.filter(id__in=wanted).order_by("name")
    return {str(pk): name for pk, name in rows.values_list("id", "name")}
