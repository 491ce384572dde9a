"""Sets what is agreed of capitation in an alliance: a new row, and those that it takes the place of end."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from accounts.actors import Actor
from audit import record
from insights.models import CapitationAgreement, CapitationCommunity
from insights.policy import capitation as policy
from insights.queries import capitation as queries
from referral.queries import clocks


def agree(
    alliance_id: UUID,
    *,
    by: Actor,
    starts: date,
    rate: Decimal,
    counting_day: int,
    source: str,
    communities: Collection[UUID],
    now: datetime,
) -> CapitationAgreement:
    """Set the rate (yuan a member a year) of an alliance from the month that begins on `starts`, until further notice.

    The agreement of that month ends before it; those that begin then or later are replaced, and stay as such. Needs
    a transaction. Raises Refused: `not-found`, `agreement-month`, `agreement-communities`.
    """
    policy.demand_agree(by, alliance_id)
    policy.demand_month(starts, timezone.localdate(now))
    clocks.lock_rules(alliance_id)
    members = [pk for pk, _name in queries.members_from(alliance_id, starts)]
    policy.demand_communities(communities, members)
    standing = queries.in_force(alliance_id)
    standing.filter(starts__gte=starts).update(ends=F("starts"))
    standing.filter(Q(ends__isnull=True) | Q(ends__gt=starts), starts__lt=starts).update(
        ends=starts
    )
    row = CapitationAgreement(
        alliance_id=alliance_id,
        starts=starts,
        rate=rate,
        counting_day=counting_day,
        source=source,
        set_by_id=by.user_id,
        set_for_id=by.for_user_id,
        set_at=now,
    )
    row.save(force_insert=True)
    CapitationCommunity.objects.bulk_create(
        CapitationCommunity(agreement=row, facility_id=each) for each in sorted(set(communities))
    )
    record.change(by, what="capitation.agree", fields=["rate", "counting_day", "communities"])
    return row
