"""Lets invented patients go up and come back down: every leg a legal path through the table of moves."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from facilities.hierarchy import direction_of
from facilities.vocabulary import Direction
from patients.identity import age_on
from referral import limits
from referral.actions.moving import CREATE
from referral.codes import NoReturnReason, Outcome, Setting
from referral.states import ENDED, OPEN, TRANSITIONS, Status, Urgency
from scenarios.generation import clinical, scripts
from scenarios.generation.chance import Calendar, hours, id7, pick
from scenarios.generation.network import Group, Site
from scenarios.generation.residents import Known
from scenarios.generation.scripts import Pace, Script

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH: Final = 8
INPATIENT_DOWN: Final = 0.55
INPATIENT_UP: Final = 0.08
HANDED_ON: Final = 0.1
ONWARD_SHARE: Final = 0.05
RETURN_BEFORE_COMPLETION: Final = timedelta(minutes=10)
FOLLOW_UP_DAYS: Final = (7, 14, 28)
# The column that a verb stamps with the time of its move.
STAMPS: Final = {
    "submit": "submitted_at",
    "approve": "submitted_at",
    "accept": "decided_at",
    "decline": "decided_at",
    "acknowledge": "acknowledged_at",
    "arrive": "arrived_at",
}


@dataclass(slots=True)
class Leg:
    """One leg with its history as parallel lists; what is None or empty was never written."""

    id: UUID
    number: str
    episode: UUID
    patient: UUID
    sender: Site
    receiver: Site
    origin: UUID
    alliance: UUID
    case: int
    urgency: int
    setting: str
    filed_by: UUID
    reader: UUID
    age: int
    consent: UUID
    created_at: datetime
    previous: "Leg | None" = None
    from_department: UUID | None = None
    to_department: UUID | None = None
    received_by: UUID | None = None
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    acknowledged_at: datetime | None = None
    scheduled_for: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    decline_reason: str = ""
    cancel_reason: str = ""
    outcome: str = ""
    no_return_reason: str = ""
    verbs: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    sides: str = ""
    follow_ups: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The state after the last move."""
        return self.statuses[-1]

    @property
    def direction(self) -> Direction:
        """Up, down or lateral, by the tiers of both ends."""
        return direction_of(self.sender.tier, self.receiver.tier)

    @property
    def access_ends(self) -> datetime | None:
        """The end of the receiver's access, as a real move sets it: later where the patient has arrived."""
        if self.ended_at is None or self.submitted_at is None:
            return None
        after = limits.access_after_end() if self.arrived_at else timedelta()
        return self.ended_at + after


@dataclass(slots=True)
class Episode:
    """A journey with its legs, oldest first."""

    id: UUID
    patient: UUID
    origin: UUID
    legs: list[Leg]

    @property
    def open_legs(self) -> int:
        """How many legs are not ended."""
        return sum(leg.status in OPEN for leg in self.legs)

    @property
    def closed_at(self) -> datetime | None:
        """When the last leg ended, None while one is open."""
        if self.open_legs:
            return None
        return max(leg.ended_at for leg in self.legs if leg.ended_at is not None)


