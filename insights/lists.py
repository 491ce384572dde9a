"""Says which referrals a list holds, behind an indicator, a step, a stage, two tiers or a stream.

One description for the page, the REST door and the worker that makes the file: whoever lists a number asks here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import not_found
from accounts.permissions import Permission
from facilities.models import Department
from facilities.queries import directory
from facilities.vocabulary import Direction, PoolKind, Tier
from insights import asking
from insights.asking import Asked
from insights.indicators import Indicator, Side, definitions
from insights.periods import Period, of_days
from insights.queries import behind, demand, durations, flows, history, jobs
from insights.queries.funnel import STEPS
from insights.scopes import Where, received_by
from insights.vocabulary import Dim
from referral.queries import alliance as under_way
from referral.queries import referrals

Words = str | Promise
Asking = Mapping[str, Any]
SUBMITTED: Final = ("up_submitted", "down_submitted", "lateral_submitted")
STEP_WORDS: Final[Mapping[str, Words]] = dict(
    zip(
        STEPS,
        (
            _("Referred up"),
            _("Accepted by the receiver"),
            _("Patient arrived"),
            _("Treatment completed"),
            _("Returned down"),
            _("Followed up"),
        ),
        strict=True,
    )
)
STAGE_WORDS: Final[Mapping[str, Words]] = {
    "answer": _("From submission to the answer"),
    "arrival": _("From acceptance to arrival"),
    "treatment": _("From arrival to completion"),
}
OF_STEP: Final = _(
    "Up-referrals submitted in these days that have come as far as this step by now; without cancelled ones"
)
OF_STAGE: Final = _(
    "Referrals in which this stage ended in these days, up, down and lateral; without cancelled ones"
)
OF_EDGE: Final = _(
    "Referrals submitted in these days between these tiers, in this direction; without cancelled ones"
)
OF_STREAM: Final = _(
    "Referrals submitted in these days from the one to the other, in this direction; without cancelled ones"
)
STUCK: Final = _("Waits beyond its time")
OF_STUCK: Final = _(
    "Referrals under way whose next step is overdue at this moment, whatever days are asked about"
)
OF_DEMAND: Final = _(
    "Up-referrals received in these days, as forecasts count them; without cancelled ones"
)
OF_BASE: Final = _(
    "Referrals from primary care submitted in these days, from which this was estimated; without emergencies and "
    "cancelled ones. What was cancelled since then is not listed any more."
)
ALL_DEPARTMENTS: Final = _("All departments together")
# Not one department of a facility, but the whole of it.
WHOLE: Final = "all"
# The one word by which they are asked for.
LATE: Final = "late"
# How a step is named in an address and at the REST door.
STEP_NAMES: Final[Mapping[str, str]] = {step.replace("_", "-"): step for step in STEPS}
EDGES: Final = [f"{low}>{high}" for low in Tier.values for high in Tier.values]
# What names a list: a word of one of these groups names all of its group.
GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    ("indicator",),
    ("step",),
    ("stage",),
    ("edge",),
    ("from_facility", "to_facility", "direction"),
    ("stuck",),
    ("demand",),
    ("what_if", "of_department"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: whose rows, which were counted, what they are called, and the words that ask for the same rows."""

    where: Where
    counted: QuerySet[Any]
    name: str
    title: Words
    formula: Words
    words: Mapping[str, str]
    # The indicator of which these are rows, if they are of one.
    one: Indicator | None = None
    of_contacts: bool = False
    order: tuple[str, ...] = behind.NEWEST_FIRST
    # It holds what is so now, whatever days are asked about.
    of_now: bool = False
    # The days that it is about, where they are not those of the question.
    period: Period | None = None


def read(words: Asking, asked: Asked, by: Actor) -> Listed:
    """Return the list that checked words name. Raises Refused `not-found` for what is no step, stage, tier or place."""
    if words.get("stuck"):
        return of_stuck(asked, by)
    if words.get("what_if"):
        return of_base(words, by)
    return next(_READERS[group[0]](words, asked) for group in GROUPS if words.get(group[0]))


def of_indicator(words: Asking, asked: Asked) -> Listed:
    """Return the rows above or below the line of an indicator, of one value of a breakdown if one is named."""
    one, part = definitions()[str(words["indicator"])], words.get("part") or "numerator"
    by, value = words.get("by") or "", words.get("value") or ""
    terms = one.denominator if part == "denominator" else one.numerator
    where = asked.where(one)
    dim = asking.DIMS.get(by, Dim.NONE)
    return Listed(
        where=where,
        counted=behind.rows(terms, where, asked.period, dim, value),
        name=one.code,
        title=str(one.name),
        formula=str(one.formula),
        words={"indicator": one.code, "part": part, "by": by, "value": value},
        one=one,
        of_contacts=behind.is_of_contacts(terms),
    )


def of_step(words: Asking, asked: Asked) -> Listed:
    """Return those that have come as far as one step."""
    name = str(words["step"])
    step = STEP_NAMES.get(name)
    if step is None:
        raise not_found()
    where = asked.of_side(asked.side or Side.SENT)
    counted = behind.rows([step], where, asked.period)
    return Listed(where, counted, name, STEP_WORDS[step], OF_STEP, {"step": name})


