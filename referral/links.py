"""Makes, opens and takes back the secret addresses by which somebody without a sign-in reaches a referral.

The token leaves this module once, in the answer of `make`; stored is its SHA-256. It has 256 random
bits, so nobody finds one by trying, and the look-up by a digest tells nothing by its duration. A token
that is unknown, of the other kind, used, expired or taken back opens nothing, always by one statement.
"""

import hashlib
import secrets
import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from accounts import scope
from accounts.actors import Actor
from referral.models import Link, LinkKind, Referral

DATA: Final = Path(__file__).parent / "data" / "links.toml"
TOKEN_BYTES: Final = 32
# The first opening uses these up; a patient comes back to his.
ONE_TIME: Final = frozenset({LinkKind.OUTSIDE})
# Where the pages of each kind begin (config.logs masks what follows).
PLACES: Final = {LinkKind.OUTSIDE: "o", LinkKind.PATIENT: "t"}
NOBODY: Final = Actor(None, None, None)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def lifetime(kind: LinkKind) -> timedelta:
    """Return how long a link may be opened."""
    return timedelta(hours=_data()[kind.value]["hours"])


def session_lifetime() -> timedelta:
    """Return how long an opened link of a facility outside the network leads to its referral."""
    return timedelta(hours=_data()[LinkKind.OUTSIDE.value]["session_hours"])


def address(token: str, kind: LinkKind) -> str:
    """Return the whole address to hand to whoever the link is for."""
    return f"{settings.PUBLIC_URL}/{PLACES[kind]}/{token}/"


def digest(token: str) -> bytes:
    """Return the SHA-256 under which a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def make(referral: Referral, kind: LinkKind, *, by: Actor, now: datetime, purpose: str = "") -> str:
    """Make a link in place of the one before it, and return its token, which cannot be read again.

    The caller has locked the referral and asked policy.
    """
    revoke(referral, kind, now=now, purpose=purpose)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = Link(
        kind=kind,
        purpose=purpose,
        referral=referral,
        facility_id=by.facility_id or referral.from_facility_id,
        made_by_id=by.user_id,
        token_hash=digest(token),
        created_at=now,
        expires_at=now + lifetime(kind),
    )
    link.save(force_insert=True)
    return token


def revoke(referral: Referral, kind: LinkKind, *, now: datetime, purpose: str = "") -> int:
    """Take back the link of a kind and purpose, with what was opened by it; returns how many there were."""
    rows = Link.objects.filter(
        referral=referral, kind=kind, purpose=purpose, revoked_at__isnull=True
    )
    return rows.update(revoked_at=now)


def find(token: str, kind: LinkKind, *, now: datetime) -> Link | None:
    """Return the link that a token would open now, without using it up; None where it opens nothing.

    For whoever comes without a sign-in: it reads past row-level security, and leaves the transaction
    in the scope of nobody. The caller enters the scope of whom the link stands for.
    """
    with scope.lifted(NOBODY):
        link = Link.objects.select_related("referral").filter(token_hash=digest(token)).first()
    return link if link is not None and _opens(link, kind, now) else None


def open(token: str, kind: LinkKind, *, now: datetime) -> Link | None:  # noqa: A001 - what is done to a link
    """Return the link that a token opens, and note its first opening; None as `find` does.

    Of two who open a link of one use at the same moment, one gets in.
    """
    link = find(token, kind, now=now)
    if link is None or link.used_at is not None:
        return link
    with scope.lifted(NOBODY):
        first = Link.objects.filter(pk=link.pk, used_at__isnull=True, revoked_at__isnull=True)
        taken = first.update(used_at=now)
    if not taken and kind in ONE_TIME:
        return None
    link.used_at = now
    return link


def opened(link_id: UUID, kind: LinkKind, *, now: datetime) -> Link | None:
    """Return a link that was opened before and has not been taken back, with its referral; else None.

    For the requests that follow an opening; as `find` it leaves the scope of nobody.
    """
    with scope.lifted(NOBODY):
        link = Link.objects.select_related("referral").filter(pk=link_id, kind=kind).first()
    if link is None or link.revoked_at is not None or link.used_at is None:
        return None
    return link if link.used_at <= now < link.used_at + session_lifetime() else None


def _opens(link: Link, kind: LinkKind, now: datetime) -> bool:
    spent = kind in ONE_TIME and link.used_at is not None
    return link.kind == kind and link.revoked_at is None and now < link.expires_at and not spent
