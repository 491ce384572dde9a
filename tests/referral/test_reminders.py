"""Reminders: each step of the ladder once, to the right people, repeated until answered, silent afterwards."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from audit.models import Event
from facilities.actions.reference import load_holidays
from notifications.models import OutboxMessage
from patients.models import Consent
from referral import actions, clocks, ladder, reminders, tasks
from referral.ladder import Call
from referral.models import FollowUp, Referral, Reminder
from referral.stages import Stage
from referral.states import Status, Urgency
from tests.factories import World, as_system
from tests.referral.hours import HOUR, RULES, SECOND, local
from tests.referral.test_pauses import MONDAY, question, sent
from tests.referral.test_record_no_show import backdate

SYSTEM: Final = Actor.system()
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
END: Final = MONDAY + 2 * HOUR


def remind(leg: Referral, at: datetime) -> list[Call]:
    """Let the sweep look at one leg at a moment; return the calls it made."""
    as_system()
    before = set(Reminder.objects.filter(referral=leg).values_list("pk", flat=True))
    number = actions.remind(leg.pk, by=SYSTEM, now=at)
    rows = Reminder.objects.filter(referral=leg).exclude(pk__in=before)
    made = sorted(Call(row.step, row.window) for row in rows)
    assert len(made) == number
    return made


def told(leg: Referral, call: Call, *, stage: str = "answer") -> set[UUID]:
    """Return who was told of a call, after looking at what they were told."""
    rows = OutboxMessage.objects.filter(
        subject=leg.pk, payload__step=call.step, payload__window=call.window
    )
    topic = "referral.overdue" if call.step == 1 else "referral.escalated"
    for row in rows:
        assert row.topic == topic
        assert row.payload["stage"] == stage
        assert row.payload["audience"] == ladder.audiences()[call.step - 1]
        assert row.payload["referral_id"] == str(leg.pk)
    return {row.recipient_id for row in rows}


def test_each_step_at_its_time_and_once(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    assert remind(leg, END) == []
    assert remind(leg, END + SECOND) == [Call(1)]
    assert remind(leg, END + SECOND) == remind(leg, END + 30 * MINUTE - SECOND) == []
    assert remind(leg, END + 30 * MINUTE) == [Call(2)]
    assert remind(leg, END + 60 * MINUTE) == [Call(3)]
    assert remind(leg, END + 90 * MINUTE) == [Call(4)]
    assert remind(leg, END + 210 * MINUTE - SECOND) == []
    assert remind(leg, END + 210 * MINUTE) == [Call(4, 1)]
    assert remind(leg, END + 330 * MINUTE) == [Call(4, 2)]
    assert Event.objects.filter(what="referral.reminded").count() == 6


def test_an_error_over_one_leg_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (sent(world, MONDAY, urgency=Urgency.URGENT) for _leg in range(2))
    whole, depths = actions.remind, []

    def stumbles(leg: UUID, **words: Any) -> int:
        depths.append(len(connection.atomic_blocks))
        if leg == first.pk:
            raise OverflowError("date value out of range")
        return whole(leg, **words)

    monkeypatch.setattr(actions, "remind", stumbles)
    as_system()
    here = len(connection.atomic_blocks)
    assert tasks.remind() > 0
    assert set(Reminder.objects.values_list("referral", flat=True)) == {second.pk}
    assert depths == [here + 1] * 2, (
        "each has a transaction of its own, not one with all of its batch"
    )
    [line] = [row for row in caplog.records if row.levelname == "ERROR"]
    assert (line.verb, line.referral) == ("stumbles", str(first.pk))  # type: ignore[attr-defined]


def test_who_is_called(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    remind(leg, END + 90 * MINUTE)
    both = {world.hospital.pk, world.clinic.pk}
    assert told(leg, Call(1)) == {world.hospital.pk}
    assert told(leg, Call(2)) == told(leg, Call(3)) == both
    assert told(leg, Call(4)) == both | {world.lead.pk}
    steps = OutboxMessage.objects.filter(subject=leg.pk, payload__has_key="step")
    assert {row.priority for row in steps} == {Urgency.URGENT}


def test_after_three_days_each_step_once_and_one_repetition(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    late = END + timedelta(days=3)
    assert remind(leg, late) == [Call(1), Call(2), Call(3), Call(4), Call(4, 35)]
    assert remind(leg, late + HOUR) == []
    assert remind(leg, late + 2 * HOUR) == [Call(4, 36)]


@pytest.mark.parametrize("verb", ["accept", "decline", "cancel", "redirect"])
def test_silence_once_it_is_answered(world: World, verb: str) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    assert remind(leg, END + SECOND) == [Call(1)]
    words: dict[str, dict[str, Any]] = {
        "decline": {"reason": "capacity"},
        "cancel": {"reason": "duplicate"},
        "redirect": {"to_facility_id": world.second.pk} if verb == "redirect" else {},
    }
    by = world.doctor if verb == "cancel" else world.office
    world.move(leg, verb, by, **words.get(verb, {}))
    assert remind(leg, END + timedelta(days=3)) == []


def test_a_routine_leg_calls_nobody_at_night(world: World) -> None:
    load_holidays()
    leg = sent(world, MONDAY)
    assert remind(leg, local("2026-06-03 09:00")) == []
    assert remind(leg, local("2026-06-03 16:59")) == [Call(1), Call(2), Call(3)]
    assert remind(leg, local("2026-06-03 17:00")) == [Call(4)]
    assert remind(leg, local("2026-06-04 08:59")) == []
    assert remind(leg, local("2026-06-04 09:00")) == [Call(4, 1)]
    friday_night = local("2026-06-05 23:00")
    assert remind(leg, friday_night) == [Call(4, 8)]
    assert remind(leg, friday_night + timedelta(days=2)) == []


def test_a_question_calls_the_sender_and_its_answer_begins_anew(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    question(world, leg, MONDAY + HOUR, None)
    assert remind(leg, MONDAY + 3 * HOUR) == []
    assert remind(leg, MONDAY + 3 * HOUR + SECOND) == [Call(1)]
    assert told(leg, Call(1), stage="information") == {world.clinic.pk}
    scope.enter(world.doctor.actor)
    actions.answer(leg.pk, by=world.doctor.actor, note="已补充", now=MONDAY + 4 * HOUR)
    assert remind(leg, MONDAY + 5 * HOUR) == []
    assert remind(leg, MONDAY + 5 * HOUR + SECOND) == [Call(1)]
    stages = Reminder.objects.filter(referral=leg).order_by("sent_at")
    assert list(stages.values_list("stage", "due_at")) == [
        ("information", MONDAY + 3 * HOUR),
        ("answer", MONDAY + 5 * HOUR),
    ]


def test_an_emergency_calls_until_acknowledged(world: World) -> None:
    leg = world.emergency()
    backdate(leg, submitted_at=timedelta(days=1))
    as_system()
    begun = Referral.objects.values_list("submitted_at", flat=True).get(pk=leg.pk)
    assert begun is not None
    end = begun + 15 * MINUTE
    assert remind(leg, end) == []
    assert remind(leg, end + SECOND) == [Call(1)]
    assert remind(leg, end + 15 * MINUTE) == [Call(2), Call(3), Call(4)]
    assert told(leg, Call(4), stage="acknowledge") == {
        world.hospital.pk,
        world.clinic.pk,
        world.lead.pk,
    }
    assert remind(leg, end + 45 * MINUTE) == [Call(4, 1)]
    world.move(leg, "acknowledge", world.office)
    assert remind(leg, end + 5 * HOUR) == []


def test_the_result_is_called_for_once_a_day(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    backdate(leg, arrived_at=timedelta(days=20))
    as_system()
    arrived = Referral.objects.values_list("arrived_at", flat=True).get(pk=leg.pk)
    assert arrived is not None
    end = arrived + timedelta(days=14)
    assert remind(leg, end + SECOND) == [Call(1)]
    assert told(leg, Call(1), stage="result") == {world.hospital.pk, world.clinic.pk}
    assert remind(leg, end + 23 * HOUR) == []
    assert remind(leg, end + 24 * HOUR) == [Call(2)]
    scope.enter(world.office.actor)
    actions.send_message(leg.pk, by=world.office.actor, text="恢复良好")
    assert remind(leg, end + timedelta(days=5)) == []


def test_a_planned_follow_up_is_called_for_after_its_day(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    day = local("2026-06-01 00:00")
    scope.enter(world.doctor.actor)
    planned = actions.plan_follow_up(down.pk, by=world.doctor.actor, due_on=day.date())
    over = day + timedelta(days=1)
    assert remind(down, over) == []
    assert remind(down, over + SECOND) == [Call(1)]
    assert told(down, Call(1), stage="follow_up") == {world.clinic.pk}
    assert remind(down, over + 24 * HOUR) == [Call(2)]
    assert told(down, Call(2), stage="follow_up") == {world.clinic.pk, world.hospital.pk}
    FollowUp.objects.filter(pk=planned.pk).update(done_at=over, method="phone")
    assert remind(down, over + timedelta(days=9)) == []


def test_the_consent_after_an_emergency_is_the_senders_to_record(world: World) -> None:
    leg = without_consent(world)
    assert leg.submitted_at is not None
    end = leg.submitted_at + timedelta(days=1)
    assert remind(leg, end) == []
    assert remind(leg, end + SECOND) == [Call(1)]
    assert remind(leg, end + 72 * HOUR) == [Call(2), Call(3), Call(4)]
    for step in (1, 2, 3):
        assert told(leg, Call(step), stage="consent") == {world.clinic.pk}
    assert told(leg, Call(4), stage="consent") == {world.clinic.pk, world.lead.pk}
    signed = {"given": True, "method": "paper", "given_by": "self"}
    assert world.doctor.api.post(f"/referrals/{leg.pk}/consents/", signed).status == 201
    assert remind(leg, end + timedelta(days=9)) == []


def test_the_sweep_calls_for_a_consent_though_the_leg_has_ended(world: World) -> None:
    leg = without_consent(world)
    world.move(leg, "arrive", world.office)
    world.move(leg, "complete", world.office, outcome="improved", no_return_reason="recovered")
    as_system()
    Consent.objects.filter(patient=leg.patient_id).update(recorded_at=F("recorded_at") - 9 * DAY)
    backdate(leg, submitted_at=DAY - HOUR)
    assert tasks.remind() == 0
    backdate(leg, submitted_at=DAY)
    assert (tasks.remind(), tasks.remind()) == (1, 0)
    as_system()
    assert list(Reminder.objects.values_list("referral_id", "stage")) == [(leg.pk, "consent")]


def without_consent(world: World) -> Referral:
    """Return an acknowledged emergency that was sent against a refusal, and waits for its patient."""
    draft = world.draft(urgency=Urgency.EMERGENCY)
    world.refuse_referral(draft.patient)
    return world.move(world.move(draft, "submit", world.doctor), "acknowledge", world.office)


def test_who_waits_for_a_patient_is_not_called(world: World) -> None:
    """The sweep of no-shows ends these by itself."""
    leg = world.at(Status.ACCEPTED)
    backdate(leg, submitted_at=timedelta(days=30), decided_at=timedelta(days=30))
    assert remind(leg, timezone.now()) == []


def test_the_sweep_finds_what_lacks_a_call(world: World) -> None:
    urgent = [world.at(Status.SUBMITTED, urgency=Urgency.URGENT) for _each in range(3)]
    for leg in urgent[:2]:
        backdate(leg, submitted_at=timedelta(days=3))
    backdate(urgent[2], submitted_at=timedelta(minutes=119))
    result = world.at(Status.ARRIVED)
    backdate(result, arrived_at=timedelta(days=15))
    down = world.returning(Status.ARRIVED)
    scope.enter(world.doctor.actor)
    yesterday = timezone.localdate() - timedelta(days=1)
    actions.plan_follow_up(down.pk, by=world.doctor.actor, due_on=yesterday)
    assert tasks.remind() == 4
    as_system()
    rows = Reminder.objects.order_by("sent_at").values_list("referral_id", "stage")
    assert set(rows) == {
        (urgent[0].pk, "answer"),
        (urgent[1].pk, "answer"),
        (result.pk, "result"),
        (down.pk, "follow_up"),
    }
    assert Reminder.objects.filter(referral=urgent[0]).count() == 5
    assert tasks.remind() == 0


def test_one_leg_that_fails_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    legs = [world.at(Status.SUBMITTED, urgency=Urgency.URGENT) for _each in range(3)]
    for leg in legs:
        backdate(leg, submitted_at=timedelta(hours=2, minutes=1))
    monkeypatch.setattr(tasks, "BATCH", 2)
    assert tasks.remind() == 3
    assert tasks.remind() == 0


def test_every_pace_names_its_source() -> None:
    data = ladder.DATA.read_text(encoding="utf-8")
    assert data.count("[pace.") == 5
    # The wait after a refused step is a threshold as well.
    assert data.count("source = ") == data.count("status = ") == 5 + data.count("[refused_step]")
    assert ladder.audiences() == ("doctors", "office", "duty", "alliance")
    for stage in Stage:
        for urgency in Urgency:
            speed = ladder.pace(stage, urgency)
            assert timedelta() < speed.between <= speed.repeat


def test_what_comes_next(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    found = clocks.rules()
    due = reminders.dues(leg, reminders.Beside.of([leg.pk]), found)[0]
    assert ladder.next_call(set(), due, leg.urgency, MONDAY, RULES) == Call(1)
    assert ladder.next_call({Call(1)}, due, leg.urgency, END + SECOND, RULES) == Call(2)
    late = END + 90 * MINUTE
    four = {Call(step) for step in range(1, 5)}
    assert ladder.next_call(four, due, leg.urgency, late, RULES) == Call(4, 1)
    assert ladder.next_call({Call(1)}, due, leg.urgency, late, RULES) == Call(2)
    assert ladder.time_of(due, Call(4, 1), leg.urgency, RULES) == END + 210 * MINUTE
