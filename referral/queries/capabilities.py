"""Reads what asks for a capability of a facility: criteria, open legs, orders, planned sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.permissions import Permission
from facilities.models import Pool
from facilities.vocabulary import PoolKind
from referral.criteria import explain
from referral.criteria.loading import book
from referral.criteria.shapes import Rule
from referral.matching import data
from referral.models import Assessment, ExaminationOrder, Referral
from referral.models.orders import OrderState
from referral.states import LIVE

# Legs that are looked through one by one; a facility with more is told that there are more.
MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Asking:
    """How many of each ask for a capability; None where the actor may not see those of this facility."""

    criteria: int
    sessions: int
    referrals: int | None = None
    orders: int | None = None
    more: bool = False


def asking(facility_id: UUID, code: str, by: Actor, *, now: datetime) -> Asking:
    """Return what asks for a capability of a facility at this moment; four statements."""
    criteria = sum(
        _asks(rule, code) for rule in book().rules if rule.in_force(timezone.localdate(now))
    )
    sessions = Pool.objects.filter(
        facility=facility_id, kind=PoolKind.EQUIPMENT, capability=code, starts_at__gt=now
    ).count()
    if by.facility_id != facility_id or not by.can(Permission.REFERRAL_VIEW):
        return Asking(criteria, sessions)
    orders = ExaminationOrder.objects.filter(
        centre=facility_id, capability=code, state__in=[OrderState.ORDERED, OrderState.RECEIVED]
    ).count()
    legs = Referral.objects.filter(to_facility=facility_id, status__in=sorted(LIVE))
    rows = list(
        legs.order_by("-created_at", "-id").values_list("pk", "diagnosis_code", "urgency")[
            : MOST + 1
        ]
    )
    kept = Assessment.objects.filter(referral__in=[row[0] for row in rows])
    wanting = {
        pk
        for pk, results in kept.values_list("referral", "results")
        if code in {each.lower() for each in explain.capabilities(results)}
    }
    wanting |= {pk for pk, diagnosis, urgency in rows if code in data.needs_of(diagnosis, urgency)}
    return Asking(criteria, sessions, len(wanting), orders, len(rows) > MOST)


def _asks(rule: Rule, code: str) -> bool:
    """Say whether a rule sends to who has it, or asks a community for it."""
    variables = book().variables
    asked = {variables[leaf.variable].capability for leaf in rule.when.leaves()}
    return code in {rule.capability, *asked}
