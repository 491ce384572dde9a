"""The databases of settings.py: the primary by two roles (ADR 0003), and a replica where one is named (ADR 0032)."""

from typing import Any, Final

from config import environment
from config.environment import START

_LIMITS: Final = (
    "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=5000"
)
_POOL_SIZE: Final = environment.number("DATABASE_POOL_SIZE", 0)
REPLICA_URL: Final = environment.text("DATABASE_REPLICA_URL", "")
ROUTERS: Final = ["accounts.databases.Router"] if REPLICA_URL else []


def entries() -> dict[str, dict[str, Any]]:
    """Return `default`, which runs the application, `owner`, which migrates, and perhaps `replica`, which is read."""
    url = environment.text("DATABASE_URL", hint=START)
    found = {
        "default": {
            **_by_application(url, application_name="referral"),
            "ATOMIC_REQUESTS": True,
            "CONN_HEALTH_CHECKS": True,
            "CONN_MAX_AGE": 0 if _POOL_SIZE else None,
        },
        "owner": {
            **environment.database(
                environment.text("DATABASE_OWNER_URL", url),
                connect_timeout=5,
                application_name="referral-owner",
            ),
            "CONN_HEALTH_CHECKS": True,
        },
    }
    if _POOL_SIZE:
        pool = {"min_size": 1, "max_size": _POOL_SIZE, "timeout": 5}
        found["default"]["OPTIONS"]["pool"] = pool
    if REPLICA_URL:
        found["replica"] = replica(REPLICA_URL)
    return found


def _by_application(url: str, *, options: str = "", **more: object) -> dict[str, Any]:
    """Return an entry for the application's role.

    Parameters are bound by the server, so that PostgreSQL plans a statement once for a connection; a refusal's
    rollback leaves the plans standing.
    """
    entry = environment.database(
        url, **{"connect_timeout": 5, "options": f"{_LIMITS} {options}".strip(), **more}
    )
    entry["ENGINE"] = "config.postgres"
    entry["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
    return entry


def replica(url: str) -> dict[str, Any]:
    """Return the entry of a replica: read only whatever stands behind the address, one connection a thread.

    One that does not answer is given up soon, since the primary has the same answer; for the same reason a
    connection is not asked whether it lives.
    """
    return {
        **_by_application(
            url,
            options="-c default_transaction_read_only=on",
            connect_timeout=2,
            tcp_user_timeout=5000,
            application_name="referral-reader",
        ),
        "CONN_MAX_AGE": None,
        "TEST": {"MIRROR": "default"},
    }
