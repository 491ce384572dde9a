"""Finds for the sweep the legs that lack a call of the ladder; everything is derived from rows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Min, Q
from django.utils import timezone

from facilities.models.dated import in_force
from referral import clocks, consents, ladder, sla
from referral.ladder import Call
from referral.limits import Limit, Rules, midnight
from referral.models import AutomaticStep, FollowUp, Referral, Reminder
from referral.sla import Due
from referral.stages import CALLED, Clock, Stage
from referral.states import AGREED, Status

Key = tuple[UUID, str, datetime]
# A planned follow-up is due by the end of its day; no limit decides it.
BY_PLAN: Final = Limit(timedelta(), Clock.CALENDAR, "the plan of the return")


def overdue(at: datetime) -> list[UUID]:
    """Return the legs that are overdue and wait for an answer, the urgent and the oldest first.

    Legs that wait for an arrival are left to the sweep of no-shows, unless they are emergencies.
    """
    late = Q(pk__in=[*_follow_ups_late(at), *consents.consents_due(at)]) | (
        sla.overdue_filter(at, clocks.rules()) & ~Q(_only_arrival())
    )
    rows = Referral.objects.filter(late).order_by("urgency", "submitted_at", "id")
    return list(rows.values_list("pk", flat=True))


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
    """Return those of these legs for which a call is due that was not made, in their order; five statements."""
    rules = clocks.rules()
    legs = Referral.objects.filter(pk__in=late).select_related("clock").in_bulk()
    made = calls_made(late)
    planned = first_follow_ups(late)
    awaiting = consents.awaiting(late)
    found = []
    for referral_id in late:
        leg = legs.get(referral_id)
        if leg is None:
            continue
        owed = dues(leg, planned.get(referral_id), rules, consent=referral_id in awaiting)
        if _lacks(leg, owed, made, at, rules):
            found.append(referral_id)
    return found


def _lacks(
    leg: Referral,
    owed: Sequence[Due],
    made: dict[Key, set[Call]],
    at: datetime,
    rules: Rules,
) -> bool:
    return any(
        not made[leg.pk, due.stage.value, due.at].issuperset(
            ladder.calls(due, leg.urgency, at, rules)
        )
        for due in owed
    )


def dues(
    leg: Referral, planned: datetime | None, rules: Rules, *, consent: bool = False
) -> list[Due]:
    """Return what the ladder calls for: the running stage, or the oldest planned follow-up of a return.

    Beside it the consent that an emergency went without, where one is awaited.
    """
    beside = [_consent(leg)] if consent else []
    running = sla.due(leg, rules)
    if running is not None:
        return [running, *beside] if running.stage in CALLED else beside
    if planned is None or leg.status != Status.ARRIVED:
        return beside
    return [Due(Stage.FOLLOW_UP, planned, planned, BY_PLAN), *beside]


def _consent(leg: Referral) -> Due:
    """Return by when the consent to an emergency must be recorded."""
    since, end = leg.submitted_at, consents.due_at(leg)
    assert since is not None
    assert end is not None
    return Due(Stage.CONSENT, since, end, Limit(end - since, Clock.CALENDAR, "consent.toml"))


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
    """Return the overdue legs of alliances that have switched something on, the urgent and the oldest first."""
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
    rows = Referral.objects.filter(wanted & sla.overdue_filter(at, clocks.rules()))
    return list(rows.order_by("urgency", "submitted_at", "id").values_list("pk", flat=True))


def automatic(alliance_id: UUID | None, stage: Stage, *, on: date) -> AutomaticStep | None:
    """Return what an alliance has switched on for a stage, None where it has not."""
    if alliance_id is None:
        return None
    return AutomaticStep.objects.filter(in_force(on), alliance=alliance_id, stage=stage).first()
