"""Lets wrong passwords and codes be tried slowly: each try is counted before it is judged.

Counters of an account, of a device on which it has signed in before, and of a network address. A known
device has a counter of its own, so that no stranger keeps a person out (docs/adr/0024-signing-in.md).
"""

import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.encryption import blind_index
from accounts.models import CounterKind, TryCounter

COOKIE: Final = "known_devices"
COOKIE_AGE: Final = 180 * 24 * 3600
# People who share a workstation; the longest unseen is forgotten first.
PEOPLE_A_DEVICE: Final = 12


@dataclass(frozen=True, slots=True)
class Pace:
    """How many tries are free, the seconds to wait after each further one, and when all is forgotten."""

    free: int
    waits: tuple[int, ...]
    forgotten_after: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long nothing is let in after so many wrong tries."""
        beyond = failures - self.free
        if beyond < 0:
            return timedelta(0)
        return timedelta(seconds=self.waits[min(beyond, len(self.waits) - 1)])


# Nine tries in the first hour and two in each that follows (reliability: at most ten an account and hour).
_PERSON: Final = Pace(5, (60, 300, 900, 1800), timedelta(hours=24))
PACES: Final[dict[str, Pace]] = {
    CounterKind.ACCOUNT: _PERSON,
    CounterKind.DEVICE: _PERSON,
    CounterKind.CODE: _PERSON,
    # As long as a link may live: eight years of birth are tried of the hundred that are possible, and no more.
    CounterKind.LINK: Pace(5, (300, 900, 3600, 30 * 86400), timedelta(days=31)),
    # A whole clinic may sit behind one address.
    CounterKind.ADDRESS: Pace(30, (10, 30, 60, 300, 900), timedelta(hours=1)),
}
LONGEST: Final = max(pace.forgotten_after for pace in PACES.values())


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter that a try is counted by."""

    kind: CounterKind
    digest: bytes


def counter(kind: CounterKind, value: str) -> Counter:
    """Return the counter of a value of a kind."""
    return Counter(kind, blind_index(f"{kind}\x00{value}", purpose="sign-in"))


def address_of(request: HttpRequest) -> str:
    """Return the address of the caller; behind a proxy the last one that it has written down itself."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    text = told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _network(address: str) -> str:
    """Return what one subscriber has: an address, or of the newer kind a network of them."""
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return address


def _known(request: HttpRequest) -> dict[str, str]:
    """Return the devices that the browser's signed cookie names, by person."""
    text = request.COOKIES.get(COOKIE, "")
    try:
        return dict(signing.loads(text, salt=COOKIE, max_age=COOKIE_AGE)) if text else {}
    except (signing.BadSignature, ValueError, TypeError):
        return {}


def _person(name: str) -> str:
    return hashlib.sha256(name.casefold().encode()).hexdigest()[:16]


def counters(
    request: HttpRequest, name: str, kind: CounterKind = CounterKind.ACCOUNT
) -> list[Counter]:
    """Return what counts a try to enter as `name`: the known device alone, else account and address."""
    device = _known(request).get(_person(name))
    if device is not None:
        return [counter(CounterKind.DEVICE, f"{kind}\x00{device}\x00{name.casefold()}")]
    return [
        counter(kind, name.casefold()),
        counter(CounterKind.ADDRESS, _network(address_of(request))),
    ]


def link_counters(request: HttpRequest, link: str) -> list[Counter]:
    """Return what counts a try to say the year of birth behind a patient's link: the link and the address.

    The address has a counter of its own for this: a waiting room keeps no staff from signing in.
    """
    return [
        counter(CounterKind.LINK, link),
        counter(CounterKind.ADDRESS, f"{CounterKind.LINK}\x00{_network(address_of(request))}"),
    ]


def remember(request: HttpRequest, answer: HttpResponseBase, name: str) -> None:
    """Know this device the next time that somebody wants to enter as `name`."""
    known, person = _known(request), _person(name)
    device = known.pop(person, "") or secrets.token_urlsafe(16)
    kept = [*known.items()][1 - PEOPLE_A_DEVICE :]
    answer.set_cookie(
        COOKIE,
        signing.dumps({**dict(kept), person: device}, salt=COOKIE),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _locked(asked: Sequence[Counter]) -> list[TryCounter]:
    rows = TryCounter.objects.select_for_update().filter(digest__in=[one.digest for one in asked])
    return list(rows.order_by("digest"))


def claim(asked: Sequence[Counter], *, now: datetime) -> timedelta | None:
    """Count a try before it is judged; returns how long to wait where it is not let in.

    In a transaction of its own, so that of many tries at once each is counted and none waits for another's
    judgement. A try that is not let in is not counted.
    """
    first = [
        TryCounter(kind=one.kind, digest=one.digest, last_at=now, next_at=now)
        for one in sorted(asked, key=lambda one: one.digest)
    ]
    with transaction.atomic():
        TryCounter.objects.bulk_create(first, ignore_conflicts=True)
        rows = _locked(asked)
        for row in rows:
            if row.last_at < now - PACES[row.kind].forgotten_after:
                row.failures, row.next_at = 0, now
        # A clock a moment behind the one that wrote the row is not a reason to wait.
        waits = [row.next_at - now for row in rows if PACES[row.kind].wait(row.failures)]
        wait = max(waits, default=timedelta(0))
        if wait > timedelta(0):
            return wait
        for row in rows:
            row.failures, row.last_at = row.failures + 1, now
            row.next_at = now + PACES[row.kind].wait(row.failures)
            row.save(update_fields=["failures", "last_at", "next_at"])
    return None


def give_back(asked: Sequence[Counter]) -> None:
    """Take back the count of a try that was right; wrong ones before it stay counted."""
    with transaction.atomic():
        for row in _locked(asked):
            row.failures = max(row.failures - 1, 0)
            row.next_at = row.last_at + PACES[row.kind].wait(row.failures)
            row.save(update_fields=["failures", "next_at"])


def clear(name: str, *kinds: CounterKind) -> None:
    """Forget the wrong tries of an account, whoever made them."""
    digests = [counter(kind, name.casefold()).digest for kind in kinds]
    TryCounter.objects.filter(digest__in=digests).delete()


def forget(now: datetime) -> int:
    """Remove counters that no longer count; returns how many."""
    return TryCounter.objects.filter(last_at__lt=now - LONGEST).delete()[0]


def please_wait(wait: timedelta) -> str:
    """Return the sentence that says how long to wait, rounded up."""
    seconds = math.ceil(wait.total_seconds())
    if seconds <= 60:
        time = ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    else:
        minutes = math.ceil(seconds / 60)
        time = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return _("Too many wrong tries. Please try again in %(time)s.") % {"time": time}
