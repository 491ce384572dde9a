"""Finds whom a slip, a number or a name at the arrival desk means, and says what to do with the patient."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import scope
from accounts.actors import Actor
from audit import record
from referral import links, pages, tracking
from referral.models import LinkKind, Referral
from referral.policy import referrals as policy
from referral.queries import desk as queries_desk
from referral.queries import referrals as queries
from referral.states import WAITING, Status

Words = str | Promise
# What a scanner types: the whole address of the slip's code, whatever the server is called, or its end alone.
SCANNED: Final = re.compile(r"(?:^|/t/)([A-Za-z0-9_-]{43})(?:/|$)")
NUMBER: Final = re.compile(r"(ZZ\d{8})[-\s]?([0-9A-Z]{8})", re.IGNORECASE)
SPENT: Final = _(
    "This code is not valid any more. Type the number of the referral or the patient's name."
)
UNKNOWN: Final = _("Nobody who is to come here was found. Check the number or the name.")
ELSEWHERE: Final = _("This patient is not expected here, but there:")


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody who may have come: the line, whether the arrival can be marked, and what to know before."""

    line: pages.Line
    may_arrive: bool
    word: Words
    colour: str
    key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Looked:
    """The answer of the desk: people, or where the patient is expected, or a sentence."""

    comers: Sequence[Comer] = ()
    elsewhere: tracking.Tracked | None = None
    sentence: Words = ""


def look(text: str, by: Actor, *, now: datetime) -> Looked:
    """Return whom the text means: the code of a slip, the number of a referral, or a beginning of a name.

    What is read is recorded. The text may be a secret: it is kept nowhere.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    scanned = SCANNED.search(typed)
    if scanned:
        return _by_code(scanned[1], by, now=now)
    number = NUMBER.fullmatch(typed)
    if number:
        found = queries_desk.numbered(f"{number[1]}-{number[2]}".upper(), by)
        return _told([found] if found else [], by, now=now)
    return _told(queries_desk.named(typed, by), by, now=now)


def comers(rows: Sequence[Referral], by: Actor, *, now: datetime) -> list[Comer]:
    """Return these legs as the desk shows them, their patients read at once."""
    return [_comer(line, by, now) for line in pages.lines(rows, by, now)]


def _comer(line: pages.Line, by: Actor, now: datetime) -> Comer:
    word, colour = _known(line.referral, timezone.localdate(now))
    return Comer(line, policy.may_arrive(line.referral, by).allowed, word, colour)


def _known(referral: Referral, today: Any) -> tuple[Words, str]:
    """Return what to know before marking an arrival, with its colour."""
    if referral.status == Status.ARRIVED:
        return _("Has arrived already."), "green"
    if referral.status in WAITING:
        return _("Not accepted yet: decide first."), "amber"
    if referral.status not in {Status.ACCEPTED, Status.SCHEDULED}:
        return _("This referral has ended."), "red"
    day = referral.visit and timezone.localdate(referral.visit)
    if day and day > today:
        return _("Too early: the visit is on another day."), "amber"
    if day and day < today:
        return _("Late: the visit was on an earlier day."), "amber"
    return (
        (_("Expected today."), "green") if day else (_("Expected, without a fixed time."), "blue")
    )


def _by_code(token: str, by: Actor, *, now: datetime) -> Looked:
    link = links.find(token, LinkKind.PATIENT, now=now)
    scope.enter(by)
    if link is None:
        return Looked(sentence=SPENT)
    mine = queries.find(link.referral_id, by)
    if mine is not None:
        return _told([mine], by, now=now)
    return _shown_to_holders(link.referral_id, by)


def _shown_to_holders(referral_id: UUID, by: Actor) -> Looked:
    """Return what the patient's own page tells whoever holds the code: where, and whom to call; no name."""
    with scope.lifted(by) as system:
        referral = queries.find(referral_id, system)
        there = tracking.tracked(referral, timezone.now()) if referral else None
    if referral is None or there is None:
        return Looked(sentence=SPENT)
    record.read(by, what="referral.track", patients=[referral.patient_id], referrals=[referral.pk])
    return Looked(elsewhere=there, sentence=ELSEWHERE)


def _told(rows: Sequence[Referral], by: Actor, *, now: datetime) -> Looked:
    if not rows:
        return Looked(sentence=UNKNOWN)
    here = [row for row in rows if row.to_facility_id == by.facility_id]
    if here:
        return Looked(comers(here, by, now=now))
    there = tracking.tracked(rows[0], now)
    return Looked(elsewhere=there, sentence=ELSEWHERE) if there else Looked(sentence=UNKNOWN)
