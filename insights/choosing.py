"""Offers whose numbers may be chosen, by one statement for the alliances and one for their members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities.models import Alliance, Facility
from insights import regions, shown
from insights.asking import Asked
from insights.indicators import Side
from insights.periods import MONTHS
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
    tree = _tree(asked, by)
    near = places(by) if tree is None else _houses(tree)
    alliances = _alliances(by)
    period = question.period
    return {
        "scope": _said(asked, {**near, **alliances}) or (tree.here.name if tree else ""),
        "regions": _regions(tree, question) if tree else None,
        "months_only": tree is not None,
        "alliances": [
            Choice(key, name, asked.keys == (key,), question.address(facility="", alliance=key))
            for key, name in alliances.items()
            if len(alliances) > 1
        ],
        "members": _members(near, asked.keys),
        "sides": _sides(question) if asked.scope in {"facility", "region"} else [],
        "kept": {**question.chosen, **of_days(period)},
        "lengths": [
            Choice(length, str(shown.LENGTHS[length]), length == period.length, question.at(found))
            for length, found in lengths(period, today).items()
            if tree is None or length in MONTHS
        ],
        "days": shown.days(period),
        "period": period,
        "earlier": question.at(period.before),
        "later": question.at(following(period)) if period.last < today else "",
        "days_words": {"first": period.first, "last": min(period.last, today)},
    }


def named(asked: Asked, by: Actor) -> str:
    """Return whose numbers are asked for, by name; two statements."""
    tree = _tree(asked, by)
    if tree is not None:
        return _said(asked, _houses(tree)) or tree.here.name
    return _said(asked, {**places(by), **_alliances(by)})


def beside(asked: Asked, by: Actor) -> dict[str, str]:
    """Return what is put side by side: members, or of a region those below it, of the lowest its institutions."""
    tree = _tree(asked, by)
    if tree is None:
        return places(by)
    return {each.key: each.name for each in tree.below or tree.institutions}


def _tree(asked: Asked, by: Actor) -> regions.Tree | None:
    """Return the regions around a question of a health authority, None for others; raises Refused `not-found`."""
    if by.region is None:
        return None
    where = asked.of_side(Side.SENT)
    policy.demand_count(where, by)
    return regions.tree(where, by.region)


def _houses(tree: regions.Tree) -> dict[str, str]:
    return {each.key: each.name for each in tree.institutions}


def _said(asked: Asked, names: Mapping[str, str]) -> str:
    return " · ".join(names[key] for key in asked.keys if key in names)


def _regions(tree: regions.Tree, question: Question) -> dict[str, Any]:
    """Return the way down to the region asked about, each a link, and the regions below."""
    return {
        "path": [
            Choice(
                each.key,
                each.name,
                each == tree.here and question.asked.scope != "facility",
                question.address(facility="", region=each.key),
            )
            for each in tree.path
        ],
        "here": tree.here.key,
        "below": [Choice(each.key, each.name, is_chosen=False) for each in tree.below],
    }


def _members(near: Mapping[str, str], chosen: Sequence[str]) -> list[Choice]:
    kept = [*list(near)[:MOST], *(key for key in list(near)[MOST:] if key in chosen)]
    return [Choice(key, near[key], key in chosen) for key in kept]


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


def places(by: Actor) -> dict[str, str]:
    """Return the members of the alliances that somebody looks over, else the own facility."""
    wanted: set[UUID] = policy.members(by.alliance_ids) if by.alliance_ids else set()
    if by.facility_id:
        wanted.add(by.facility_id)
    rows = Facility.objects.filter(id__in=wanted).order_by("name")
    return {str(pk): name for pk, name in rows.values_list("id", "name")}
