"""What a leg counts as follows what happens to it, and what time alone brings about; building anew changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import scope
from insights.actions import count_changes, rebuild
from insights.models import Change, LegFact, Rollup
from insights.vocabulary import Dim, Grain, Scope
from patients.models import Patient
from referral import actions
from referral.models import FollowUp, Referral
from referral.stages import Clock, Stage
from referral.states import Status, Urgency
from tests.facilities.factories import make_region
from tests.factories import World, as_system

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
ROUNDS = 50


def count(now: datetime | None = None) -> None:
    """Count all changes, and hold that building anew gives the identical tables."""
    moment = now or timezone.now() + LATER
    assert any(not count_changes(now=moment) for _round in range(ROUNDS)), "there is no end to it"
    as_system()
    assert not Change.objects.exists()
    counted = tables()
    list(rebuild(now=moment))
    as_system()
    assert tables() == counted


def tables() -> tuple[list[Any], list[Any]]:
    return (
        list(Rollup.objects.order_by("pk").values()),
        list(LegFact.objects.order_by("pk").values()),
    )


def year(scope_: Scope = Scope.ALL, key: str = "") -> Rollup:
    return Rollup.objects.get(scope=scope_, key=key, dim=Dim.NONE, grain=Grain.YEAR)


def test_a_leg_is_counted_where_it_belongs(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    count()
    assert LegFact.objects.get().id == leg.pk
    for row in (
        year(),
        year(Scope.ALLIANCE, str(leg.alliance_id)),
        year(Scope.FACILITY_SENT, str(leg.from_facility_id)),
        year(Scope.FACILITY_RECEIVED, str(leg.to_facility_id)),
        year(Scope.REGION_SENT, f"{world.region.code[:2]}0000"),
        year(Scope.REGION_RECEIVED, world.region.code[:6]),
    ):
        assert (row.up_submitted, row.up_accepted, row.up_arrived, row.up_completed) == (1, 1, 1, 0)
    assert not Rollup.objects.filter(scope=Scope.FACILITY_SENT, grain=Grain.DAY).exists()


def test_drafts_are_no_facts(world: World) -> None:
    world.at(Status.DRAFT)
    count()
    assert not LegFact.objects.exists()
    assert not Rollup.objects.exists()


def test_what_was_entered_in_error_is_taken_out_again(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    count()
    world.move(leg, "void", world.doctor, note="误登记")
    count()
    assert not LegFact.objects.exists()
    assert not Rollup.objects.exists(), "nothing is left, not even rows of noughts"


def test_a_cancelled_leg_counts_as_cancelled_alone(world: World) -> None:
    world.move(world.at(Status.SUBMITTED), "cancel", world.doctor, reason="duplicate")
    count()
    row = year()
    assert (row.up_cancelled, row.up_submitted) == (1, 0)


def test_a_return_closes_the_loop_of_the_leg_before(world: World) -> None:
    """The change is on the down leg, the number on the up leg."""
    up = world.at(Status.ARRIVED)
    count()
    assert year().up_submitted_returned == 0
    world.start_return(up, submit=True)
    count()
    assert year().up_submitted_returned == 1
    world.move(up, "complete", world.office, outcome="improved")
    count()
    row = year()
    assert (row.up_completed, row.up_closed) == (1, 1)


def test_chronic_diseases_referred_down_are_counted_among_all(world: World) -> None:
    for code in ("I10", "S72.0"):
        world.returning(Status.ACCEPTED, diagnosis_code=code)
    count()
    row = year()
    taken = row.down_accepted_outpatient + row.down_accepted_inpatient
    assert (row.down_accepted_chronic, taken) == (1, 2)


def test_an_answer_becomes_late_by_time_alone(world: World) -> None:
    world.at(Status.SUBMITTED)
    count()
    assert year().up_submitted_late == 0
    turns = LegFact.objects.get().changes_at
    assert turns is not None
    count(turns - TICK)
    assert year().up_submitted_late == 0, "at the limit it is not late yet"
    count(turns)
    assert year().up_submitted_late == 1
    assert LegFact.objects.get().changes_at is None


def test_a_question_stops_the_clock(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    count()
    turns = LegFact.objects.get().changes_at
    assert turns is not None
    world.move(leg, "ask_information", world.office, note="请补充化验")
    count(turns + LATER)
    assert year().up_submitted_late == 0
    assert LegFact.objects.get().changes_at is None


def test_a_contact_is_due_from_its_day_on(world: World) -> None:
    leg = world.returning(Status.ARRIVED)
    day = timezone.localdate() + timedelta(days=3)
    FollowUp.objects.create(
        referral=leg, facility=world.clinic, due_on=day, created_at=timezone.now()
    )
    planned = FollowUp.objects.filter(due_on__lte=day).count()
    count()
    assert sum(row.follow_ups_due for row in _years()) < planned
    count(timezone.now() + timedelta(days=4))
    assert sum(row.follow_ups_due for row in _years()) == planned


def _years() -> list[Rollup]:
    return list(Rollup.objects.filter(scope=Scope.ALL, dim=Dim.NONE, grain=Grain.YEAR))


def test_a_facility_that_moves_takes_its_past_along(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    count()
    before = world.region.code[:6]
    assert year(Scope.REGION_SENT, before).up_submitted == 1
    other = make_region(code="320508")
    assert other.code[:6] != before
    world.clinic.region = other
    world.clinic.save(update_fields=["region"])
    count()
    assert year(Scope.REGION_SENT, other.code[:6]).up_submitted == 1
    assert not Rollup.objects.filter(scope=Scope.REGION_SENT, key=before).exists()
    assert LegFact.objects.get().id == leg.pk


def test_out_of_the_county_follows_where_the_patient_lives(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    count()
    assert year().up_submitted_located == 0
    for region, outside in ((world.region, 0), (make_region(code="320508"), 1)):
        Patient.objects.filter(pk=leg.patient_id).update(region=region)
        count()
        row = year()
        assert (row.up_submitted_located, row.up_submitted_outside) == (1, outside)


def test_a_new_limit_counts_for_the_legs_of_today(world: World) -> None:
    world.at(Status.SUBMITTED)
    count()
    before = LegFact.objects.get().changes_at
    leg = Referral.objects.get()
    scope.enter(world.manager.actor)
    actions.set_limit(
        world.alliance.pk,
        by=world.manager.actor,
        stage=Stage.ANSWER,
        urgency=Urgency(leg.urgency),
        direction=leg.direction,
        minutes=7,
        clock=Clock.CALENDAR,
        source="医联体章程",
    )
    as_system()
    count()
    after = LegFact.objects.get().changes_at
    assert before is not None
    assert after is not None
    assert leg.submitted_at is not None
    assert after == leg.submitted_at + timedelta(minutes=7) + TICK != before


def test_nobody_sees_facts_of_others(world: World) -> None:
    """The base holds it too: facts are guarded as legs are."""
    world.at(Status.SUBMITTED)
    count()
    for who, seen in (
        (world.doctor, 1),
        (world.office, 1),
        (world.manager, 1),
        (world.stranger, 0),
        (world.outsider, 0),
    ):
        as_system()
        actor = who.actor
        scope.enter(actor)
        assert LegFact.objects.count() == seen
    with connection.cursor() as cursor:
        cursor.execute("UPDATE insights_legfact SET late = true")
        assert cursor.rowcount == 0
