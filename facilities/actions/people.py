"""Lets a colleague act for another, and takes it back."""

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from audit import record
from facilities.models import Delegation
from facilities.policy import people as policy
from facilities.queries import people as queries
from notifications import outbox
from notifications.models import Priority


def delegate(
    *,
    by: Actor,
    principal_id: UUID,
    deputy_id: UUID,
    starts: date,
    ends: date,
    reason: str,
    now: datetime | None = None,
) -> Delegation:
    """Let a deputy act for a colleague at the actor's facility from one day to another.

    Both must hold a live post there. Raises Refused: `delegation-…`, `role-not-delegable`,
    `not-a-colleague`.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    policy.demand_delegation(by, principal_id, deputy_id)
    roles = queries.live_roles((principal_id, deputy_id), at=by.place, on=today)
    _demand_colleagues(principal_id, deputy_id, roles)
    policy.demand_delegable(by, principal_id, roles[principal_id])
    policy.demand_term(starts, ends, today=today)
    made = Delegation(
        facility_id=by.place,
        principal_id=principal_id,
        deputy_id=deputy_id,
        granted_by_id=by.person,
        starts=starts,
        ends=ends,
        reason=reason,
        created_at=moment,
    )
    made.save(force_insert=True)
    _tell(made, "delegation.granted", by=by, now=moment)
    return made


def take_back(delegation_id: UUID, *, by: Actor, now: datetime | None = None) -> Delegation:
    """End a delegation at once; a second time changes nothing. Raises Refused `not-found`."""
    moment = now or timezone.now()
    found = queries.lock_delegation(delegation_id, by)
    if found is None:
        raise not_found()
    if not policy.may_take_back(by, found.principal_id, found.deputy_id):
        text = _("A deputy in office does not decide on delegations.")
        raise Refused("delegation-in-office", text, kind=Kind.FORBIDDEN)
    if found.ended_at is None:
        found.ended_at, found.ended_by_id = moment, by.user_id
        found.save(update_fields=["ended_at", "ended_by"])
        _tell(found, "delegation.ended", by=by, now=moment)
    return found


def _demand_colleagues(principal: UUID, deputy: UUID, roles: dict[UUID, str]) -> None:
    """Refuse people without a live post here, and a person as his own deputy."""
    wrong = {
        "principal": principal not in roles,
        "deputy": deputy not in roles or deputy == principal,
    }
    if any(wrong.values()):
        text = _("Both must be different people who work here today.")
        errors = {field: [str(text)] for field, is_wrong in wrong.items() if is_wrong}
        raise Refused("not-a-colleague", text, kind=Kind.UNPROCESSABLE, errors=errors)


def _tell(delegation: Delegation, topic: str, *, by: Actor, now: datetime) -> None:
    outbox.post(
        topic,
        {
            "delegation_id": delegation.pk,
            "principal_id": delegation.principal_id,
            "deputy_id": delegation.deputy_id,
            "starts_on": delegation.starts,
            "ends_on": delegation.ends,
            "occurred_at": now,
        },
        [delegation.facility_id],
        priority=Priority.ROUTINE,
        subject=delegation.pk,
        sequence=1 if delegation.ended_at is None else 2,
        origin=by.facility_id,
    )
    record.change(by, what=topic)
