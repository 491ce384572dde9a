"""Finds the best of many candidates while asking for the appointments of few; reads nothing itself.

Counting free places is what costs. So everybody is put in order as if each had an appointment at once, and
only those at the head are asked for theirs, until the head has nobody left of whom it is merely hoped. What
is hoped for is never worse than what is true, so the head is the same as if everybody had been asked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from facilities.reach import Reached
from referral.matching.rank import UNKNOWN, Need, Standing, order, slot_value, stand

BATCH: Final = 64
LOOK_IN_ROUND: Final = 2
Ask = Callable[[Sequence[UUID]], Mapping[UUID, datetime]]


def shortlist(
    offered: Sequence[Reached], need: Need, *, limit: int, free: Ask, sessions: Ask
) -> tuple[list[Reached], Need]:
    """Return the best `limit` candidates in their order, and the need with their appointments.

    `free` answers when facilities have their earliest free appointment; `sessions`, which costs little,
    their earliest session, full or not. Where nobody keeps sessions, their absence says nothing.
    """
    standings = stand(offered, need)
    if not need.is_booked:
        return _plain(standings, need, limit), need
    search = _Search(standings, need, free, sessions)
    asked = [standings[place].row.id for place in search.waiting]
    while True:
        ordered = search.ordered()
        if search.waiting.isdisjoint(ordered[:limit]):
            break
        search.ask([place for place in ordered if place in search.waiting])
    if search.found or sessions(asked):
        rows = [standings[place].row for place in ordered[:limit]]
        return rows, need.with_openings(search.found)
    return _plain(standings, need, limit), need


def _plain(standings: Sequence[Standing], need: Need, limit: int) -> list[Reached]:
    """Return the head where nothing is known of appointments."""
    ordered = sorted(standings, key=lambda each: order(each, need, UNKNOWN))
    return [each.row for each in ordered[:limit]]


class _Search:
    """What is known of appointments so far; of those who are `waiting` it is only hoped for.

    Candidates are called by their places in the list. Who lacks the department has no appointment in it,
    without being asked.
    """

    def __init__(self, standings: Sequence[Standing], need: Need, free: Ask, sessions: Ask) -> None:
        self.standings, self.need, self.free, self.sessions = standings, need, free, sessions
        subject = need.subjects[0] if need.subjects else ""
        takes = [(each.row.department_code or "").startswith(subject) for each in standings]
        self.values = [float(each) for each in takes]
        self.waiting = {place for place, each in enumerate(takes) if each}
        self.found: dict[UUID, datetime] = {}
        self.round = 0

    def ordered(self) -> list[int]:
        """Return everybody in the order of what is known or hoped."""
        standings, need, values = self.standings, self.need, self.values
        return sorted(range(len(values)), key=lambda at: order(standings[at], need, values[at]))

    def ask(self, places: Sequence[int]) -> None:
        """Learn more of those who wait, given in their order.

        The first are asked for their appointments. Where that did not settle it, all are looked up for
        when they have a session at all, so that hopes become modest; then they are asked again, some at a time.
        """
        self.round += 1
        if self.round == LOOK_IN_ROUND:
            hoped = self._learn(places, self.sessions)
            self.waiting = {at for at in places if self.standings[at].row.id in hoped}
        else:
            self.found |= self._learn(places[:BATCH], self.free)
            self.waiting -= set(places[:BATCH])

    def _learn(self, places: Sequence[int], ask: Ask) -> Mapping[UUID, datetime]:
        ids = [self.standings[at].row.id for at in places]
        found = ask(ids)
        for at, pk in zip(places, ids, strict=True):
            self.values[at] = slot_value(found.get(pk), self.need)
        return found
