"""The timeline says who was told of a move and how it was received, to those whom the leg concerns."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from notifications import actions as notices
from notifications import worker
from notifications.models import DeliveryTask, MessageState, Notice, OutboxMessage, Side, TaskReason
from referral.models import Referral
from referral.states import Status
from tests.factories import Person, World, as_system, make_person
from tests.notifications.helpers import subscribe
from tests.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


def page(world: World, who: Person, referral: Referral) -> str:
    """Return the timeline as somebody reads it."""
    text = text_of(browser_of(who).get(f"/referrals/{referral.pk}/"))
    return text[text.index("时间轴") :]


def the_message(referral: Referral, person: Person, **wanted: object) -> OutboxMessage:
    """Return the one message about a leg to the person's facility."""
    return OutboxMessage.objects.get(subject=referral.pk, recipient_id=person.facility.pk, **wanted)


def delivered(message: OutboxMessage) -> None:
    """Write the notice of an in-app message, as the worker does."""
    now = timezone.now()
    OutboxMessage.objects.filter(pk=message.pk).update(state=MessageState.DONE, done_at=now)
    Notice.objects.create(
        outbox=message,
        recipient_id=message.recipient_id,
        topic=message.topic,
        payload={},
        subject=message.subject,
        sequence=message.sequence,
        priority=message.priority,
    )


def test_a_notice_goes_from_on_its_way_to_delivered_to_seen(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    message = the_message(referral, world.office)
    assert "仁济医院：发送中" in page(world, world.doctor, referral)
    delivered(message)
    assert "仁济医院：已送达" in page(world, world.doctor, referral)
    assert Notice.objects.get().read_at is None, "the sender's look is none of the receiver's"
    browser_of(world.office).get(f"/referrals/{referral.pk}/")
    notice = Notice.objects.get()
    assert notice.read_by == world.office.user.pk
    assert "仁济医院：已查看" in page(world, world.doctor, referral)
    first = notice.read_at
    browser_of(make_person(world.hospital, Role.HOSPITAL_DOCTOR)).get(f"/referrals/{referral.pk}/")
    assert Notice.objects.get().read_at == first, "the first look counts"
    assert Notice.objects.get().read_by == world.office.user.pk


def test_the_look_beside_the_list_counts_as_a_look(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    delivered(the_message(referral, world.office))
    quick = {"HX-Request": "true", "HX-Target": f"quick-{referral.pk}"}
    browser_of(world.office).client.get(f"/referrals/{referral.pk}/", headers=quick)
    as_system()
    assert Notice.objects.get().read_by == world.office.user.pk


def test_whoever_acts_without_a_look_has_acted(world: World) -> None:
    referral = world.at(Status.ACCEPTED)
    text = page(world, world.doctor, referral)
    assert "仁济医院：已处理" in text
    theirs = page(world, world.office, referral)
    assert "塘桥社区卫生服务中心：发送中" in theirs, "of the acceptance the clinic is told"


def test_trouble_is_told_and_so_is_its_end(world: World) -> None:
    point = subscribe(world.hospital.pk, "https://his.example/hook", requires_ack=True)
    referral = world.at(Status.SUBMITTED)
    delivered(the_message(referral, world.office, channel="in_app"))
    message = the_message(referral, world.office, subscription=point)
    rows = OutboxMessage.objects.filter(pk=message.pk)
    rows.update(attempts=3, next_at=timezone.now() + timedelta(minutes=5))
    text = page(world, world.doctor, referral)
    assert "仁济医院：未送达，仍在重试" in text
    assert "https" not in text, "whose system where, is the receiver's own"
    task = DeliveryTask.objects.create(
        message=message,
        holder_id=world.clinic.pk,
        side=Side.ORIGIN,
        reason=TaskReason.UNDELIVERED,
    )
    assert "仁济医院：未送达，已请人员处理" in page(world, world.doctor, referral)
    rows.update(state=MessageState.DONE, done_at=timezone.now())
    DeliveryTask.objects.filter(pk=task.pk).update(closed_at=timezone.now())
    text = page(world, world.doctor, referral)
    assert "仁济医院：已送达" in text
    assert "其系统尚未确认" in text
    receiver = make_person(world.hospital, Role.INTEGRATOR)
    notices.acknowledge(message.pk, by=receiver.actor)
    text = page(world, world.doctor, referral)
    assert "仁济医院：其系统已确认收妥" in text
    rows.update(state=MessageState.DEAD, done_at=None, acked_at=None)
    assert "仁济医院：已送达" in page(world, world.doctor, referral), "by the other way"


def test_both_ends_see_it_and_nobody_else(world: World) -> None:
    referral = world.at(Status.ACCEPTED)
    for person in (world.doctor, world.office):
        assert "本系统内" in page(world, person, referral)
    assert "本系统内" not in page(world, world.manager, referral)
    assert browser_of(world.stranger).get(f"/referrals/{referral.pk}/").status_code == 404


def test_a_manager_of_the_alliance_marks_nothing_as_seen(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    delivered(the_message(referral, world.office))
    browser_of(world.manager).get(f"/referrals/{referral.pk}/")
    assert Notice.objects.get().read_at is None


def test_what_the_sender_did_inside_stays_inside(world: World) -> None:
    """The review is no line of the receiver's timeline, and neither is who was told of it."""
    draft = world.draft()
    world.move(draft, "request_review", world.doctor)
    world.move(draft, "approve", world.chief)
    assert "送审" not in page(world, world.office, draft)


def test_all_receipts_cost_one_statement(world: World) -> None:
    referral = world.at(Status.COMPLETED)
    browser = browser_of(world.doctor)
    for _round in range(2):
        with CaptureQueriesContext(connection) as captured:
            browser.client.get(f"/referrals/{referral.pk}/")
        as_system()
        about = [q for q in captured.captured_queries if "notifications_" in q["sql"]]
        assert len(about) == 1, "the messages, and no update where nothing is unread"
        for each in range(5):
            subscribe(world.clinic.pk, f"https://his.example/{each}")


@pytest.mark.django_db(transaction=True)
def test_the_worker_s_own_notice_is_shown() -> None:
    world = World()
    with transaction.atomic():
        referral = world.at(Status.SUBMITTED)
    worker.drain(seconds=5)
    client = Client()
    client.force_login(world.doctor.user)
    assert "仁济医院：已送达" in text_of(client.get(f"/referrals/{referral.pk}/"))
