"""Pauses: the time a question takes is given back exactly, and list, filter and detail stay one."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from accounts import scope
from facilities.actions.reference import load_holidays
from referral import actions, clocks, sla
from referral.models import LegClock, Referral, ServiceLimit
from referral.states import Status, Urgency
from tests.factories import World, as_system, reload
from tests.referral.hours import HOUR, RULES, SECOND, local

TICK = timedelta(microseconds=1)
MONDAY = local("2026-06-01 09:00")


def sent(world: World, at: datetime, **fields: object) -> Referral:
    """Return a leg that was submitted at a moment of the past."""
    leg = world.at(Status.SUBMITTED, **fields)
    as_system()
    Referral.objects.filter(pk=leg.pk).update(submitted_at=at)
    return reload(leg)


def question(world: World, leg: Referral, asked: datetime, answered: datetime | None) -> None:
    """Let the receiver ask, and the sender answer, at given moments."""
    scope.enter(world.office.actor)
    actions.ask_information(leg.pk, by=world.office.actor, note="请补充", now=asked)
    if answered is not None:
        scope.enter(world.doctor.actor)
        actions.answer(leg.pk, by=world.doctor.actor, note="已补充", now=answered)


def due(leg: Referral) -> datetime | None:
    return sla.deadline(reload(leg), clocks.rules())


@pytest.mark.parametrize(
    ("urgency", "asked", "answered", "end"),
    [
        # Calendar: 2 h, of which 1 h had run; the question lasts over a night.
        (Urgency.URGENT, "2026-06-01 10:00", "2026-06-02 07:00", "2026-06-02 08:00"),
        # Working: 16 h, 1 h had run; asked Monday 10:00, answered Tuesday 16:00.
        (Urgency.ROUTINE, "2026-06-01 10:00", "2026-06-02 16:00", "2026-06-04 15:00"),
        # Asked and answered at night: nothing is given back, since nothing ran.
        (Urgency.ROUTINE, "2026-06-01 19:00", "2026-06-02 07:00", "2026-06-03 09:00"),
        # Over a weekend only working time counts.
        (Urgency.ROUTINE, "2026-06-01 17:00", "2026-06-08 08:00", "2026-06-09 10:00"),
    ],
)
def test_the_time_is_given_back(
    world: World, urgency: Urgency, asked: str, answered: str, end: str
) -> None:
    load_holidays()
    leg = sent(world, MONDAY, urgency=urgency)
    question(world, leg, local(asked), local(answered))
    assert due(leg) == local(end)
    leg = reload(leg)
    assert not sla.overdue(leg, local(end), RULES)
    assert sla.overdue(leg, local(end) + TICK, RULES)


def test_two_questions_add_up(world: World) -> None:
    load_holidays()
    leg = sent(world, MONDAY)
    plain = due(leg)
    assert plain == local("2026-06-03 09:00")
    question(world, leg, local("2026-06-01 10:00"), local("2026-06-01 12:00"))
    question(world, leg, local("2026-06-01 15:00"), local("2026-06-01 18:00"))
    assert due(leg) == local("2026-06-03 16:00")


def test_a_question_at_the_last_second_saves_the_receiver(world: World) -> None:
    leg = sent(world, MONDAY, urgency=Urgency.URGENT)
    end = MONDAY + 2 * HOUR
    question(world, leg, end - SECOND, end + 100 * HOUR)
    assert due(leg) == end + 100 * HOUR + SECOND


def test_a_leg_that_was_sent_on_pauses_too(world: World) -> None:
    """It begins as submitted, so its question comes a version earlier than that of a draft."""
    first = sent(world, MONDAY, urgency=Urgency.URGENT)
    scope.enter(world.office.actor)
    onward = actions.redirect(
        first.pk, by=world.office.actor, to_facility_id=world.second.pk, now=MONDAY + HOUR
    )
    second = world.second_office.actor
    scope.enter(second)
    actions.ask_information(onward.pk, by=second, note="请补充", now=MONDAY + 2 * HOUR)
    assert due(onward) == MONDAY + 4 * HOUR
    scope.enter(world.doctor.actor)
    actions.answer(onward.pk, by=world.doctor.actor, note="已补充", now=MONDAY + 3 * HOUR)
    assert due(onward) == MONDAY + 4 * HOUR
    [row] = world.second_office.api.get("/referrals/", {"box": "inbox"}).results
    assert datetime.fromisoformat(row["due_at"]) == MONDAY + 4 * HOUR


def test_a_plain_leg_has_no_clock_of_its_own(world: World) -> None:
    leg = world.at(Status.COMPLETED)
    as_system()
    assert not LegClock.objects.filter(referral=leg).exists()


def test_the_report_ends_the_wait_for_the_result(world: World) -> None:
    told, silent, returned = (world.at(Status.ARRIVED) for _each in range(3))
    assert due(told) is not None
    scope.enter(world.doctor.actor)
    actions.send_message(told.pk, by=world.doctor.actor, text="病人情况如何?")
    assert due(told) is not None
    scope.enter(world.office.actor)
    actions.send_message(told.pk, by=world.office.actor, text="恢复良好")
    assert due(told) is None
    draft = world.start_return(returned)
    assert due(returned) is not None
    world.move(draft, "submit", world.office)
    assert due(returned) is None
    assert due(silent) is not None


def _history(world: World, leg: Referral, random: Random) -> None:
    """Ask and answer some times at random moments; the last question may stand open."""
    moment = leg.submitted_at
    assert moment is not None
    for turn in range(random.randrange(4)):
        asked = moment + timedelta(seconds=random.randrange(90_000))
        moment = asked + timedelta(seconds=random.randrange(200_000))
        last = turn == 2 and random.random() < 0.5
        question(world, leg, asked, None if last else moment)
        if last:
            return


def _limits(world: World) -> None:
    for urgency, minutes, clock in (
        (Urgency.ROUTINE, 300, "working"),
        (Urgency.URGENT, 333, "working"),
    ):
        ServiceLimit.objects.create(
            alliance=world.alliance,
            urgency=urgency,
            direction="up",
            stage="answer",
            minutes=minutes,
            clock=clock,
            source="本测试",
            starts=local("2026-02-12 00:00").date(),
            ends=local("2026-02-20 00:00").date(),
            created_at=MONDAY,
        )
    clocks.forget()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_filter_finds_exactly_what_is_overdue(world: World, seed: int) -> None:
    """Random histories around the Spring Festival, looked at in random moments and at every deadline."""
    random = Random(seed)
    load_holidays()
    _limits(world)
    legs: list[UUID] = []
    for _each in range(12):
        begun = local("2026-02-10 00:00") + timedelta(minutes=random.randrange(20_000))
        leg = sent(world, begun, urgency=random.choice([Urgency.URGENT, Urgency.ROUTINE]))
        _history(world, leg, random)
        legs.append(leg.pk)
    as_system()
    rows = list(Referral.objects.filter(pk__in=legs).select_related("clock"))
    rules = clocks.rules()
    ends = [end for row in rows if (end := sla.deadline(row, rules))]
    moments = [end + step for end in ends for step in (-TICK, timedelta(), TICK)]
    moments += [
        local("2026-02-10 00:00") + timedelta(minutes=random.randrange(40_000))
        for _each in range(40)
    ]
    seen = set()
    for moment in moments:
        found = Referral.objects.filter(sla.overdue_filter(moment, rules), pk__in=legs)
        expected = {row.pk for row in rows if sla.overdue(row, moment, rules)}
        assert set(found.values_list("pk", flat=True)) == expected, moment
        seen |= expected
    assert len(ends) >= 10
    assert seen
