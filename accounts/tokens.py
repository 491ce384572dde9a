"""Issues, hashes and revokes bearer tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import AccessToken, User

PREFIX = "rt_"
DEFAULT_LIFETIME = timedelta(days=365)


def digest(token: str) -> bytes:
    """Return the SHA-256 under which a token is stored; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def issue(
    user: User,
    *,
    label: str = "",
    lifetime: timedelta | None = DEFAULT_LIFETIME,
    now: datetime | None = None,
) -> str:
    """Make a token for `user` and return it; it cannot be read again."""
    moment = now or timezone.now()
    token = PREFIX + secrets.token_urlsafe(32)
    AccessToken.objects.create(
        user=user,
        digest=digest(token),
        prefix=token[: len(PREFIX) + 6],
        label=label,
        created_at=moment,
        expires_at=moment + lifetime if lifetime else None,
    )
    return token


def revoke(token: AccessToken, *, now: datetime | None = None) -> None:
    """End a token from the next request on."""
    token.revoked_at = now or timezone.now()
    token.save(update_fields=["revoked_at"])


def revoke_all(user: User, *, now: datetime) -> int:
    """End every token of a user from the next request on; returns how many were in force."""
    return AccessToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
