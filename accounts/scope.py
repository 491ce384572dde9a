"""Sets the row-level security context of the running transaction, and only of it.

The context is set with `set_config(…, true)`, so it ends with the transaction: a session-level
SET would leak to the next borrower of a pooled connection. Without a context every policy is false.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, connections, transaction

from accounts import databases
from accounts.actors import Actor

# As columns, for a statement that asks something else in the same trip (accounts.replica).
COLUMNS: Final = """set_config('scope.facility', %s, true), set_config('scope.alliances', %s, true),
 set_config('scope.user', %s, true), set_config('scope.system', %s, true)"""
_SET: Final = f"SELECT {COLUMNS}"


def enter(actor: Actor) -> None:
    """Let the rest of this transaction see what `actor` may see.

    Raises TransactionManagementError outside a transaction, where the context would be lost at once.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a scope needs a transaction to live in")
    # Where reads go to a replica they need the scope too, and writes still need it here.
    for alias in dict.fromkeys((databases.PRIMARY, databases.in_use())):
        with connections[alias].cursor() as cursor:
            cursor.execute(_SET, values(actor))


def values(actor: Actor) -> list[str]:
    """Return the parameters of COLUMNS for what `actor` may see."""
    alliances = "{" + ",".join(str(alliance) for alliance in actor.alliance_ids) + "}"
    is_system = "on" if actor.is_system else ""
    return [str(actor.facility_id or ""), alliances, str(actor.user_id or ""), is_system]


def enter_system() -> None:
    """Let the rest of this transaction see every row; for sweeps and loaders only."""
    enter(Actor.system())


@contextmanager
def transaction_as(actor: Actor) -> Iterator[None]:
    """Run the block in a transaction of its own with the scope of `actor`."""
    with transaction.atomic():
        enter(actor)
        yield


@contextmanager
def lifted(by: Actor) -> Iterator[Actor]:
    """Lend the system's scope to the consequences of an allowed move, then return to that of `by`.

    A failure inside rolls the transaction back, so that the lent scope never outlives the block.
    """
    system = Actor.system()
    enter(system)
    try:
        yield system
    except BaseException:
        transaction.set_rollback(True)
        raise
    enter(by)
