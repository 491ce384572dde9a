"""Says who may manage the subscriptions of a recipient, and what a subscription may be."""

from __future__ import annotations

import re

from accounts.actors import Actor
from accounts.permissions import Permission
from notifications.models import Subscription

MAX_SUBSCRIPTIONS = 20
WANTED = re.compile(r"\*|[a-z][a-z0-9_]{0,30}\.(\*|[a-z][a-z0-9_]{0,40})")


def may_manage(by: Actor) -> bool:
    """Subscriptions belong to a facility; whoever acts for none manages none."""
    return by.facility_id is not None and by.can(Permission.WEBHOOK_MANAGE)


def may_add(existing: int) -> bool:
    """A recipient may have only so many endpoints, since each event is written once for each."""
    return existing < MAX_SUBSCRIPTIONS


def may_redeliver(subscription: Subscription) -> bool:
    """Only to an endpoint that is switched on."""
    return subscription.active


def is_interest(text: str) -> bool:
    """Whether a subscription may ask for this: `*`, `family.*` or one topic."""
    return WANTED.fullmatch(text) is not None
