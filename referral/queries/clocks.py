"""Reads what stands on the clock of a leg and in the rules of an alliance, and what a new limit would do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from facilities.models import Alliance, Facility
from referral import clocks, documentation, reminders, sla
from referral.limits import EVER, Kind, Limit, OwnLimit, Rules
from referral.models import AutomaticStep, Referral, Reminder, ServiceLimit, Transition
from referral.sla import Due
from referral.stages import OWED_BY_SENDER, Stage
from referral.states import AGREED, Status

ARRIVING: Final = Q(status__in=sorted(AGREED)) & ~sla.UNACKNOWLEDGED
WAITING: Final = {
    Stage.ANSWER: Q(status__in=sorted(sla.ANSWERABLE)),
    Stage.ACKNOWLEDGE: sla.UNACKNOWLEDGED,
    Stage.INFORMATION: Q(status=Status.INFORMATION_REQUESTED),
    Stage.ARRIVAL: ARRIVING,
    Stage.FIRST_CONTACT: ARRIVING,
    Stage.RESULT: Q(status=Status.ARRIVED),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A question, from the asking to the answer; `until` is None while it waits."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a limit does to the open legs of its kind, counted.

    `waiting` stand in the stage; of these `overdue_now` are late by the present rules, `overdue_then` with
    the new limit in its term, `overdue_if_all` if it held for every one of them.
    """

    waiting: int
    overdue_now: int
    overdue_then: int
    overdue_if_all: int


@dataclass(frozen=True, slots=True)
class Called:
    """Of the open legs that wait at a stage, those for which so many calls were made already, at most."""

    waiting: int
    called: int


def called(alliance_id: UUID, stage: Stage, after_steps: int) -> Called:
    """Count what the system would act on at once if it acted after so many calls; one statement.

    A call that was made before an answered question moved the deadline counts too, so that it is never fewer.
    """
    made = Reminder.objects.filter(referral=OuterRef("pk"), stage=stage, step__gte=after_steps)
    legs = Referral.objects.filter(WAITING[stage], alliance=alliance_id)
    found = legs.aggregate(waiting=Count("pk"), called=Count("pk", filter=Exists(made)))
    return Called(**found)


def pauses(referral: Referral) -> list[Pause]:
    """Return the questions of a leg with their answers, from its history."""
    rows = Transition.objects.filter(referral=referral, verb__in=["ask_information", "answer"])
    found: list[Pause] = []
    for verb, at in rows.order_by("version").values_list("verb", "at"):
        if verb == "ask_information":
            found.append(Pause(at, None))
        elif found:
            found[-1] = Pause(found[-1].since, at)
    return found


def calls(referral: Referral) -> QuerySet[Reminder]:
    """Return the calls that were made for a leg, the first one first."""
    return Reminder.objects.filter(referral=referral).order_by("sent_at", "step", "window")


def owner(referral: Referral, stage: Stage) -> Facility | None:
    """Return who owes the next step."""
    return referral.from_facility if stage in OWED_BY_SENDER else referral.to_facility


def owed(referral: Referral, by: Actor, rules: Rules) -> list[Due]:
    """Return everything that a leg waits for, as far as the actor can know it.

    Whether the patient has consented is read from the records of the sender, who alone sees them for sure.
    """
    everything = reminders.dues(referral, reminders.Beside.of([referral.pk]), rules)
    mine = by.is_system or by.facility_id == referral.from_facility_id
    return [due for due in everything if mine or due.stage != Stage.CONSENT]


def limits_of(alliance_id: UUID) -> QuerySet[ServiceLimit]:
    """Return every limit that an alliance has set, the newest term first."""
    rows = ServiceLimit.objects.filter(alliance=alliance_id).select_related("set_by")
    return rows.order_by("-starts", "stage", "urgency", "direction")


def lock_rules(alliance_id: UUID) -> None:
    """Let nobody else change the rules of an alliance until the transaction ends: each bears on those beside it."""
    list(Alliance.objects.select_for_update(of=("self",), no_key=True).filter(pk=alliance_id))


def limits_beside(limit: ServiceLimit) -> QuerySet[ServiceLimit]:
    """Return the limits of the same alliance for the same legs, the limit itself among them if it is stored."""
    return ServiceLimit.objects.filter(
        alliance=limit.alliance_id,
        stage=limit.stage,
        urgency=limit.urgency,
        direction=limit.direction,
    )


def automatic_steps_beside(step: AutomaticStep) -> QuerySet[AutomaticStep]:
    """Return the automatic steps of the same alliance at the same stage, the step itself among them."""
    return AutomaticStep.objects.filter(alliance=step.alliance_id, stage=step.stage)


def automatic_steps_of(alliance_id: UUID) -> QuerySet[AutomaticStep]:
    """Return every automatic step that an alliance has switched on, the newest term first."""
    rows = AutomaticStep.objects.filter(alliance=alliance_id).select_related("set_by", "fallback")
    return rows.order_by("-starts", "stage")


def effect(alliance_id: UUID, kind: Kind, limit: Limit, *, starts: date, at: datetime) -> Effect:
    """Count what a limit would do to the open legs of its kind; four statements at most, nothing is written."""
    stage, urgency, direction = kind
    if stage == Stage.DOCUMENTATION:
        return _on_documentation(alliance_id, kind, limit, at)
    legs = Referral.objects.filter(
        WAITING[stage], alliance=alliance_id, urgency=urgency, direction=direction
    )
    rules = clocks.read()
    then = rules.changed(kind, OwnLimit(alliance_id, starts, None, limit))
    always = rules.changed(kind, OwnLimit(alliance_id, EVER, None, limit))
    late = [legs.filter(sla.overdue_filter(at, each)).count() for each in (rules, then, always)]
    return Effect(legs.count(), *late)


def _on_documentation(alliance_id: UUID, kind: Kind, limit: Limit, at: datetime) -> Effect:
    """Count it for what emergencies went without: each was told its deadline, which no new limit moves."""
    _stage, urgency, direction = kind
    legs = documentation.awaited().filter(
        alliance=alliance_id, urgency=urgency, direction=direction
    )
    late = legs.filter(documentation__due_at__lt=at).count()
    latest = clocks.read().subtract(at - sla.TICK, limit.length, limit.clock)
    return Effect(legs.count(), late, late, legs.filter(submitted_at__lte=latest).count())
