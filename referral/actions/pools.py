"""Alters the pools of a facility, never below what referrals have taken of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from facilities import capacity
from facilities.actions import capacity as planning
from facilities.models import Pool
from facilities.policy.capacity import may_manage_capacity, require_capacity
from referral import availability


def alter_pool(
    facility_id: UUID,
    pool_id: UUID,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    version: int | None = None,
    now: datetime | None = None,
) -> Pool:
    """Change how many places a session has, or its reserved share and its times.

    Raises Refused: `not-found`, `capacity-forbidden`, `stale-pool`, `below-taken`, `pool-invalid`.
    """
    moment = now or timezone.now()
    # Before the pool is looked for, so that nobody learns here whether it is there.
    require_capacity(may_manage_capacity(by, facility_id))
    pool = capacity.locked_pool(pool_id)
    if pool is None or pool.facility_id != facility_id:
        raise not_found()
    if version is not None and version != pool.version:
        text = _("Somebody has changed this session meanwhile: reload it.")
        raise Refused("stale-pool", text, kind=Kind.STALE)
    taken = pool.places - availability.free_of(pool, primary=True, at=moment)
    if changes.get("places", taken) < taken:
        raise Refused(
            "below-taken",
            _("Referrals have taken more places than that: release them first."),
        )
    return planning.alter(pool, by=by, changes=changes)
