"""Finds the best of many candidates while asking for the appointments of few; reads nothing itself.

Counting free places is what costs. So everybody is put in order as if each had an appointment at once, and
only those at the head are asked for theirs, until the head has nobody left of whom it is merely hoped. What
is hoped for is never worse than what is true, so the head is the same as if everybody had been asked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Final
from uuid import UUID

from facilities.reach import Reached
from referral.matching.judges import UNKNOWN, slot_value
from referral.matching.need import Need
from referral.matching.rank import Standing, order, stand, weighing

BATCH: Final = 32
LOOK_IN_ROUND: Final = 2
Ask = Callable[[Sequence[UUID]], Mapping[UUID, datetime]]


def shortlist(
    offered: Sequence[Reached], need: Need, *, limit: int, free: Ask, sessions: Ask
) -> tuple[list[Reached], Need]:
    """Return the best `limit` candidates in their order, and the need with their appointments.

    `free` answers when facilities have their earliest free appointment; `sessions`, which costs little,
    their earliest session, full or not. Where nobody keeps sessions, their absence says nothing.
    """
    search = _Search(stand(offered, need), need, free, sessions, max(BATCH, limit))
    if not need.is_booked:
        return search.plain(limit), need
    while True:
        ordered = search.ordered()
        if search.waiting.isdisjoint(ordered[:limit]):
            break
        search.ask([place for place in ordered if place in search.waiting])
    if search.found or search.somebody_keeps_sessions():
        return search.rows(ordered[:limit]), need.with_openings(search.found)
    return search.plain(limit), need


class _Search:
    """What is known of appointments so far; of those who are `waiting` it is only hoped for.

    Candidates are called by their places in the list; `batch` of them are asked at once. Who lacks the
    department has no appointment in it, without being asked. `asked` are those of whom it is known that they
    have no free one, but not yet whether they have a session at all.
    """

    def __init__(
        self, standings: Sequence[Standing], need: Need, free: Ask, sessions: Ask, batch: int
    ) -> None:
        self.standings, self.need, self.free, self.sessions = standings, need, free, sessions
        self.batch = batch
        self.scale = weighing(need.direction, need.urgency)
        subject = need.subjects[0] if need.subjects else ""
        takes = [(each.row.department_code or "").startswith(subject) for each in standings]
        self.orders = [
            order(each, self.scale, float(hoped))
            for each, hoped in zip(standings, takes, strict=True)
        ]
        self.waiting = {place for place, each in enumerate(takes) if each}
        self.found: dict[UUID, datetime] = {}
        self.asked: list[int] = []
        self.sessions_seen = False
        self.round = 0

    def ordered(self) -> list[int]:
        """Return everybody in the order of what is known or hoped."""
        return sorted(range(len(self.orders)), key=self.orders.__getitem__)

    def rows(self, places: Sequence[int]) -> list[Reached]:
        """Return the facilities at these places."""
        return [self.standings[at].row for at in places]

    def plain(self, limit: int) -> list[Reached]:
        """Return the head where nothing is known of appointments."""
        head = nsmallest(limit, self.standings, key=lambda each: order(each, self.scale, UNKNOWN))
        return [each.row for each in head]

    def somebody_keeps_sessions(self) -> bool:
        """Say whether any of those who take the diagnosis has a session at all, full or not."""
        unseen = [self._id(at) for at in (*self.asked, *self.waiting)]
        return self.sessions_seen or bool(unseen and self.sessions(unseen))

    def ask(self, places: Sequence[int]) -> None:
        """Learn more of those who wait, given in their order.

        The first are asked for their appointments. Where that did not settle it, all are looked up for
        when they have a session at all, so that hopes become modest; then they are asked again, some at a time.
        """
        self.round += 1
        if self.round == LOOK_IN_ROUND:
            hoped = self.sessions([self._id(at) for at in (*places, *self.asked)])
            self.sessions_seen = bool(hoped)
            self.asked.clear()
            self.waiting = {at for at in places if self._id(at) in hoped}
            if hoped or self.found:
                self._learn(places, hoped)
        else:
            asked = places[: self.batch]
            found = self.free([self._id(at) for at in asked])
            self.found |= found
            self.asked += asked
            self.waiting.difference_update(asked)
            self._learn(asked, found)

    def _learn(self, places: Sequence[int], found: Mapping[UUID, datetime]) -> None:
        for at in places:
            value = slot_value(found.get(self._id(at)), self.need)
            self.orders[at] = order(self.standings[at], self.scale, value)

    def _id(self, place: int) -> UUID:
        return self.standings[place].row.id
