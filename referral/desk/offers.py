"""Gathers what a receiver is offered when it decides: the next free places, and where else a patient can go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from facilities import hierarchy
from facilities.models import Facility, Pool
from facilities.queries import directory
from facilities.vocabulary import FacilityKind, PoolKind
from referral import availability, matching
from referral.codes import ReferralReason, RuleOutcome
from referral.criteria import explain
from referral.models import Booking, Referral
from referral.policy import routes as policy_routes
from referral.queries import criteria as queries_criteria

MOST_PLACES: Final = 5
MOST_DESTINATIONS: Final = 200
BEST: Final = 5
# Ranked ones that the leg's alliance does not have are left out, so more are asked for than are shown.
AMONG: Final = 20


@dataclass(frozen=True, slots=True)
class Openings:
    """The place that the sender holds, if any, and the next free ones of the receiver.

    `fits` says whether they are of the department that takes the patient.
    """

    held: Booking | None = None
    free: Sequence[Pool] = ()
    fits: bool = True

    def choices(self) -> list[tuple[str, str]]:
        """Return each place with its words, the held one first."""
        held = [self.held.pool] if self.held else []
        others = [pool for pool in self.free if not held or pool.pk != held[0].pk]
        first = [(_value(pool), _("Held by the sender: %s") % _when(pool)) for pool in held]
        return first + [(_value(pool), _words(pool)) for pool in others]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A destination with what speaks for and against it, and its earliest free appointment."""

    id: UUID
    name: str
    reasons: Sequence[matching.Reason] = ()
    earliest: datetime | None = None

    @property
    def value(self) -> str:
        """Return what a form sends for it."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where a leg may be sent on to: the best ones with reasons, and all others by name."""

    best: Sequence[Alternative] = ()
    others: Sequence[Alternative] = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """What forms of a receiver offer, looked up only where a form needs it."""

    destinations: Callable[[], Ranked] = Ranked
    openings: Callable[[], Openings] = Openings
    # The medicines of the way up, for the rows of the return; where they are not given it has none.
    taken: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    # What the return begins with where the patient meets the rules of the way down.
    begun: Callable[[], Mapping[str, str]] = dict


def _value(pool: Pool) -> str:
    return f"{'bed' if pool.kind == PoolKind.BED else 'slot'}:{pool.pk}"


def _when(pool: Pool) -> str:
    local = timezone.localtime(pool.starts_at)
    return (
        date_format(local, "m-d l")
        if pool.kind == PoolKind.BED
        else date_format(local, "m-d l H:i")
    )


def _words(pool: Pool) -> str:
    grade = pool.get_doctor_grade_display() if pool.doctor_grade else ""
    place = pool.department.name if pool.department else ""
    free: int = getattr(pool, "free", 0)
    left = _("%(number)s beds free") if pool.kind == PoolKind.BED else _("%(number)s places free")
    return " · ".join(filter(None, [_when(pool), place, str(grade), left % {"number": free}]))


def openings(referral: Referral, held: Booking | None, *, at: datetime) -> Openings:
    """Return the next free places of a leg's receiver, of the department that takes the patient if it is known.

    Where it is not, places of any department are offered and none is chosen: the first may be for the eyes.
    """
    if referral.to_department_id is not None:
        return Openings(held, availability.next_places(referral, at=at, limit=MOST_PLACES))
    # The first subject takes the diagnosis best; the others are often the whole of internal medicine.
    subjects = matching.subjects_of(referral.diagnosis_code)[:1]
    fitting = _places(referral, subjects, at) if subjects else []
    if fitting:
        return Openings(held, fitting)
    return Openings(held, _places(referral, (), at), fits=False)


def _places(referral: Referral, subjects: Sequence[str], at: datetime) -> list[Pool]:
    return availability.next_places(referral, subjects=subjects, at=at, limit=MOST_PLACES)


def alternatives(referral: Referral, *, now: datetime) -> Ranked:
    """Return where a leg may be sent on to: the others of its alliance that it may go to today.

    The best are those of the ranking that its sender would see; whoever has had the patient in this
    episode before is left to the others.
    """
    rows = _open_to(referral, now)
    if not rows:
        return Ranked()
    names = {row.pk: row.name for row in rows}
    matches = matching.alternatives(referral, now=now, limit=AMONG)
    best = [
        Alternative(each.facility.id, names[each.facility.id], each.reasons, each.earliest)
        for each in matches
        if each.facility.id in names
    ][:BEST]
    shown = {each.id for each in best}
    return Ranked(best, [Alternative(pk, name) for pk, name in names.items() if pk not in shown])


def _open_to(referral: Referral, now: datetime) -> list[Facility]:
    if referral.alliance_id is None:
        return []
    today = timezone.localdate(now)
    ends = [end for end in (referral.from_facility_id, referral.to_facility_id) if end]
    members = directory.directory({"alliance": referral.alliance_id}, today)
    treating = members.filter(kind=FacilityKind.TREATING).exclude(pk__in=ends)
    rows = list(treating.order_by("-tier", "pinyin", "id")[:MOST_DESTINATIONS])
    ways = hierarchy.routes(
        referral.from_facility_id,
        [row.pk for row in rows],
        today,
        diagnosis=referral.diagnosis_code,
    )
    return [row for row in rows if policy_routes.is_open(ways[row.pk])]


def alike(rows: Sequence[Referral], *, now: datetime) -> Ranked:
    """Return where these legs may be sent on to together: what is open to all of them, by name."""
    kinds = {(row.alliance_id, row.from_facility_id, row.diagnosis_code): row for row in rows}
    each = [{found.pk: found.name for found in _open_to(row, now)} for row in kinds.values()]
    common = set.intersection(*map(set, each)) if each else set()
    return Ranked(
        others=[Alternative(pk, name) for pk, name in each[0].items() if pk in common]
        if each
        else ()
    )


def return_begun(referral: Referral, told: Mapping[str, Any]) -> dict[str, str]:
    """Return the reason and the plan with which a return begins, by what the rules say of it.

    The plan is that of the leg, else the follow-up that the rules ask for, else nothing.
    """
    plan = referral.plan
    if not plan and told["follow_up_days"]:
        within = _("Follow-up in the community within %(days)s days.")
        plan = within % {"days": told["follow_up_days"]}
    return {"reason_code": ReferralReason.STABLE_CONTINUE, "plan": plan}


def return_of(referral: Referral) -> dict[str, str]:
    """Return the same by the newest review of the patient, nothing where none said that he may go down."""
    review = queries_criteria.newest_observed([referral.pk]).get(referral.pk)
    if review is None or review.outcome != RuleOutcome.MET:
        return {}
    return return_begun(referral, explain.advice(review.results))
