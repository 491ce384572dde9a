"""Finds for the sweep the legs that lack a call of the ladder; everything is derived from rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from facilities.models.dated import in_force
from referral import clocks, consents, documentation, ladder, sla
from referral.ladder import Call
from referral.limits import Limit, Rules, midnight
from referral.models import AutomaticStep, FollowUp, Referral, Reminder, VainStep
from referral.sla import Due
from referral.stages import CALLED, Clock, Stage
from referral.states import AGREED, Status

Key = tuple[UUID, str, datetime]
# A planned follow-up is due by the end of its day; no limit decides it.
BY_PLAN: Final = Limit(timedelta(), Clock.CALENDAR, "the plan of the return")


@dataclass(frozen=True, slots=True)
class Beside:
    """What legs wait for beside their running stage: contacts that are planned, and what follows an emergency."""

    planned: Mapping[UUID, datetime]
    consent: Set[UUID]
    documentation: Mapping[UUID, datetime]

    @classmethod
    def of(cls, legs: Sequence[UUID]) -> "Beside":
        """Read it for these legs; three statements."""
        return cls(first_follow_ups(legs), consents.awaiting(legs), documentation.due_at(legs))


def overdue(at: datetime) -> list[UUID]:
    """Return the legs that are overdue and wait for an answer, the urgent and the oldest first.

    Legs that wait for an arrival are left to the sweep of no-shows, unless they are emergencies.
    """
    late = Q(
        pk__in=[
            *_follow_ups_late(at),
            *_still_called(consents.overdue(at), Stage.CONSENT),
            *_still_called(documentation.overdue(at), Stage.DOCUMENTATION),
        ]
    ) | (sla.overdue_filter(at, clocks.rules()) & ~Q(_only_arrival()))
    rows = Referral.objects.filter(late).order_by("urgency", "submitted_at", "id")
    return list(rows.values_list("pk", flat=True))


def _still_called(late: QuerySet[Referral], stage: Stage) -> QuerySet[Referral, UUID]:
    """Return the ids of those that have not ended, or whose last step was not made yet."""
    last = Reminder.objects.filter(
        referral=OuterRef("pk"), stage=stage, step=len(ladder.audiences())
    )
    rows = late.filter(Q(ended_at__isnull=True) | ~Exists(last))
    return rows.values_list("pk", flat=True)


def _only_arrival() -> Q:
    return Q(status__in=sorted(AGREED)) & ~sla.UNACKNOWLEDGED


def _follow_ups_late(at: datetime) -> list[UUID]:
    """Return the returned legs with a planned follow-up whose day is over."""
    today = timezone.localdate(at)
    rows = FollowUp.objects.filter(
        done_at__isnull=True, due_on__lt=today, referral__status=Status.ARRIVED
    )
    return list(rows.values_list("referral_id", flat=True).distinct())


def lacking_a_call(late: Sequence[UUID], at: datetime) -> list[UUID]:
    """Return those of these legs for which a call is due that was not made, in their order; six statements."""
    rules = clocks.rules()
    legs = Referral.objects.filter(pk__in=late).select_related("clock").in_bulk()
    made, beside = calls_made(late), Beside.of(late)
    known = (legs[referral_id] for referral_id in late if referral_id in legs)
    return [leg.pk for leg in known if _lacks(leg, beside, made, at, rules)]


def _lacks(
    leg: Referral, beside: Beside, made: dict[Key, set[Call]], at: datetime, rules: Rules
) -> bool:
    return any(
        not made[leg.pk, due.stage.value, due.at].issuperset(
            ladder.calls(due, leg.urgency, at, rules)
        )
        for due in dues(leg, beside, rules)
        if due.stage in CALLED
    )


def dues(leg: Referral, beside: Beside, rules: Rules) -> list[Due]:
    """Return everything that a leg waits for: the running stage, or the oldest planned contact of a return.

    After it comes what an emergency went without: consent, documentation.
    """
    planned = beside.planned.get(leg.pk)
    running = sla.due(leg, rules)
    if running is None and planned is not None and leg.status == Status.ARRIVED:
        running = Due(Stage.FOLLOW_UP, planned, planned, BY_PLAN)
    return [*([running] if running else ()), *_afterwards(leg, beside, rules)]


def _afterwards(leg: Referral, beside: Beside, rules: Rules) -> Iterator[Due]:
    """Yield what an emergency went without; once the leg has ended, each step calls for it once at most."""
    since, written_by = leg.submitted_at, beside.documentation.get(leg.pk)
    if since is None:
        return
    if leg.pk in beside.consent:
        term = consents.term()
        yield Due(Stage.CONSENT, since, since + term.length, term, leg.ended_at)
    if written_by is not None:
        limit = rules.limit(leg, Stage.DOCUMENTATION)
        yield Due(Stage.DOCUMENTATION, since, written_by, limit, leg.ended_at)


def first_follow_ups(legs: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return by when the oldest planned follow-up of each leg is due: the end of its day."""
    waiting = FollowUp.objects.filter(referral__in=legs, done_at__isnull=True)
    days = waiting.values("referral_id").annotate(first=Min("due_on"))
    return {row["referral_id"]: midnight(row["first"] + timedelta(days=1)) for row in days}


def calls_made(legs: Sequence[UUID]) -> dict[Key, set[Call]]:
    """Return the calls that were made for these legs, by leg, stage and deadline."""
    made: dict[Key, set[Call]] = defaultdict(set)
    rows = Reminder.objects.filter(referral__in=legs)
    for leg, stage, due_at, step, window in rows.values_list(
        "referral_id", "stage", "due_at", "step", "window"
    ):
        made[leg, stage, due_at].add(Call(step, window))
    return made


def for_the_system(at: datetime) -> list[UUID]:
    """Return the overdue legs of alliances that have switched something on, the urgent and the oldest first.

    For which it found nowhere to go, the system looks again once a call of the ladder was made since: ranking
    costs more than everything else in the sweep, and such a leg may wait for days. What was refused waits for
    its time.
    """
    today = timezone.localdate(at)
    on = AutomaticStep.objects.filter(in_force(today)).values_list("alliance_id", "stage")
    waits = {
        Stage.ANSWER.value: sorted(sla.ANSWERABLE),
        Stage.INFORMATION.value: [Status.INFORMATION_REQUESTED],
    }
    wanted = Q()
    for alliance_id, stage in on:
        wanted |= Q(alliance=alliance_id, status__in=waits[stage])
    if not wanted:
        return []
    rows = Referral.objects.filter(wanted & sla.overdue_filter(at, clocks.rules()), ~_in_vain(at))
    return list(rows.order_by("urgency", "submitted_at", "id").values_list("pk", flat=True))


def _in_vain(at: datetime) -> Exists:
    """Return the condition that the system has tried in vain, and that trying again would be too soon.

    Where it found nowhere to send a leg it is too soon until somebody was called, after a refusal until its time.
    """
    since = Reminder.objects.filter(referral=OuterRef("referral"), sent_at__gt=OuterRef("at"))
    too_soon = Q(again_at__gt=at) | (Q(again_at__isnull=True) & ~Exists(since))
    return Exists(VainStep.objects.filter(too_soon, referral=OuterRef("pk")))


def automatic(alliance_id: UUID | None, stage: Stage, *, on: date) -> AutomaticStep | None:
    """Return what an alliance has switched on for a stage, None where it has not."""
    if alliance_id is None:
        return None
    return AutomaticStep.objects.filter(in_force(on), alliance=alliance_id, stage=stage).first()
