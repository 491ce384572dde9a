"""Finds the very rows behind a number: facts of the same condition, scope and days as were counted."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from insights import measures
from insights.models import FollowUpFact, LegFact
from insights.periods import Period
from insights.queries.counts import value_of, within
from insights.scopes import Where
from insights.vocabulary import Dim
from referral.models import Referral
from referral.queries import referrals as queries

# Ids tell the time: of a leg that of its filing, of a contact that of its planning.
NEWEST_FIRST: Final = ("-id",)
# What stands in a list: legs and contacts as they were counted, or what waits now.
Counted = LegFact | FollowUpFact | Referral


def rows(
    names: Sequence[str], where: Where, period: Period, by: Dim = Dim.NONE, value: str = ""
) -> QuerySet[Any]:
    """Return what was counted: legs, or contacts where contacts are."""
    of = contacts if is_of_contacts(names) else legs
    return of(names, where, period, by, value)


def is_of_contacts(names: Iterable[str]) -> bool:
    """Say whether planned contacts are counted rather than legs."""
    return any(name in measures.FOLLOW_UPS for name in names)


def referrals(counted: Sequence[Counted], by: Actor) -> list[Referral]:
    """Return the referrals of counted rows in their order, ready to be listed."""
    return [row for _unit, row in paired(counted, by)]


def paired(counted: Sequence[Counted], by: Actor) -> list[tuple[Counted, Referral]]:
    """Return each counted row with its referral, in their order; a leg with two contacts is there twice."""
    ids = [row.leg_id if isinstance(row, FollowUpFact) else row.pk for row in counted]
    seen = queries.for_list(queries.visible_to(by)).in_bulk(set(ids))
    queries.hang_places(list(seen.values()))
    return [(unit, seen[pk]) for unit, pk in zip(counted, ids, strict=True) if pk in seen]


def legs(
    names: Iterable[str], where: Where, period: Period, by: Dim = Dim.NONE, value: str = ""
) -> QuerySet[LegFact]:
    """Return the counted legs, of one value of a breakdown if asked for; what the actor may see of them."""
    wanted = [name for name in names if name in measures.LEGS]
    rows = LegFact.objects.filter(where.condition(), _any(wanted, period))
    return _of_value(rows, where, by, value)


def contacts(
    names: Iterable[str], where: Where, period: Period, by: Dim = Dim.NONE, value: str = ""
) -> QuerySet[FollowUpFact]:
    """Return the counted contacts in the same way."""
    wanted = [name for name in names if name in measures.FOLLOW_UPS]
    here = LegFact.objects.filter(where.condition())
    rows = FollowUpFact.objects.filter(_any(wanted, period), leg__in=here)
    return _of_value(rows, where, by, value, "leg__")


def _any(names: Iterable[str], period: Period) -> Q:
    found = Q(pk__in=[])
    for name in names:
        found |= within(name, period)
    return found


def _of_value(
    rows: QuerySet[Any], where: Where, by: Dim, value: str, path: str = ""
) -> QuerySet[Any]:
    if by == Dim.NONE:
        return rows
    named = rows.annotate(part=value_of(where, by, path))
    wanted = Q(part=value) if value else Q(part="") | Q(part__isnull=True)
    of_it: QuerySet[Any] = named.filter(wanted)
    return of_it
