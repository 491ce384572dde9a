"""Three bugs that the fault tests must catch; a fault test that has never failed says nothing.

They live here and not in the product: `PLANT=…` in the environment of a test
process replaces the right part by the wrong one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.db import transaction

from notifications import leases, outbox, worker
from notifications.channels.contract import Message
from notifications.crashpoints import reach
from notifications.models import AttemptResult


class SettleFirst(worker.Drain):
    """Marks a message as delivered and then sends it."""

    def _start(self, message: Message) -> None:
        leases.delivered([leases.Try(message, AttemptResult.DELIVERED, 0.0)])
        super()._start(message)


def settle_before_send() -> None:
    """A crash in between loses the message."""
    worker.Drain = SettleFirst  # type: ignore[misc]


def no_lease_expiry() -> None:
    """What a dead worker had claimed is never claimed again."""
    right = "lease_until IS NULL OR lease_until < now()"
    assert right in leases.CLAIM
    leases.CLAIM = leases.CLAIM.replace(right, "lease_until IS NULL")


def outbox_after_commit() -> None:
    """Writes the message in a transaction of its own, after the one it tells of."""
    right: Callable[..., None] = outbox.post

    def late(*words: Any, **named: Any) -> None:
        def post() -> None:
            reach("after_commit")
            with transaction.atomic():
                right(*words, **named)

        transaction.on_commit(post)

    outbox.post = late


def plant() -> None:
    """Plant what PLANT names, if anything."""
    bugs = {bug.__name__: bug for bug in (settle_before_send, no_lease_expiry, outbox_after_commit)}
    name = os.environ.get("PLANT")
    if name:
        bugs[name]()
