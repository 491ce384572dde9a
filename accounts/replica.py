"""Answers declared reads from the replica, never older than what the same person has just written (ADR 0032).

A view says so with `@reads` on its `get`; whatever else reads inside a transaction calls `read`. Without
DATABASE_REPLICA_URL both only call on. The position of a person's last write travels with the person, in a
cookie or a header, and a read goes to the replica once that has replayed it.
"""

import functools
import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException

from accounts import databases, scope
from accounts.actors import Actor
from accounts.databases import PRIMARY, REPLICA
from accounts.errors import Refused

HEADER: Final = "Read-After"
COOKIE: Final = "read-after"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# The mark of a declared handler, for the OpenAPI document.
BEARS: Final = "bears_replica"
NOTHING: Final = "0/0"
# Written when nobody knows how far the primary has come: no replica ever gets there.
UNKNOWN: Final = "FFFFFFFF/FFFFFFFF"
_POSITION: Final = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")
# Statements that ran out of their time would do so on the primary as well.
_OUT_OF_TIME: Final = frozenset({"57014", "55P03"})
# How often the primary is asked how far it has come, and a replica that did not answer is tried again, seconds.
_ASKED_EVERY: Final = 1.0
_TRIED_EVERY: Final = 5.0

_FAR: Final = "SELECT pg_current_wal_flush_lsn(), clock_timestamp()"
# Has it replayed both positions, when was what it replayed last written; a read enters its scope in the same trip.
_REPLAYED: Final = """SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() >= %s::pg_lsn,
 pg_last_wal_replay_lsn() >= %s::pg_lsn, pg_last_xact_replay_timestamp()"""
_ENTERED: Final = f"{_REPLAYED}, {scope.COLUMNS}"

_log = logging.getLogger(__name__)
T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(slots=True)
class Watch:
    """What this process knows of primary and replica; `counts` are reads by where they went and why."""

    position: str = NOTHING
    written_at: datetime | None = None
    asked_at: float = -_ASKED_EVERY
    away_until: float = 0.0
    state: str = "ok"
    counts: Counter[str] = field(default_factory=Counter)

    def ask_primary(self) -> None:
        """Ask how far the primary has come, unless somebody asked within the last second."""
        now = time.monotonic()
        if now - self.asked_at < _ASKED_EVERY:
            return
        with connections[PRIMARY].cursor() as cursor:
            cursor.execute(_FAR)
            position, self.written_at = cursor.fetchone()
        self.position, self.asked_at = str(position), now

    def turned(self, reason: str) -> None:
        """Count where a read went, and log when that has changed; a person's own write is no trouble, nor is what
        the replica does not have yet."""
        self.counts[reason] += 1
        if reason in {"own-write", "not-there", self.state}:
            return
        level = logging.INFO if reason == "ok" else logging.WARNING
        text = "reads go to the replica" if reason == "ok" else "reads go to the primary"
        _log.log(
            level, text, extra={"event": "replica", "reason": reason, "count": self.counts[reason]}
        )
        self.state = reason


watch = Watch()


def is_set() -> bool:
    """Say whether there is a replica at all."""
    return REPLICA in connections.settings


