"""Keeps the rules of time at hand: read from the database at most every few seconds by each process."""

import time
from collections import defaultdict
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from accounts import databases
from facilities import calendar
from referral.limits import Kind, Limit, OwnLimit, Rules
from referral.models import ServiceLimit
from referral.stages import Clock, Stage

# Limits change a few times a year: a process may be this much late, seconds.
FRESH: Final = 20.0
_kept: dict[str, tuple[float, Rules]] = {}


def rules() -> Rules:
    """Return the rules, as they were at most FRESH seconds ago; two statements when they are read."""
    kept = _kept.get("rules")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    # What every request of this process decides by is as new as the primary.
    with databases.reading(databases.PRIMARY):
        found = read()
    _kept["rules"] = (time.monotonic() + FRESH, found)
    return found


def forget() -> None:
    """Let this process read the rules anew, since it has changed them."""
    _kept.clear()


def read() -> Rules:
    """Read the rules from the database now."""
    own: dict[Kind, list[OwnLimit]] = defaultdict(list)
    for row in ServiceLimit.objects.exclude(ends=F("starts")).order_by("starts"):
        limit = Limit(timedelta(minutes=row.minutes), Clock(row.clock), row.source, own=True)
        kind = (Stage(row.stage), row.urgency, row.direction)
        own[kind].append(OwnLimit(row.alliance_id, row.starts, row.ends, limit))
    found = {kind: tuple(limits) for kind, limits in own.items()}
    return Rules(found, calendar.load(timezone.localdate()))
