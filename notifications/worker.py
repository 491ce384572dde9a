"""Delivers the outbox: claims, sends outside any transaction, settles (reliability D1).

One function, `drain`, does it all; the Celery task and `manage.py relay` call
it, in as many processes as one likes: the leases of `notifications.leases`
keep them apart. Remote sends run in threads that never touch the database, so
that a slow receiver does not hold up the others; notices of our own are written
at once with their settlement, a whole claim in one transaction.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction

from notifications import endpoints, escalation, leases, letters
from notifications.channels import in_app
from notifications.channels.contract import Channel, DeliveryError, Endpoint, Message, Receipt
from notifications.channels.registry import channel
from notifications.crashpoints import reach
from notifications.leases import Try
from notifications.models import AttemptResult, TaskReason

BATCH = 20
IN_HAND = 48
PER_ENDPOINT = 2
# A whole claim may be one endpoint's: what gathers while a drain is woken must not be put off as surplus.
WAITING_PER_ENDPOINT = BATCH
SURPLUS_WAIT = 1.0
POLL = 0.2
# While receivers are awaited, new messages are asked for this often: each claim is a transaction.
CLAIM_EVERY = 0.05
GRACE = 3.0
MAX_CRASHES = 5

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What one drain did, in messages."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    given_back: int = 0
    escalated: int = 0


@dataclass(slots=True)
class Flight:
    """A message being sent by a thread since `started` (monotonic seconds)."""

    message: Message
    started: float = field(default_factory=time.monotonic)
    abandoned: bool = False


def drain(
    *, limit: int | None = None, seconds: float = 10.0, stop: threading.Event | None = None
) -> Report:
    """Deliver what is due until nothing is, `limit` messages were taken or `seconds` have passed.

    Setting `stop` ends it early and cleanly: what is being sent is settled,
    what is not is given back. Must not be called inside a transaction.
    """
    return Drain(limit=limit, seconds=seconds, stop=stop).run()


class Drain:
    """One run of the delivery; not shared between threads."""

    def __init__(
        self,
        *,
        limit: int | None = None,
        seconds: float = 10.0,
        stop: threading.Event | None = None,
    ) -> None:
        self.report = Report()
        self._budget = limit
        self._until = time.monotonic() + seconds
        self._stop = stop or threading.Event()
        self._deadline = leases.deadline_seconds()
        self._threads = int(getattr(settings, "OUTBOX_THREADS", 8))
        self._pool: ThreadPoolExecutor | None = None
        self._next_claim = 0.0
        self._waiting: list[Message] = []
        self._flights: dict[Future[Receipt], Flight] = {}
        self._suspect: Message | None = None

    def run(self) -> Report:
        """Claim, launch and land until a claim finds the rest and nothing is in hand."""
        try:
            self.report.escalated = escalation.escalate()
            while True:
                more = self._claim()
                self._launch()
                if not (more or self._busy()):
                    return self.report
                self._land(POLL if self._flying() else 0)
        finally:
            self._end()

    def _busy(self) -> bool:
        return bool(self._waiting or self._suspect or self._flying())

    def _flying(self) -> list[Flight]:
        return [flight for flight in self._flights.values() if not flight.abandoned]

    # Claiming

    def _room(self) -> int:
        if self._stop.is_set() or self._suspect or time.monotonic() > self._until:
            return 0
        if self._flights and time.monotonic() < self._next_claim:
            return 0
        room = min(BATCH, IN_HAND - len(self._waiting) - len(self._flying()))
        return room if self._budget is None else min(room, self._budget)

    def _claim(self) -> bool:
        """Take what is due; tells whether there may be more of it."""
        room = self._room()
        messages = leases.claim(room) if room > 0 else []
        self._next_claim = time.monotonic() + CLAIM_EVERY if room > 0 else self._next_claim
        if not messages:
            return False
        if self._budget is not None:
            self._budget -= len(messages)
        wanted = {each.subscription_id for each in messages if each.subscription_id}
        found = endpoints.load(wanted, now=messages[0].claimed_at)
        full = [
            replace(each, endpoint=found[each.subscription_id]) if each.subscription_id else each
            for each in messages
        ]
        full = letters.worded(full)
        ready = self._quarantined([each for each in full if self._sendable(each)])
        self._write([each for each in ready if each.endpoint is None])
        self._sort_in([each for each in ready if each.endpoint is not None])
        return len(messages) == room or self._suspect is not None

    def _quarantined(self, messages: list[Message]) -> list[Message]:
        """Keep one that has already crashed a worker for itself, and give the others back.

        Only so can its guilt be told from the bad luck of its neighbours.
        """
        suspects = [each for each in messages if each.crashes]
        if not suspects:
            return messages
        self._suspect = suspects[0]
        self._give_back([each for each in messages if each is not self._suspect])
        return []

    def _sendable(self, message: Message) -> bool:
        """Settle at once what cannot be sent now."""
        endpoint = message.endpoint
        if message.crashes >= MAX_CRASHES:
            self._bury(Try(message, AttemptResult.REFUSED, 0, "poison"), TaskReason.POISON)
        elif endpoint is None:
            return True
        elif not endpoint.active:
            reason = TaskReason.ENDPOINT_GONE if endpoint.gone else None
            self._bury(Try(message, AttemptResult.REFUSED, 0, "endpoint_off"), reason)
        elif not endpoint.readable:
            self._fail(message, DeliveryError("endpoint_unreadable"), 0)
        elif endpoint.pause:
            self._give_back([message], wait=endpoint.pause)
            leases.park(endpoint.id, wait=endpoint.pause)
        else:
            return True
        return False

    def _sort_in(self, messages: list[Message]) -> None:
        """Queue behind what is more urgent; an endpoint with too many in hand waits outside."""
        counts = Counter(each.subscription_id for each in self._waiting)
        crowded: set[UUID] = set()
        for each in messages:
            if each.endpoint and counts[each.endpoint.id] >= WAITING_PER_ENDPOINT:
                self._give_back([each], wait=SURPLUS_WAIT)
                crowded.add(each.endpoint.id)
            else:
                counts[each.subscription_id] += 1
                self._waiting.append(each)
        for endpoint in crowded:
            leases.park(endpoint, wait=SURPLUS_WAIT)
        self._waiting.sort(key=Message.urgency)

    def _give_back(self, messages: list[Message], *, wait: float = 0.0) -> None:
        leases.give_back(messages, wait=wait)
        self.report.given_back += len(messages)

    # Sending

    def _launch(self) -> None:
        if self._suspect is not None:
            self._send_alone()
            return
        stopped = self._stop.is_set()
        late = [each for each in self._waiting if stopped or self._short(each)]
        self._give_back(late)
        ready = [each for each in self._waiting if each not in late]
        self._waiting = []
        for each in ready:
            if self._may_fly(each):
                self._start(each)
            else:
                self._waiting.append(each)

    def _send_alone(self) -> None:
        suspect = self._suspect
        while self._flying():
            self._land(POLL)
        self._suspect = None
        if suspect is None or self._short(suspect):
            self._give_back([suspect] if suspect else [])
            return
        if suspect.endpoint is None:
            self._write([suspect])
        else:
            self._start(suspect)
        while self._flying():
            self._land(POLL)

    def _short(self, message: Message) -> bool:
        """What is left of the lease might not last for one delivery."""
        return message.lease_left() < self._deadline

    def _may_fly(self, message: Message) -> bool:
        """Few at once to one endpoint, and one at once about one object, so that order is kept."""
        flying = [flight.message for flight in self._flying()]
        same = [each for each in flying if each.subscription_id == message.subscription_id]
        return (
            len(flying) < self._threads
            and len(same) < PER_ENDPOINT
            and all(each.subject != message.subject for each in same)
        )

    def _start(self, message: Message) -> None:
        try:
            by = channel(message.channel)
        except (LookupError, ImportError) as error:
            self._unexpected(Flight(message), error)
            return
        self._pool = self._pool or ThreadPoolExecutor(self._threads, "outbox")
        self._flights[self._pool.submit(self._send, by, message)] = Flight(message)

    def _write(self, messages: list[Message]) -> None:
        """Write notices with their settlement; when that fails one by one, to find the guilty one."""
        if not messages:
            return
        started = time.monotonic()
        try:
            with transaction.atomic():
                in_app.write(messages)
                spent = time.monotonic() - started
                leases.delivered([Try(each, AttemptResult.DELIVERED, spent) for each in messages])
        except Exception as error:  # noqa: BLE001 - settled like what a thread raises
            if len(messages) == 1:
                self._unexpected(Flight(messages[0], started), error)
            else:
                for each in messages:
                    self._write([each])
            return
        self.report.delivered += len(messages)

    def _send(self, by: Channel, message: Message) -> Receipt:
        """Runs in a thread: no database here."""
        reach("before_send")
        receipt = by.send(message, deadline=self._deadline)
        reach("after_send")
        return receipt

    # Settling

    def _land(self, patience: float) -> None:
        """Settle what has come back, waiting up to `patience` seconds for something to."""
        done, _ = wait(self._flights, timeout=patience, return_when=FIRST_COMPLETED)
        arrived = []
        for future in done:
            flight = self._flights.pop(future)
            error = future.exception()
            if error is None:
                arrived.append(self._arrived(flight, future.result()))
            elif not flight.abandoned:
                self._failed(flight, error)
        self._deliver(arrived)
        for flight in self._flying():
            if time.monotonic() - flight.started > self._deadline + GRACE:
                flight.abandoned = True
                self._failed(flight, DeliveryError("timeout", silent=True))

    def _arrived(self, flight: Flight, receipt: Receipt) -> Try:
        seconds = time.monotonic() - flight.started
        return Try(flight.message, AttemptResult.DELIVERED, seconds, receipt=receipt)

    def _deliver(self, arrived: list[Try]) -> None:
        if not arrived:
            return
        reach("before_settle")
        leases.delivered(arrived)
        self.report.delivered += len(arrived)
        points = (each.message.endpoint for each in arrived)
        endpoints.recovered({point.id for point in points if point and point.failures})

    def _failed(self, flight: Flight, error: BaseException) -> None:
        seconds = time.monotonic() - flight.started
        if isinstance(error, DeliveryError):
            self._fail(flight.message, error, seconds)
        else:
            self._unexpected(flight, error)

    def _fail(self, message: Message, error: DeliveryError, seconds: float) -> None:
        if error.permanent:
            reason = TaskReason.ENDPOINT_GONE if error.gone else TaskReason.REFUSED
            if error.gone and message.endpoint:
                endpoints.gone(message.endpoint.id)
            self._bury(
                Try(message, AttemptResult.REFUSED, seconds, error.code, error.receipt), reason
            )
            return
        wait_for = max(leases.backoff(message.attempts), error.retry_after or 0.0)
        each = Try(message, AttemptResult.FAILED, seconds, error.code, error.receipt)
        leases.failed(each, wait=wait_for)
        self.report.failed += 1
        if error.silent and message.endpoint:
            self._pause(message.endpoint, error.retry_after)

    def _pause(self, endpoint: Endpoint, seconds: float | None) -> None:
        """Leave a silent endpoint alone, with all that waits for it."""
        pause = endpoints.pause(endpoint, seconds=seconds)
        back = [each for each in self._waiting if each.subscription_id == endpoint.id]
        self._waiting = [each for each in self._waiting if each not in back]
        self._give_back(back, wait=pause)
        leases.park(endpoint.id, wait=pause)

    def _unexpected(self, flight: Flight, error: BaseException) -> None:
        """A defect of ours, or a message that breaks the code: counted, and buried in the end."""
        message = flight.message
        logger.error("delivery raised", extra={"message_id": str(message.id)}, exc_info=error)
        code = type(error).__name__[:40]
        each = Try(message, AttemptResult.FAILED, time.monotonic() - flight.started, code)
        if message.crashes + 1 >= MAX_CRASHES:
            self._bury(each, TaskReason.POISON)
            return
        leases.failed(each, wait=leases.backoff(message.attempts), crashed=True)
        self.report.failed += 1

    def _bury(self, each: Try, reason: TaskReason | None) -> None:
        """Give a message to people at both ends: it will not be sent again by itself."""
        with transaction.atomic():
            settled = leases.dead(each)
            if settled and reason is not None:
                message = each.message
                ends = (message.id, message.recipient_id, message.origin_id)
                escalation.open_tasks([ends], reason)
        self.report.dead += settled

    def _end(self) -> None:
        """Give back what was not sent, settle what is being sent; also after an error."""
        held = [*self._waiting, *([self._suspect] if self._suspect else [])]
        self._waiting, self._suspect = [], None
        try:
            self._give_back(held)
            while self._flying():
                self._land(POLL)
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=False)
