"""Reads what the ranking asks for, by a few statements however many facilities there are, and ranks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from statistics import fmean
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities import beyond, reach
from facilities.models import PublicHealthEvent
from facilities.queries import events
from facilities.reach import Reached
from facilities.vocabulary import Direction
from patients import queries as patients
from referral.matching import data, openings
from referral.matching.need import Need, Point
from referral.matching.rank import Match, candidates, match
from referral.matching.shortlist import shortlist
from referral.models import Referral
from referral.queries import criteria
from referral.queries import referrals as queries
from referral.states import Urgency

# Among how many of the best the system looks for one that was not tried.
NEXT_AMONG: Final = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What a sender asks: for whom, with what, how soon, which way.

    `diagnosis` is the code, and `words` are those of the slip. `capabilities` are what the sender or the
    criteria found to be needed; what an emergency needs by its diagnosis is added. `may_skip` is true
    where the sender has a reason to leave out a step. `limit` is how many destinations are wanted.
    """

    patient_id: UUID | None = None
    diagnosis: str = ""
    words: str = ""
    urgency: int = Urgency.ROUTINE
    capabilities: frozenset[str] = frozenset()
    direction: Direction = Direction.UP
    may_skip: bool = False
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Found:
    """The ranked destinations with what they were ranked by, and the events of public health that bind them."""

    need: Need
    matches: list[Match]
    may_be_bound: bool = False
    events: Sequence[PublicHealthEvent] = ()


def find(question: Question, *, by: Actor, now: datetime) -> Found:
    """Return where a patient can go from the actor's facility, the best first.

    Raises Refused `no-such-patient` for a patient whom the facility does not see.
    """
    found = _found(question, by.place, _home(question.patient_id, by=by, now=now), now=now)
    if not found.may_be_bound:
        return found
    on = timezone.localdate(now)
    return replace(found, events=events.binding(by.place, question.diagnosis, on))


def alternatives(referral: Referral, *, now: datetime, limit: int) -> list[Match]:
    """Return where a leg could go instead, from its sender, the best first; none that is known to have had it.

    For whoever sees the leg; what this actor may not see of the patient's home does not count.
    """
    found = _found(
        _question(referral, limit), referral.from_facility_id, _home_now(referral, now), now=now
    )
    tried = queries.tried(referral)
    return [each for each in found.matches if each.facility.id not in tried]


def _question(referral: Referral, limit: int) -> Question:
    down = referral.direction == Direction.DOWN
    return Question(
        patient_id=referral.patient_id,
        diagnosis=referral.diagnosis_code,
        words=referral.diagnosis,
        urgency=referral.urgency,
        capabilities=criteria.needed_capabilities(referral),
        direction=Direction.DOWN if down else Direction.UP,
        limit=limit,
    )


def _home_now(referral: Referral, now: datetime) -> patients.Home | None:
    return patients.home_of(referral.patient_id, referral.from_facility_id, timezone.localdate(now))


def next_best(referral: Referral, *, now: datetime) -> UUID | None:
    """Return where an up-referral that nobody answers may be sent on to, None where people must decide.

    For the system, which sees every row. It is a facility of the leg's own alliance that the sender could have
    chosen without a reason, able to do what the diagnosis and the sender's observations call for, and none
    that this episode went to before.
    """
    if referral.direction != Direction.UP or referral.alliance_id is None:
        return None
    question, home = _question(referral, NEXT_AMONG), _home_now(referral, now)
    tried = queries.tried(referral)
    for each in _found(question, referral.from_facility_id, home, now=now).matches:
        row, unfit = each.facility, each.lacks or each.needs_reason
        mute = bool(data.subjects_of(question.diagnosis)) and row.department_id is None
        if row.id not in tried and row.alliance_id == referral.alliance_id and not (unfit or mute):
            return row.id
    return None


def _found(
    question: Question, sender_id: UUID, home: patients.Home | None, *, now: datetime
) -> Found:
    needed = question.capabilities | data.needs_of(
        question.diagnosis, question.urgency, question.words
    )
    subjects = data.subjects_of(question.diagnosis)
    reached = reach.reachable(
        sender_id,
        timezone.localdate(now),
        capabilities=sorted(needed),
        subjects=subjects,
        diagnosis=question.diagnosis,
    )
    may_be_bound = _may_be_bound(reached, question)
    if may_be_bound:
        reached += beyond.designated(
            sender_id,
            timezone.localdate(now),
            diagnosis=question.diagnosis,
            capabilities=sorted(needed),
            subjects=subjects,
            known=[row.id for row in reached],
        )
    sender = next((row for row in reached if row.id == sender_id), None)
    need = Need(
        sender=sender_id,
        tier=sender.tier if sender else 0,
        direction=question.direction,
        urgency=question.urgency,
        now=now,
        capabilities=needed,
        subjects=subjects,
        may_skip=question.may_skip,
        origin=_origin(reached, sender, home, question),
        region=home.region if home else "",
        family_doctor=home.family_doctor if home else None,
    )
    best = _best(candidates(reached, need), need, question.limit)
    return replace(best, may_be_bound=may_be_bound)


def _may_be_bound(reached: Sequence[Reached], question: Question) -> bool:
    """Say whether an event of public health may bind the sender; of one without an alliance no row tells."""
    if question.direction == Direction.DOWN or not question.diagnosis:
        return False
    return not reached or reached[0].designated is not None


def _best(offered: Sequence[Reached], need: Need, limit: int) -> Found:
    """Rank with times of answering and appointments, read for those alone who may be offered."""
    if not offered:
        return Found(need, [])
    answers = queries.answer_times([row.id for row in offered], least=data.limits().answer_least)
    asking = need.with_answers(answers)
    rows, known = shortlist(
        offered,
        asking,
        limit=limit,
        free=partial(openings.free, need=asking),
        sessions=partial(openings.sessions, need=asking),
    )
    return Found(known, [match(row, known) for row in rows])


def _home(patient_id: UUID | None, *, by: Actor, now: datetime) -> patients.Home | None:
    if patient_id is None:
        return None
    home = patients.home_of(patient_id, by.place, timezone.localdate(now))
    if home is None:
        text = _("There is no such patient here.")
        errors = {"patient": [str(text)]}
        raise Refused("no-such-patient", text, kind=Kind.UNPROCESSABLE, errors=errors)
    return home


def _origin(
    reached: Sequence[Reached],
    sender: Reached | None,
    home: patients.Home | None,
    question: Question,
) -> Point | None:
    """Return from where distance is measured: the sender's place, or for a return the patient's district.

    The middle of a district is that of its facilities, since regions have no coordinates.
    """
    if question.direction == Direction.DOWN and home is not None and len(home.region) >= 6:
        middle = _middle(row for row in reached if row.region.startswith(home.region[:6]))
        if middle is not None:
            return middle
    return None if sender is None else _point(sender)


def _middle(rows: Iterable[Reached]) -> Point | None:
    points = [point for row in rows if (point := _point(row)) is not None]
    if not points:
        return None
    return fmean(point[0] for point in points), fmean(point[1] for point in points)


def _point(row: Reached) -> Point | None:
    if row.latitude is None or row.longitude is None:
        return None
    return row.latitude, row.longitude
