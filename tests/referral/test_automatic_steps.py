"""Automatic steps: the system ends or sends on a leg only where its alliance has switched that on."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from facilities.models import Facility
from referral import actions, clocks, ladder, matching, reminders, sla, tasks
from referral.models import AutomaticStep, Referral, Transition, VainStep
from referral.states import Status, Urgency
from tests.facilities.factories import make_department
from tests.factories import World, as_system, reload
from tests.referral.expect import heard, history
from tests.referral.hours import HOUR, SECOND
from tests.referral.test_pauses import MONDAY, question, sent
from tests.referral.test_record_no_show import backdate
from tests.referral.test_reminders import END, MINUTE, remind

SYSTEM: Final = Actor.system()
LONG_AGO: Final = date(2026, 1, 1)


def switched_on(world: World, action: str = "expire", **fields: object) -> AutomaticStep:
    values = {
        "alliance": world.alliance,
        "stage": "answer",
        "action": action,
        "after_steps": 4,
        "starts": LONG_AGO,
        "created_at": MONDAY,
        **fields,
    }
    as_system()
    return AutomaticStep.objects.create(**values)


def step_in(leg: Referral, at: datetime) -> str:
    as_system()
    return actions.step_in(leg.pk, by=SYSTEM, now=at)


def test_nothing_happens_by_itself_where_nobody_switched_it_on(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    switched_on(world, stage="information")
    switched_on(world, starts=LONG_AGO, ends=MONDAY.date())
    remind(leg, END + 90 * MINUTE)
    assert step_in(leg, END + timedelta(days=30)) == ""
    assert reload(leg).status == Status.SUBMITTED


def test_it_expires_once_the_last_call_had_its_time(world: World) -> None:
    switched_on(world)
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    assert step_in(leg, END + timedelta(days=3)) == "", "nobody was called yet"
    called = END + timedelta(days=3)
    remind(leg, called)
    assert step_in(leg, called + 30 * MINUTE - SECOND) == ""
    assert step_in(leg, called + 30 * MINUTE) == "expire"
    after = reload(leg)
    assert after.status == Status.EXPIRED
    assert heard(after, "referral.expired") == {world.clinic.pk, world.hospital.pk}
    move = Transition.objects.get(referral=leg, verb="expire")
    assert (move.by_id, move.facility_id) == (None, None)
    assert step_in(leg, called + 31 * MINUTE) == ""


def test_it_may_come_after_an_earlier_step(world: World) -> None:
    switched_on(world, after_steps=1)
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    remind(leg, END + SECOND)
    assert step_in(leg, END + SECOND + 30 * MINUTE) == "expire"


def test_a_question_that_nobody_answers_expires_only_by_its_own_switch(world: World) -> None:
    switched_on(world)
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    question(world, leg, MONDAY + HOUR, None)
    late = MONDAY + timedelta(days=2)
    remind(leg, late)
    assert step_in(leg, late + HOUR) == ""
    switched_on(world, stage="information")
    assert step_in(leg, late + HOUR) == "expire"


def test_it_is_sent_on_to_the_fallback(world: World) -> None:
    switched_on(world, "redirect", fallback=world.second)
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    remind(leg, END + 90 * MINUTE)
    at = END + 120 * MINUTE
    assert step_in(leg, at) == "redirect"
    assert history(leg)[-1] == "redirect"
    onward = Referral.objects.get(previous=leg)
    assert (onward.to_facility_id, onward.status) == (world.second.pk, Status.SUBMITTED)
    assert onward.submitted_at == at
    assert world.clinic.pk in heard(onward, "referral.submitted") | heard(
        leg, "referral.redirected"
    )
    # The fallback itself is not passed over: there is nobody left to send it to.
    remind(onward, at + timedelta(days=1))
    assert step_in(onward, at + timedelta(days=2)) == ""


def test_it_is_sent_on_to_the_best_match(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the best match is, is a matter of tests/referral/test_matching.py."""
    switched_on(world, "rematch")
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    remind(leg, END + 90 * MINUTE)
    at = END + 120 * MINUTE
    asked: list[Any] = []

    def nowhere(referral: Referral, *, now: datetime) -> None:
        asked.append((referral.pk, now))

    monkeypatch.setattr(matching, "next_best", nowhere)
    assert step_in(leg, at) == ""
    assert asked == [(leg.pk, at)]
    assert reload(leg).status == Status.SUBMITTED
    monkeypatch.undo()
    for hospital in (world.second, world.lead):
        make_department(hospital, code="03.04", name="心血管内科")
    assert step_in(leg, at) == "redirect"
    onward = Referral.objects.get(previous=leg)
    assert onward.to_facility_id in {world.second.pk, world.lead.pk}
    # From there it goes to the third hospital, and never back to one that did not answer.
    remind(onward, at + timedelta(days=1))
    assert step_in(onward, at + timedelta(days=2)) == "redirect"
    last = Referral.objects.get(previous=onward)
    assert {leg.to_facility_id, onward.to_facility_id, last.to_facility_id} == {
        world.hospital.pk,
        world.second.pk,
        world.lead.pk,
    }
    remind(last, at + timedelta(days=3))
    assert step_in(last, at + timedelta(days=4)) == ""


