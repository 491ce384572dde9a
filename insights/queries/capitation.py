"""Reads what is agreed of capitation, and the reported months that it is settled from."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, QuerySet

from facilities.models import Facility, Membership, dated
from facilities.queries import directory
from insights.models import CapitationAgreement, CapitationCommunity, Volume
from insights.settlement import KINDS, Agreed, Key, Settlement, settle


def agreements(alliance_id: UUID) -> list[CapitationAgreement]:
    """Return all that was ever agreed in an alliance, the newest first; replaced ones have an empty term."""
    rows = CapitationAgreement.objects.filter(alliance=alliance_id)
    found = rows.select_related("set_by", "set_for").prefetch_related("communities__facility")
    return list(found.order_by("-set_at", "-id"))


def in_force(alliance_id: UUID) -> QuerySet[CapitationAgreement]:
    """Return those that hold for a term at all."""
    return CapitationAgreement.objects.filter(alliance=alliance_id).exclude(ends=F("starts"))


def settlement(alliance_id: UUID, months: Sequence[date]) -> Settlement:
    """Return the accounts of an alliance over months; three statements."""
    agreed = _agreed(alliance_id, months)
    communities = {each for terms in agreed.values() for each in terms.communities}
    return settle(months, agreed, _figures(communities, months))


def _agreed(alliance_id: UUID, months: Sequence[date]) -> dict[date, Agreed]:
    last = max(months)
    rows = list(
        in_force(alliance_id).filter(
            Q(ends__isnull=True) | Q(ends__gt=min(months)), starts__lte=last
        )
    )
    named: dict[UUID, set[UUID]] = {row.pk: set() for row in rows}
    links = CapitationCommunity.objects.filter(agreement__in=list(named))
    for agreement_id, facility_id in links.values_list("agreement_id", "facility_id"):
        named[agreement_id].add(facility_id)
    return {
        month: Agreed(row.rate, frozenset(named[row.pk]))
        for month in months
        for row in rows
        if row.is_in_force(month)
    }


def _figures(communities: Collection[UUID], months: Sequence[date]) -> dict[Key, Decimal]:
    rows = Volume.objects.filter(
        superseded_at__isnull=True,
        facility__in=list(communities),
        kind__in=KINDS,
        month__in=list(months),
    )
    found = rows.values_list("facility_id", "kind", "month", "value")
    return {(facility, kind, month): value for facility, kind, month, value in found}


def members_from(alliance_id: UUID, starts: date) -> list[tuple[UUID, str]]:
    """Return id and name of whoever is a member of an alliance on a day or later, by name."""
    rows = Membership.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=starts), Q(ends__isnull=True) | Q(ends__gt=F("starts"))
    )
    names = rows.filter(alliance=alliance_id).values_list("facility_id", "facility__name")
    return list(names.distinct().order_by("facility__name", "facility_id"))


def primary(alliance_id: UUID, on: date, highest: int) -> list[UUID]:
    """Return the members of an alliance on a day that are of primary care, up to a tier but above stations."""
    rows = Membership.objects.filter(dated.in_force(on), alliance=alliance_id)
    found = Facility.objects.filter(directory.tier_is(highest, on), pk__in=rows.values("facility"))
    return list(found.order_by("name", "id").values_list("pk", flat=True))