class Author:
    """Writes the journeys of one part of a network."""

    def __init__(
        self, group: Group, patients: Sequence[Known], calendar: Calendar, chance: random.Random
    ) -> None:
        """Take the people and places; nothing is written to the database here."""
        self.group, self.patients, self.calendar, self.chance = group, patients, calendar, chance
        self.now = calendar.now

    def episodes(self, legs: int) -> list[Episode]:
        """Return journeys with exactly `legs` legs in all."""
        found: list[Episode] = []
        left = legs
        while left > 0:
            episode = self._journey(limit=left)
            found.append(episode)
            left -= len(episode.legs)
        return found

    def _journey(self, *, limit: int) -> Episode:
        """Return the episode of a patient's illness, with at most `limit` legs."""
        chance, patient = self.chance, pick(self.chance, self.patients)
        start = self.calendar.moment(chance)
        draw = scripts.UP_DECK.draw(chance)
        draw = draw if limit > 1 else _alone(draw)
        case = int(chance.random() * len(clinical.CASES))
        first = self._leg(
            patient, patient.home, self.group.lead, self.group.alliance, case, start, draw
        )
        legs = self._up_and_back(patient, first, draw, start, limit=limit)
        if len(legs) == 1 < limit:
            legs += self._onward(patient, first)
        return Episode(first.episode, patient.id, first.origin, legs)

    def _up_and_back(
        self, patient: Known, first: Leg, script: Script, start: datetime, *, limit: int
    ) -> list[Leg]:
        legs = [first]
        returned = self._walk(first, script, start, returned=script.returns)
        last = first
        if first.status == Status.REDIRECTED:
            script = scripts.REDIRECTED_DECK.draw(self.chance)
            script = script if limit > 2 else _without_return(script)
            last, returned = self._redirected(patient, first, script)
            legs.append(last)
        if returned is not None:
            legs.append(self._back(patient, last, returned))
        return legs

    def _redirected(
        self, patient: Known, former: Leg, script: Script
    ) -> tuple[Leg, datetime | None]:
        assert former.ended_at is not None
        start = former.ended_at
        second = self.group.second
        leg = self._leg(patient, former.sender, second, former.alliance, former.case, start, script)
        leg.episode, leg.previous, leg.urgency = former.episode, former, former.urgency
        leg.filed_by, leg.setting = former.filed_by, former.setting
        return leg, self._walk(leg, script, start, returned=script.returns, redirected=True)

    def _back(self, patient: Known, up: Leg, start: datetime) -> Leg:
        script = scripts.DOWN_DECK.draw(self.chance)
        leg = self._leg(patient, up.receiver, patient.home, up.alliance, up.case, start, script)
        leg.episode, leg.previous, leg.origin = up.episode, up, up.origin
        leg.from_department, leg.to_department = up.to_department, None
        leg.setting = self._setting(INPATIENT_DOWN)
        leg.filed_by = up.received_by or leg.filed_by
        self._walk(leg, script, start, returned=False, pace=scripts.DOWN_PACE)
        self._follow_up(leg)
        return leg

    def _onward(self, patient: Known, first: Leg) -> list[Leg]:
        """Return the leg on which a hospital sends some of its arrived patients further up."""
        above, network = self.group.above, self.group.network
        if not (above and network and first.arrived_at and first.no_return_reason):
            return []
        start = first.arrived_at + RETURN_BEFORE_COMPLETION
        if self.chance.random() > ONWARD_SHARE or start > self.now:
            return []
        first.no_return_reason = NoReturnReason.TRANSFERRED
        script = _alone(scripts.UP_DECK.draw(self.chance))
        leg = self._leg(patient, self.group.lead, above, network, first.case, start, script)
        leg.episode, leg.previous, leg.origin = first.episode, first, first.origin
        leg.from_department = first.to_department
        self._walk(leg, script, start, returned=False)
        return [leg]

    def _leg(
        self,
        patient: Known,
        sender: Site,
        receiver: Site,
        alliance: UUID,
        case: int,
        start: datetime,
        script: Script,
    ) -> Leg:
        chance = self.chance
        subject = clinical.CASES[case].department
        return Leg(
            id=id7(start, chance),
            number=self._number(start),
            episode=id7(start, chance),
            patient=patient.id,
            sender=sender,
            receiver=receiver,
            origin=sender.id,
            alliance=alliance,
            case=case,
            urgency=pick(chance, script.urgencies),
            setting=self._setting(INPATIENT_UP),
            filed_by=pick(chance, sender.doctors),
            reader=pick(chance, receiver.doctors),
            age=age_on(patient.born, start.date()),
            consent=patient.consent,
            created_at=start,
            to_department=receiver.departments.get(subject),
        )

    def _number(self, start: datetime) -> str:
        bits = self.chance.getrandbits(5 * NUMBER_LENGTH)
        signs = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(NUMBER_LENGTH))
        return f"ZZ{start:%Y%m%d}-{signs}"

    def _setting(self, inpatient: float) -> str:
        return Setting.INPATIENT if self.chance.random() < inpatient else Setting.OUTPATIENT

    def _walk(
        self,
        leg: Leg,
        script: Script,
        start: datetime,
        *,
        returned: bool,
        redirected: bool = False,
        pace: Mapping[str, Pace] = scripts.UP_PACE,
    ) -> datetime | None:
        """Make the moves of a script until now; return when the down leg is filed, if one is."""
        emergency = leg.urgency == Urgency.EMERGENCY
        steps = script.steps
        if emergency:
            pace = scripts.EMERGENCY_PACE
        elif leg.sender.reviews and leg.sender.reviewer is not None:
            steps = scripts.reviewed(steps, self.chance)
        at, down = start, None
        for verb in steps:
            rule = pace[verb]
            at += hours(self.chance, rule.low, rule.high)
            if verb == "complete" and returned and at - RETURN_BEFORE_COMPLETION <= self.now:
                down = at - RETURN_BEFORE_COMPLETION
            if at > self.now:
                break
            side = scripts.REDIRECTOR if redirected and verb == CREATE else rule.side
            self._move(leg, verb, at, side, begun=redirected)
        if leg.status == Status.COMPLETED:
            self._complete(leg, returned=down is not None)
        return down

    def _move(self, leg: Leg, verb: str, at: datetime, side: str, *, begun: bool) -> None:
        if verb == CREATE:
            status = Status.SUBMITTED if begun else Status.DRAFT
            leg.submitted_at = at if begun else None
        else:
            status = TRANSITIONS[verb].target
        leg.verbs.append(verb)
        leg.statuses.append(status)
        leg.moments.append(at)
        leg.sides += side
        if verb in STAMPS:
            setattr(leg, STAMPS[verb], at)
        if verb in {"schedule", "reschedule"}:
            leg.scheduled_for = at + hours(self.chance, 12, 96)
        if verb in {"accept", "acknowledge"} and side == scripts.RECEIVER:
            leg.received_by = leg.reader
        if status in ENDED and leg.ended_at is None:
            leg.ended_at = at
            self._reason(leg, verb)

    def _reason(self, leg: Leg, verb: str) -> None:
        if verb == "decline":
            leg.decline_reason = pick(self.chance, clinical.DECLINES)
        elif verb == "cancel":
            leg.cancel_reason = pick(self.chance, clinical.CANCELS)

    def _complete(self, leg: Leg, *, returned: bool) -> None:
        if leg.direction == Direction.DOWN:
            handed = self.chance.random() < HANDED_ON
            leg.outcome = Outcome.HANDED_ON if handed else Outcome.FOLLOW_UP_DONE
            return
        leg.outcome = pick(self.chance, clinical.TREATED)
        if not returned:
            leg.no_return_reason = pick(self.chance, clinical.NO_RETURN)

    def _follow_up(self, leg: Leg) -> None:
        """Plan the contacts of a returned patient, and record those whose day has come."""
        if leg.arrived_at is None:
            return
        last = leg.ended_at or self.now
        for days in FOLLOW_UP_DAYS:
            due = leg.arrived_at + timedelta(days=days)
            done = due + hours(self.chance, -30, 30)
            if due > last and days != FOLLOW_UP_DAYS[0]:
                break
            leg.follow_ups.append((due, done if done <= last else None))


def _without_return(script: Script) -> Script:
    return script._replace(returns=False)


def _alone(script: Script) -> Script:
    """Return a course after which no other leg follows."""
    return scripts.PLAIN if script.steps[-1] == "redirect" else _without_return(script)
