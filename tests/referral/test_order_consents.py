"""The consent that an emergency order was placed without: awaited within 24 hours, called for when late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from audit.models import Event
from notifications.models import OutboxMessage
from patients.models import ConsentPurpose, Patient
from referral import actions, tasks
from referral.actions import order_consents
from referral.models import ExaminationOrder, OrderConsent
from referral.states import Urgency
from tests.factories import Person, World, as_system, consented
from tests.referral.ordering import place, step, words
from tests.referral.raw import run
from tests.referral.test_consents import NO, YES, listed, record

OVERDUE: Final = "order.consent_overdue"
SYSTEM: Final = Actor.system()
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


@pytest.fixture
def unasked(world: World) -> Patient:
    """A patient who was registered, and asked nothing else yet."""
    return world.make_patient(name="周急", consent=consented(ConsentPurpose.REGISTRATION))


def ordered(
    world: World, patient: Patient, *, urgency: int = Urgency.EMERGENCY, ago: timedelta = DAY * 0
) -> ExaminationOrder:
    """Return an order that the clinic's doctor placed some time ago."""
    said = words(world, patient=patient)
    scope.enter(world.doctor.actor)
    order, _earlier = actions.place_order(
        patient.pk,
        by=world.doctor.actor,
        centre_id=said["centre"],
        item=said["examination"],
        question=said["question"],
        urgency=urgency,
        now=timezone.now() - ago,
    )
    as_system()
    return order


def waits(who: Person, **query: str) -> list[str]:
    return [each["order"]["id"] for each in listed(who, "order-consents", **query)]


def calls(order: ExaminationOrder) -> Sequence[tuple[int, int, UUID]]:
    """Return step, window and recipient of every call for the consent to an order, in their order."""
    as_system()
    rows = OutboxMessage.objects.filter(topic=OVERDUE, subject=order.pk).order_by("id")
    return sorted((row.payload["step"], row.payload["window"], row.recipient_id) for row in rows)


def call(order: ExaminationOrder, at: datetime) -> bool:
    as_system()
    return order_consents.call_for(order.pk, by=SYSTEM, now=at)


def test_an_emergency_goes_at_once_and_asks_afterwards(
    world: World, reader: Person, unasked: Patient
) -> None:
    routine = place(world, patient=unasked.pk)
    assert (routine.status, routine.code) == (422, "consent-required")
    answer = place(world, patient=unasked.pk, urgency="emergency")
    assert answer.status == 201, answer
    [line] = listed(world.doctor, "order-consents")
    assert (line["order"]["id"], line["overdue"]) == (answer.body["id"], False)
    made = datetime.fromisoformat(answer.body["ordered_at"])
    assert datetime.fromisoformat(line["due_at"]) == made + timedelta(hours=24)
    assert line["order"]["patient"]["name"] == "周*"
    read = Event.objects.get(what="order.consents", actor_id=world.doctor.user.pk)
    assert read.patient_ids == [unasked.pk]


def test_whoever_consented_is_asked_nothing(world: World, reader: Person) -> None:
    for urgency in ("routine", "emergency"):
        done = place(world, urgency=urgency, duplicate_reason="复查")
        assert done.status == 201, done
    assert waits(world.doctor) == []
    as_system()
    assert not OrderConsent.objects.exists()


@pytest.mark.parametrize("answer", [YES, NO])
def test_any_answer_that_is_recorded_ends_it(
    world: World, reader: Person, unasked: Patient, answer: dict[str, Any]
) -> None:
    order = ordered(world, unasked, ago=DAY + SECOND)
    assert waits(world.doctor) == [str(order.pk)]
    assert record(world.doctor, unasked, answer).status == 201
    assert waits(world.doctor) == []
    assert tasks.call_for_order_consents() == 0
    as_system()
    awaited = OrderConsent.objects.get(order=order)
    assert (awaited.step, awaited.next_at) == (0, None)
    assert awaited.met_at is not None
    assert calls(order) == []


def test_who_is_shown_it(world: World, reader: Person, unasked: Patient) -> None:
    order = ordered(world, unasked)
    assert waits(world.colleague) == [str(order.pk)]
    # Asking the patient is the business of whoever ordered.
    for who in (reader, world.office, world.stranger):
        assert waits(who) == []
    assert world.manager.api.get("/tasks/order-consents/").status == 403
    for who, known in ((world.doctor, 1), (reader, 0), (world.stranger, 0)):
        scope.enter(who.actor)
        assert OrderConsent.objects.count() == known
    as_system()


def test_only_what_is_late_where_that_is_asked_for(
    world: World, reader: Person, unasked: Patient
) -> None:
    ordered(world, unasked, ago=DAY - timedelta(minutes=1))
    assert waits(world.doctor, overdue="true") == []
    other = world.make_patient(name="吴急", consent=consented(ConsentPurpose.REGISTRATION))
    late = ordered(world, other, ago=DAY + SECOND)
    assert waits(world.doctor, overdue="true") == [str(late.pk)]
    assert len(waits(world.doctor)) == 2


def test_the_sweep_calls_once_a_step_then_weekly(
    world: World, reader: Person, unasked: Patient
) -> None:
    order = ordered(world, unasked, ago=DAY + SECOND)
    due = order.ordered_at + DAY
    assert not call(order, due), "not late yet"
    assert (tasks.call_for_order_consents(), tasks.call_for_order_consents()) == (1, 0)
    assert calls(order) == [(1, 0, world.clinic.pk)]
    assert Event.objects.filter(what=OVERDUE, patient_ids=[unasked.pk]).count() == 1
    assert not call(order, due + DAY - SECOND)
    # Who was away is called once for everything that was missed; the last step tells the alliance's lead.
    assert call(order, due + 3 * DAY + SECOND)
    assert [one for one in calls(order) if one[0] > 1] == sorted(
        (4, 0, place) for place in (world.clinic.pk, world.alliance.lead_id)
    )
    assert not call(order, due + 9 * DAY)
    assert call(order, due + 10 * DAY + SECOND)
    assert max(calls(order))[:2] == (4, 1)
    [first] = OutboxMessage.objects.filter(topic=OVERDUE, subject=order.pk, payload__step=1)
    assert "question" not in first.payload


def test_once_the_order_has_ended_each_step_calls_once_at_most(
    world: World, reader: Person, unasked: Patient
) -> None:
    order = ordered(world, unasked, ago=DAY + SECOND)
    assert step(reader, str(order.pk), "report", conclusion="未见异常").status == 200
    due = order.ordered_at + DAY
    assert call(order, due + 4 * DAY)
    assert not call(order, due + 100 * DAY)
    as_system()
    assert OrderConsent.objects.get(order=order).next_at is None
    assert waits(world.doctor) == [str(order.pk)], "the duty stays"


def test_nobody_meets_it_past_the_sweep(world: World, reader: Person, unasked: Patient) -> None:
    order = ordered(world, unasked)
    scope.enter(world.doctor.actor)
    assert (
        run("UPDATE referral_orderconsent SET next_at = NULL WHERE order_id = %s", [order.pk]) == 0
    )
    scope.enter(reader.actor)
    with pytest.raises(DatabaseError):
        run(
            'INSERT INTO referral_orderconsent (order_id, due_at, step, "window") '
            "VALUES (%s, now(), 0, 0)",
            [order.pk],
        )