def of_stage(words: Asking, asked: Asked) -> Listed:
    """Return those over which the time of a stage is told."""
    stage = str(words["stage"])
    if stage not in durations.STAGES:
        raise not_found()
    where = asked.of_side(asked.side or Side.RECEIVED)
    counted = durations.legs(where, asked.period, stage)
    return Listed(where, counted, f"{stage}-stage", STAGE_WORDS[stage], OF_STAGE, {"stage": stage})


def of_edge(words: Asking, asked: Asked) -> Listed:
    """Return those that went from one tier to another."""
    edge = str(words["edge"])
    if edge not in EDGES:
        raise not_found()
    low, high = map(int, edge.split(">"))
    where = asked.of_side(asked.side or Side.SENT)
    counted = behind.rows(SUBMITTED, where, asked.period, Dim.EDGE, edge)
    title = f"{Tier(low).label} → {Tier(high).label}"
    return Listed(where, counted, f"tier-{low}-to-{high}", title, OF_EDGE, {"edge": edge})


def of_stream(words: Asking, asked: Asked) -> Listed:
    """Return those that one place sent to another, in one direction."""
    from_id, to_id = UUID(str(words["from_facility"])), UUID(str(words["to_facility"]))
    way, places = str(words["direction"]), directory.places([from_id, to_id])
    if way not in Direction.values or not {from_id, to_id} <= places.keys():
        raise not_found()
    where = asked.of_side(asked.side or Side.SENT)
    said = {"from_facility": str(from_id), "to_facility": str(to_id), "direction": way}
    return Listed(
        where=where,
        counted=flows.legs(where, asked.period, from_id=from_id, to_id=to_id, direction=way),
        name=f"{way}-stream",
        title=f"{places[from_id]} → {places[to_id]}",
        formula=OF_STREAM,
        words=said,
    )


def of_stuck(asked: Asked, by: Actor) -> Listed:
    """Return what waits beyond its time: in the alliances that somebody looks over, else at the own facility."""
    now, where = timezone.now(), asked.of_side(asked.side or Side.RECEIVED)
    order: tuple[str, ...] = ("submitted_at", "id")
    if by.can(Permission.ALLIANCE_VIEW):
        to = UUID(asked.keys[0]) if asked.scope == "facility" else None
        rows = under_way.under_way(by, now, to_id=to, late=True)
        if asked.scope == "alliance":
            rows = rows.filter(alliance__in=[UUID(key) for key in asked.keys])
    else:
        where = received_by(by.place)
        rows, order = referrals.box("overdue", by, at=now)
    return Listed(
        where=where,
        counted=referrals.for_list(rows),
        name="stuck",
        title=STUCK,
        formula=OF_STUCK,
        words={"stuck": LATE},
        order=order,
        of_now=True,
    )


def of_demand(words: Asking, asked: Asked) -> Listed:
    """Return what a department received in the days asked about, or a whole facility: what a forecast is fed with."""
    said = str(words["demand"])
    if asked.scope != "facility":
        raise not_found()
    facility_id, department_id = UUID(asked.keys[0]), None if said == WHOLE else _uuid(said)
    title: Words = ALL_DEPARTMENTS
    if department_id is not None:
        title = _department(department_id, facility_id).name
    period = asked.period
    return Listed(
        where=received_by(facility_id),
        counted=demand.legs(facility_id, department_id, period.first, period.last),
        name="demand",
        title=title,
        formula=OF_DEMAND,
        words={"demand": said},
    )


def of_base(words: Asking, by: Actor) -> Listed:
    """Return from which referrals a department of a what-if was estimated, as they are counted today."""
    row = jobs.what_if(_uuid(words["what_if"]), by)
    department = _department(_uuid(words["of_department"]))
    if str(department.pk) not in row.inputs.get("legs", {}):
        raise not_found()
    period = of_days(*(date.fromisoformat(row.inputs[end]) for end in ("first", "last")))
    kind = PoolKind(row.change["pool"])
    return Listed(
        where=received_by(department.facility_id),
        counted=history.legs([department.pk], kind, period.first, period.last),
        name="what-if",
        title=f"{department.facility.name} {department.name}",
        formula=OF_BASE,
        words={"what_if": str(row.pk), "of_department": str(department.pk)},
        period=period,
    )


def _uuid(word: Any) -> UUID:
    try:
        return UUID(str(word))
    except ValueError as error:
        raise not_found() from error


def _department(pk: UUID, facility_id: UUID | None = None) -> Department:
    found = jobs.departments([str(pk)]).get(str(pk))
    if found is None or (facility_id is not None and found.facility_id != facility_id):
        raise not_found()
    return found


_READERS: Final[Mapping[str, Callable[[Asking, Asked], Listed]]] = {
    "indicator": of_indicator,
    "step": of_step,
    "stage": of_stage,
    "edge": of_edge,
    "from_facility": of_stream,
    "demand": of_demand,
}
