"""Keeps sessions in PostgreSQL with their person, so that they can be listed and ended (SESSION_ENGINE)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Session, User

# How exactly the last use is known: a write for every request would cost more than the request's own.
GRAIN = timedelta(seconds=60)


class SessionStore(DatabaseSessions):
    """Django's sessions in a table that also says whose they are; what it says survives every save."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return our table."""
        return Session

    def _get_session_from_db(self) -> Any:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to write; with another person in it the session begins anew."""
        made = super().create_model_instance(data)
        assert isinstance(made, Session)
        before = self.row
        made.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        made.began_at = made.last_use = timezone.now()
        if before is not None and before.user_id == made.user_id:
            made.began_at, made.last_use = before.began_at, before.last_use
        if before is not None and before.session_key == made.session_key:
            made.id = before.id
        made.address, made.device = data.get("address"), data.get("device", "")
        self.row = made
        return made

    def flush(self) -> None:
        """Forget everything, also since when the session lasts."""
        super().flush()
        self.row = None

    def touch(self, now: datetime) -> bool:
        """Note that the session is used now; false for one that was ended meanwhile."""
        row = self.row
        if row is None or now - row.last_use < GRAIN:
            return row is not None
        return self.set_last_use(now)

    def set_last_use(self, at: datetime) -> bool:
        """Say when the session was used last; false for one that was ended meanwhile."""
        if self.row is None:
            return False
        self.row.last_use = at
        return bool(Session.objects.filter(pk=self.session_key).update(last_use=at))


def of(user_id: UUID, now: datetime) -> QuerySet[Session]:
    """Return the sessions of a person that can still be used, the last used first."""
    return Session.objects.filter(user=user_id, expire_date__gt=now).order_by("-last_use", "id")


def end(user: User, *, session_id: UUID | None = None, but: str | None = None) -> int:
    """End one session of a person, or all, or all but that with the key `but`; returns how many."""
    rows = Session.objects.filter(user=user)
    if session_id is not None:
        rows = rows.filter(id=session_id)
    if but is not None:
        rows = rows.exclude(pk=but)
    return rows.delete()[0]
