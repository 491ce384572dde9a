"""Answers whether the process lives, and whether everything it needs is ready."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts import replica

_log = logging.getLogger(__name__)


@require_safe
@transaction.non_atomic_requests
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process lives."""
    return JsonResponse({"status": "ok"})


@require_safe
@transaction.non_atomic_requests
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker and migrations are ready, else 503 naming what fails."""
    parts = {name: _passes(name, check) for name, check in _CHECKS.items()}
    ready = all(parts.values())
    words = {name: "ok" if passed else "failing" for name, passed in parts.items()}
    # Whatever the replica is, the primary answers in its place.
    told = replica.look() if replica.is_set() else {}
    return JsonResponse(
        {"status": "ok" if ready else "failing", **words, **told}, status=200 if ready else 503
    )


def _database() -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _broker() -> bool:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
    ) as client:
        return bool(client.ping())


def _migrations() -> bool:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


_CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "broker": _broker,
    "migrations": _migrations,
}


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError) as error:
        _log.warning("not ready", extra={"event": name, "reason": type(error).__name__})
        return False
