"""Turns the messages about a move into what its line of the timeline says: who was told, and how it was received.

Three levels (reliability.md D2): delivered, acknowledged by the receiving system, seen by a person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from notifications.models import ChannelKind, MessageState, Notice, OutboxMessage
from referral.messages import TOPICS
from referral.models import Transition
from referral.queries.receipts import ASKED, PLACE
from referral.wording import Mark

Words = str | Promise
Step = tuple[Words, datetime | None]

SEEN: Final = Mark(_("Seen"), "eye", "green")
ACTED: Final = Mark(_("Acted on it"), "check", "green")
ACKNOWLEDGED: Final = Mark(_("Safe in its own system"), "check", "green")
DELIVERED: Final = Mark(_("Delivered"), "send", "blue")
WAITING: Final = Mark(_("On its way"), "clock", "grey")
TRYING: Final = Mark(_("Not arrived, still trying"), "clock", "amber")
GIVEN: Final = Mark(_("Not arrived, people were asked to see to it"), "alarm", "red")
STOPPED: Final = Mark(_("Not sent: the address is switched off"), "ban", "grey")
HOW: Final[dict[str, Words]] = {
    ChannelKind.IN_APP: _("In this system"),
    ChannelKind.EMAIL: _("By e-mail"),
    ChannelKind.WEBHOOK: _("To its own system"),
}
# What is shown of an institution that was told in several ways: what somebody must know comes first.
_WORST: Final = (GIVEN, TRYING, ACKNOWLEDGED, DELIVERED, WAITING, STOPPED)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which an institution was told, with what is known of it, step by step."""

    how: Words
    mark: Mark
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Told:
    """An institution that was told of one move."""

    place: str
    mark: Mark
    at: datetime | None
    ways: list[Way]


def unread(rows: Sequence[OutboxMessage], by: Actor) -> list[UUID]:
    """Return the notices to the actor's own facility that nobody there has read."""
    here = (_notice(row) for row in rows if row.recipient_id == by.facility_id)
    return [one.pk for one in here if one is not None and one.read_at is None]


def by_move(
    rows: Sequence[OutboxMessage], moves: Sequence[Transition]
) -> dict[tuple[int, str], list[Told]]:
    """Return who was told of each move, by its version and its topic; rows come in the order of versions."""
    return {
        key: list(_told(list(group), moves))
        for key, group in groupby(rows, key=lambda row: (row.sequence, row.topic))
    }


def of(move: Transition, found: dict[tuple[int, str], list[Told]]) -> list[Told]:
    """Return who was told of one move."""
    return found.get((move.version, TOPICS.get(move.verb, "")), [])


def _told(rows: Sequence[OutboxMessage], moves: Sequence[Transition]) -> Iterator[Told]:
    for recipient, group in groupby(rows, key=lambda row: row.recipient_id):
        messages = list(group)
        ways = [_way(row) for row in messages]
        mark, at = _whole(messages, ways)
        if mark is not SEEN:
            acted = _acted(recipient, messages[0].sequence, moves)
            mark, at = (ACTED, acted) if acted else (mark, at)
        yield Told(getattr(messages[0], PLACE) or str(_("Another institution")), mark, at, ways)


def _acted(recipient: UUID, version: int, moves: Sequence[Transition]) -> datetime | None:
    """Return when the institution first moved the referral after it was told."""
    after = (row.at for row in moves if row.version > version and row.facility_id == recipient)
    return next(after, None)


def _whole(rows: Sequence[OutboxMessage], ways: Sequence[Way]) -> tuple[Mark, datetime | None]:
    seen = [one.read_at for one in map(_notice, rows) if one is not None and one.read_at]
    if seen:
        return SEEN, min(seen)
    marks = [way.mark for way in ways]
    worst = min(marks, key=_WORST.index)
    return worst, ways[marks.index(worst)].steps[-1][1]


def _notice(row: OutboxMessage) -> Notice | None:
    return getattr(row, "notice", None)


def _way(row: OutboxMessage) -> Way:
    steps = list(_steps(row))
    return Way(HOW[row.channel], _mark(row), steps)


def _mark(row: OutboxMessage) -> Mark:
    if row.acked_at is not None:
        return ACKNOWLEDGED
    if row.state == MessageState.DONE:
        # Delivered, but a receipt of the receiving system is awaited, and people look for it.
        return GIVEN if getattr(row, ASKED) else DELIVERED
    if row.state == MessageState.DEAD:
        return GIVEN if getattr(row, ASKED) else STOPPED
    if getattr(row, ASKED):
        return GIVEN
    return TRYING if row.attempts else WAITING


def _steps(row: OutboxMessage) -> Iterator[Step]:
    """Say what is known of a message, first to last; the last one is where it stands."""
    if row.done_at is not None:
        yield _("delivered"), row.done_at
    if row.acked_at is not None:
        yield _("its system has acknowledged it"), row.acked_at
    elif row.requires_ack and row.state == MessageState.DONE:
        yield _("its system has not acknowledged it yet"), None
    notice = _notice(row)
    if notice is not None and notice.read_at is not None:
        yield _("seen by a person"), notice.read_at
    if row.state != MessageState.DONE:
        yield from _trouble(row)
    if getattr(row, ASKED):
        yield _("people at both ends were asked to see to it"), None


def _trouble(row: OutboxMessage) -> Iterator[Step]:
    if row.state == MessageState.DEAD:
        yield _("not sent any more by itself"), None
    elif row.attempts:
        yield _("tried without success, next time"), row.next_at
    else:
        yield _("on its way since"), row.created_at
