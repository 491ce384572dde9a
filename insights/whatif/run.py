"""One run of a setting over its days, on SimPy: in the morning referrals come, at noon places are given."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final

from insights.libraries import simpy
from insights.whatif.draws import Arrivals, Patient
from insights.whatif.setting import DAYS_A_WEEK, FULL, Closure, Department, Setting

NOON: Final = 0.5


@dataclass(slots=True)
class Tally:
    """What was counted of one department: days waited by rank of urgency, and sums.

    `attended` counts referred patients who came, `own` other patients who had a place of a counted day, whether they
    came or not; `own_placed` those who asked on a counted day, with the sum of the days they waited.
    """

    waits: dict[int, list[float]] = field(default_factory=dict)
    declined: int = 0
    unplaced: int = 0
    turned_away: int = 0
    places: int = 0
    attended: int = 0
    own: int = 0
    own_waits: int = 0
    own_placed: int = 0


def run(
    setting: Setting, arrivals: Mapping[str, Arrivals], closures: Sequence[Closure] = ()
) -> dict[str, Tally]:
    """Return what became of the arrivals, by department that took them.

    A referral is counted where it was accepted, if it came on a counted day; its wait runs from that day to its
    session. One that has none at the end counts with the days so far.
    """
    environment = simpy().Environment()
    desks: dict[str, _Desk] = {}
    for each in setting.departments:
        desks[each.key] = _Desk(environment, setting, each, desks, closures)
    for key, desk in desks.items():
        environment.process(desk.days(arrivals[key]))
    environment.run(until=setting.last)
    for desk in desks.values():
        desk.close_books()
    return {key: desk.tally for key, desk in desks.items()}


class _Desk:
    """A department with its calendar of free places and the referrals that have none yet."""

    def __init__(
        self,
        environment: Any,
        setting: Setting,
        department: Department,
        desks: "Mapping[str, _Desk]",
        closures: Sequence[Closure],
    ) -> None:
        self.tally = Tally()
        self._environment = environment
        self._setting = setting
        self._department = department
        self._desks = desks
        self._closures = [each for each in closures if each.department == department.key]
        self._waiting: list[Patient] = []
        # The first day that may have a place for a referral; days before it are full or over.
        self._earliest = 0
        self._open, self._reserved = self._calendar()

    def _calendar(self) -> tuple[list[int], list[int]]:
        """Return the free places of every day: for everybody, and for referrals alone."""
        everybody, alone = [], []
        for day in range(self._setting.last + self._setting.booked_ahead + 1):
            places = 0 if self._is_closed(day) else self._department.places[day % DAYS_A_WEEK]
            reserved = math.ceil(places * self._department.reserved_percent / FULL)
            everybody.append(places - reserved)
            alone.append(reserved)
            if self._counts(day):
                self.tally.places += places
        return everybody, alone

    def _counts(self, day: int) -> bool:
        first = self._setting.first_counted
        return first <= day < first + self._setting.days

    def _is_closed(self, day: int) -> bool:
        counted = day - self._setting.first_counted
        return any(each.holds(counted) for each in self._closures)

    def days(self, arrivals: Arrivals) -> Iterator[Any]:
        """Live day after day: the process that SimPy runs."""
        for day, (referred, own) in enumerate(zip(arrivals.referred, arrivals.own, strict=True)):
            self._send_on(day)
            self._take_in(referred, day)
            yield self._environment.timeout(NOON)
            self._place_own(own, day)
            self._place_referred(day)
            yield self._environment.timeout(1 - NOON)

    def _send_on(self, day: int) -> None:
        """Hand those without a place to the department that follows, on the day that this one closes."""
        if not self._waiting or not self._is_closed(day):
            return
        other = self._open_desk(day)
        if other is not None:
            for patient in self._waiting:
                heappush(other._waiting, patient)
            self._waiting = []

    def _open_desk(self, day: int) -> "_Desk | None":
        keys = (self._department.key, *self._department.following)
        return next((desk for key in keys if not (desk := self._desks[key])._is_closed(day)), None)

    def _take_in(self, referred: list[Patient], day: int) -> None:
        if not referred:
            return
        desk = self._open_desk(day)
        if desk is None:
            self.tally.unplaced += len(referred) if self._counts(day) else 0
            return
        accepted = [each for each in referred if each.accepted_below < desk._department.acceptance]
        if self._counts(day):
            desk.tally.declined += len(referred) - len(accepted)
        answered = self._environment.timeout(desk._department.answer_days)
        answered.callbacks.append(lambda _: desk._queue(accepted))

    def _queue(self, accepted: list[Patient]) -> None:
        for patient in accepted:
            heappush(self._waiting, patient)

    def _place_own(self, asking: int, day: int) -> None:
        """Give other patients the earliest places that are open to everybody or released by then."""
        for session in range(day, day + self._setting.booked_ahead + 1):
            if not asking:
                return
            asking -= (taken := min(asking, self._open[session]))
            self._open[session] -= taken
            if session - day < self._department.released_before:
                asking -= (released := min(asking, self._reserved[session]))
                self._reserved[session] -= released
                taken += released
            self._note_own(taken, day, session)
        if self._counts(day):
            self.tally.turned_away += asking

    def _note_own(self, taken: int, day: int, session: int) -> None:
        if self._counts(session):
            self.tally.own += taken
        if self._counts(day):
            self.tally.own_placed += taken
            self.tally.own_waits += taken * (session - day)

    def _place_referred(self, day: int) -> None:
        """Give the waiting, the most urgent first, the earliest places; reserved ones before open ones."""
        self._earliest = max(self._earliest, day)
        last = day + self._setting.booked_ahead
        while self._waiting:
            while self._earliest <= last and not self._free(self._earliest):
                self._earliest += 1
            if self._earliest > last:
                return
            self._give(heappop(self._waiting), self._earliest)

    def _free(self, session: int) -> int:
        return self._open[session] + self._reserved[session]

    def _give(self, patient: Patient, session: int) -> None:
        places = self._reserved if self._reserved[session] else self._open
        places[session] -= 1
        if self._counts(session) and patient.comes_above >= self._department.no_show:
            self.tally.attended += 1
        self._note(patient, session)

    def _note(self, patient: Patient, session: int) -> None:
        if self._counts(patient.day):
            self.tally.waits.setdefault(patient.rank, []).append(session - patient.day)

    def close_books(self) -> None:
        """Count those who still have no place with the days they have waited."""
        for patient in self._waiting:
            self._note(patient, self._setting.last)