def test_whoever_answers_meanwhile_wins(world: World) -> None:
    switched_on(world)
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    remind(leg, END + 90 * MINUTE)
    world.move(leg, "accept", world.office)
    assert step_in(leg, END + timedelta(days=1)) == ""
    assert reload(leg).status == Status.ACCEPTED


def test_the_sweep_does_it(world: World) -> None:
    switched_on(world, after_steps=1)
    late, other = (world.at(Status.SUBMITTED, urgency=Urgency.URGENT) for _each in range(2))
    for leg in (late, other):
        backdate(leg, submitted_at=timedelta(days=1))
    as_system()
    past = timezone.now() - timedelta(hours=1)
    actions.remind(late.pk, by=SYSTEM, now=past)
    tasks.remind()
    assert reload(late).status == Status.EXPIRED
    assert reload(other).status == Status.SUBMITTED, "it was called this minute only"


def test_nowhere_to_go_is_looked_for_again_only_once_somebody_was_called(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranking costs more than all else in the sweep, which comes each minute and may find the leg for days."""
    switched_on(world, "rematch", after_steps=1)
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    backdate(leg, submitted_at=timedelta(days=1))
    asked: list[UUID] = []

    def nowhere(referral: Referral, *, now: datetime) -> None:
        asked.append(referral.pk)

    monkeypatch.setattr(matching, "next_best", nowhere)
    due = sla.due(reload(leg), clocks.rules())
    assert due is not None
    start = due.at + 90 * MINUTE
    remind(leg, start)

    def sweep(at: datetime) -> int:
        as_system()
        for each in reminders.for_the_system(at):
            step_in(Referral.objects.get(pk=each), at)
        return len(asked)

    # All steps were called for at once; half an hour later the system may act.
    assert sweep(start + 29 * MINUTE) == 0
    assert sweep(start + 30 * MINUTE) == 1
    assert sweep(start + 31 * MINUTE) == sweep(start + 100 * MINUTE) == 1
    # The last step is repeated two hours after it was due, and then there may be somebody.
    again = due.at + 90 * MINUTE + 120 * MINUTE
    assert remind(leg, again)
    assert sweep(again) == 2
    assert sweep(again + MINUTE) == 2
    for hospital in (world.second, world.lead):
        make_department(hospital, code="03.04", name="心血管内科")
    monkeypatch.undo()
    remind(leg, again + 120 * MINUTE)
    sweep(again + 120 * MINUTE)
    assert reload(leg).status == Status.REDIRECTED


def test_what_is_refused_is_tried_again_later_each_time(world: World) -> None:
    """A fallback that has closed refuses in each sweep; nothing of the try stays but that it was made."""
    switched_on(world, "redirect", fallback=world.second, after_steps=1)
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    backdate(leg, submitted_at=timedelta(days=1))
    as_system()
    Facility.objects.filter(pk=world.second.pk).update(is_active=False)
    due = sla.due(reload(leg), clocks.rules())
    assert due is not None
    remind(leg, due.at + MINUTE)
    start = due.at + 31 * MINUTE
    left = history(leg)
    tried = []
    for minute in range(60):
        at = start + minute * MINUTE
        as_system()
        if leg.pk in reminders.for_the_system(at):
            assert step_in(leg, at) == ""
            tried.append(minute)
    assert tried == [0, 2, 6, 14, 30]
    assert history(leg) == left
    row = VainStep.objects.get()
    assert (row.refusals, row.again_at) == (5, start + 62 * MINUTE)
    Facility.objects.filter(pk=world.second.pk).update(is_active=True)
    assert step_in(leg, start + 62 * MINUTE) == "redirect"


@pytest.mark.parametrize(
    ("refusals", "minutes"), [(1, 2), (2, 4), (8, 256), (9, 360), (10, 360), (30_000, 360)]
)
def test_the_wait_doubles_up_to_a_bound(refusals: int, minutes: int) -> None:
    assert ladder.patience(refusals) == minutes * MINUTE


def test_a_vain_try_tells_nobody_anything(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    VainStep.objects.create(referral=leg, at=timezone.now())
    for who, known in ((world.doctor, 1), (world.office, 1), (world.stranger, 0)):
        scope.enter(who.actor)
        assert VainStep.objects.count() == known
        assert VainStep.objects.update(at=timezone.now()) == 0
    as_system()


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "redirect"},
        {"action": "rematch", "stage": "information"},
        {"stage": "result"},
        {"stage": "arrival"},
        {"after_steps": 0},
        {"after_steps": 5},
        {"ends": LONG_AGO - timedelta(days=1)},
    ],
)
def test_what_the_database_refuses(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        switched_on(world, **wrong)


def test_one_switch_at_a_time(world: World) -> None:
    switched_on(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        switched_on(world, starts=date(2026, 2, 1))
