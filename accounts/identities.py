"""Keeps which person of the provider is which user: linked by hand, never by a name or an e-mail address."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Identity, User


def of(user_id: UUID, issuer: str) -> Identity | None:
    """Return a user's identity at a provider."""
    return Identity.objects.filter(user=user_id, issuer=issuer).first()


def linked(user_ids: list[UUID], issuer: str) -> set[UUID]:
    """Return which of these users have an identity at a provider, in one statement."""
    rows = Identity.objects.filter(user__in=user_ids, issuer=issuer)
    return set(rows.values_list("user_id", flat=True))


def user_of(subject: str, issuer: str) -> User | None:
    """Return the active user to whom a subject is linked."""
    row = Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    return row.user if row and row.user.is_active else None


def link(user: User, subject: str, issuer: str, *, by: UUID | None, now: datetime) -> bool:
    """Link a subject to a user in place of the one before; False where it is somebody else's already.

    Needs a transaction in which the user is locked.
    """
    taken = Identity.objects.filter(issuer=issuer, subject=subject).exclude(user=user)
    if taken.exists():
        return False
    said = {"subject": subject, "linked_by": by, "linked_at": now}
    try:
        with transaction.atomic():
            Identity.objects.update_or_create(user=user, issuer=issuer, defaults=said)
    except IntegrityError:
        # Somebody else was linked to it in this very moment.
        return False
    return True


def unlink(user: User, issuer: str) -> bool:
    """Forget a user's identity at a provider; says whether there was one."""
    deleted, _rows = Identity.objects.filter(user=user, issuer=issuer).delete()
    return deleted > 0
