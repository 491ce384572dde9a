"""States what an alliance is in a year: a new row, and the one before it ends."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from insights.models import Statement
from insights.policy import statements as policy
from insights.queries import statements as queries
from insights.statements import stated
from referral.queries import clocks


def state(
    alliance_id: UUID,
    *,
    by: Actor,
    code: str,
    year: int,
    standing: str,
    evidence: str,
    now: datetime,
) -> Statement:
    """State it; the same again changes nothing. Needs a transaction. Raises Refused: `not-found`, `statement-year`."""
    policy.demand_state(by, alliance_id)
    if code not in stated():
        raise not_found()
    policy.demand_year(year, timezone.localdate(now))
    clocks.lock_rules(alliance_id)
    former = queries.in_force(alliance_id, year, code)
    if former is not None:
        if (former.standing, former.evidence) == (standing, evidence):
            return former
        former.superseded_at = now
        former.save(update_fields=["superseded_at"])
    row = Statement(
        alliance_id=alliance_id,
        code=code,
        year=year,
        standing=standing,
        evidence=evidence,
        stated_by_id=by.person,
        stated_for_id=by.for_user_id,
        stated_at=now,
    )
    row.save(force_insert=True)
    record.change(by, what="statement.made", fields=[code.replace("-", "_")])
    return row