def reads(handler: Handler) -> Handler:
    """Declare that a view's GET bears the replica: it only reads, and its answer is whole when it returns.

    It may be run a second time, on the primary; what it wrote until then, such as its line of the audit trail,
    is undone. The view has an `actor`, as pages and views of the REST door have.
    """

    @functools.wraps(handler)
    def answer(view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not is_set():
            return handler(view, request, *args, **kwargs)
        return read(
            lambda: handler(view, request, *args, **kwargs),
            by=view.actor,
            after=position_of(request),
        )

    setattr(answer, BEARS, True)
    return cast(Handler, answer)


def position_of(request: HttpRequest) -> str | None:
    """Return the position which this caller's reads must have reached, None where nobody can know it.

    A browser brings it in a cookie. A program with a token says it in the header that its last write was
    answered with; one that says nothing may have written with another connection, and reads the primary.
    """
    is_program = "Authorization" in request.headers
    said = request.headers.get(HEADER) if is_program else request.COOKIES.get(COOKIE, NOTHING)
    return said if said and _POSITION.fullmatch(said) else None


def read(perform: Callable[[], T], *, by: Actor, after: str | None = NOTHING) -> T:
    """Run something that only reads on the replica, in the scope of `by`; else, or if it fails there, on the primary.

    What the replica does not find may be too new for it, so that a refusal is the primary's word too. Call it in
    a transaction of the primary; raises TransactionManagementError otherwise.
    """
    if not is_set() or databases.in_use() == REPLICA:
        return perform()
    if not connections[PRIMARY].in_atomic_block:
        raise transaction.TransactionManagementError("a read from the replica needs a transaction")
    if after is None or time.monotonic() < watch.away_until:
        watch.turned("own-write" if after is None else "away")
        return perform()
    found = _tried(perform, by, after)
    return perform() if found is None else found[0]


def _tried(perform: Callable[[], T], by: Actor, after: str) -> tuple[T] | None:
    """Return what the replica answered, None where the primary has to."""
    try:
        return _on_replica(perform, by, after)
    except (DatabaseError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) in _OUT_OF_TIME:
            raise
        watch.away_until = time.monotonic() + _TRIED_EVERY
        watch.turned("away")
    except (ObjectDoesNotExist, Http404, Refused, APIException):
        watch.turned("not-there")
    return None


def _on_replica(perform: Callable[[], T], by: Actor, after: str) -> tuple[T] | None:
    """Return what was read, None where the replica may not be asked now."""
    watch.ask_primary()
    with transaction.atomic(), transaction.atomic(using=REPLICA):
        reason = _reason(by, after)
        watch.turned(reason)
        if reason != "ok":
            return None
        with databases.reading(REPLICA):
            return (perform(),)


def _reason(by: Actor, after: str) -> str:
    """Return why the replica is not to be asked now, "ok" if it is; there the scope of `by` is entered."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(_ENTERED, [after, watch.position, *scope.values(by)])
        is_replica, has_own, is_near, last = cursor.fetchone()[:4]
    if not is_replica:
        return "no-replica"
    if not is_near and _lag(last) > timedelta(seconds=settings.REPLICA_LAG):
        return "behind"
    return "ok" if has_own else "own-write"


def _lag(last: datetime | None) -> timedelta:
    """Return how old the last change that the replica has is, by the primary's clock, where there are newer ones."""
    if last is None or watch.written_at is None:
        return timedelta.max
    since = timedelta(seconds=time.monotonic() - watch.asked_at)
    return watch.written_at + since - last


def look() -> dict[str, object]:
    """Say for /readyz how far behind the replica is, in seconds, and where this process's reads went; may take 2 s."""
    try:
        watch.ask_primary()
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(_REPLAYED, [NOTHING, watch.position])
            is_replica, _own, is_near, last = cursor.fetchone()
    except (DatabaseError, InterfaceError):
        return {"replica": "away", "replica_reads": dict(watch.counts)}
    lag = timedelta() if is_near else _lag(last)
    state = "behind" if lag > timedelta(seconds=settings.REPLICA_LAG) else "ok"
    return {
        "replica": state if is_replica else "no-replica",
        "replica_lag_seconds": round(lag.total_seconds(), 3),
        "replica_reads": dict(watch.counts),
    }


class Marks:
    """Middleware: tells who has written how far the primary was then; after the transaction of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer; without a replica there is nothing to do."""
        if not is_set():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and after anything but a read add the position."""
        answer = self.get_response(request)
        if request.method in SAFE:
            return answer
        position = _position()
        if "Authorization" in request.headers:
            answer.headers[HEADER] = position
        else:
            # Not signed: whoever changes it changes how fresh his own reads are, and nothing else.
            answer.set_cookie(
                COOKIE,
                position,
                httponly=True,
                samesite="Lax",
                secure=bool(settings.SESSION_COOKIE_SECURE),
            )
        return answer


def _position() -> str:
    """Return how far the primary has come; a commit is acknowledged after it was flushed, so it is before this."""
    try:
        with connections[PRIMARY].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_flush_lsn()")
            return str(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        return UNKNOWN
