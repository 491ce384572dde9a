"""What a channel is given, what it answers and how it fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a subscription wants its messages; `secrets` newest first, empty for e-mail.

    `pause`: seconds for which nothing may be sent, because it did not answer
    the last `failures` times. Not `readable`: its key is not configured here.
    """

    id: UUID
    address: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    active: bool = True
    gone: bool = False
    readable: bool = True
    pause: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One claimed row of the outbox.

    `claimed_at` is the database's time of the claim and `claimed` the
    monotonic clock (seconds) just before it was asked for, so that the
    database's time now, and what is left of the lease, are known without
    asking again and without trusting this machine's wall clock. `words` are those
    of people by language, where somebody has set any for what the message tells.
    """

    id: UUID
    event_id: UUID
    topic: str
    payload: dict[str, object]
    recipient_id: UUID
    origin_id: UUID | None
    channel: str
    subscription_id: UUID | None
    subject: UUID
    sequence: int
    priority: int
    attempts: int
    crashes: int
    created_at: datetime
    lease_until: datetime
    lease_owner: UUID
    escalated: bool
    claimed_at: datetime
    claimed: float = 0.0
    endpoint: Endpoint | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        """The database's time."""
        return self.claimed_at + timedelta(seconds=time.monotonic() - self.claimed)

    def urgency(self) -> tuple[int, datetime, int]:
        """Sort key: priority, then age, then the order within one object."""
        return (self.priority, self.created_at, self.sequence)

    def lease_left(self) -> float:
        """Seconds until another worker may take this row."""
        return (self.lease_until - self.now()).total_seconds()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of a receiver's answer: never its content."""

    status: int | None = None
    answer_length: int | None = None
    answer_hash: bytes | None = None


class DeliveryError(Exception):
    """A message was not delivered.

    `code` is a stable word for the attempt's row. `permanent`: trying again
    is useless. `retry_after`: seconds the receiver asked to wait. `silent`:
    the receiver as a whole does not answer, so its other messages wait too.
    `gone`: the receiver asked never to be called again.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        silent: bool = False,
        gone: bool = False,
        receipt: Receipt | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.silent = silent
        self.gone = gone
        self.receipt = receipt or Receipt()


class Channel(Protocol):
    """A way to deliver to an endpoint; one folder of `notifications/channels` each.

    Channels wait for others, so they run in threads of their own without the database.
    """

    def send(self, message: Message, *, deadline: float) -> Receipt:
        """Deliver within `deadline` seconds or raise DeliveryError; safe to repeat."""
        ...
