"""Whether a referral has arrived: the sender sees its way into the hospital's own system, and where it got stuck."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from notifications import escalation
from notifications.models import MessageState, OutboxMessage, Subscription
from tests.factories import World, make_person
from tests.journeys.test_there_and_back import file
from tests.pages.conftest import browser_of, text_of

HOOK = "https://his.example/hook"


def timeline(world: World, leg: str) -> str:
    """Return the timeline as the clinic reads it."""
    text = text_of(browser_of(world.doctor).get(f"/referrals/{leg}/"))
    return text[text.index("时间轴") :]


@pytest.mark.django_db
def test_a_referral_gets_stuck_before_the_hospital_s_system_and_arrives_after_all(
    world: World,
) -> None:
    # Given a hospital whose system hears of referrals and has to acknowledge them
    _ = world.alliance
    system = make_person(world.hospital, Role.INTEGRATOR)
    body = {"url": HOOK, "topics": ["referral.*"], "requires_ack": True}
    made = system.api.post("/webhooks/", body)
    assert made.status == 201, made
    # When the clinic files one, and the system does not answer for a day
    leg = file(world.doctor, world, world.hospital)
    hook = Subscription.objects.get()
    rows = OutboxMessage.objects.filter(subscription=hook)
    late = timezone.now() - timedelta(minutes=1)
    rows.update(attempts=4, next_at=timezone.now() + timedelta(hours=1), escalate_at=late)
    escalation.escalate()
    # Then the clinic reads that people were asked, and finds whom to ring; a stranger reads nothing
    assert "仁济医院：未送达，已请人员处理" in timeline(world, leg)
    assert "请电话联系" in text_of(browser_of(world.doctor).get("/settings/undelivered/"))
    assert browser_of(world.stranger).get(f"/referrals/{leg}/").status_code == 404
    alien = text_of(browser_of(world.stranger).get("/settings/undelivered/"))
    assert "请电话联系" not in alien
    # When the office sends it again and the system takes and acknowledges it
    message = rows.get()
    rows.update(state=MessageState.DEAD)
    address = f"/settings/webhooks/{hook.pk}/again/"
    browser_of(world.office).post(address, {"delivery": str(message.pk), "key": "k"})
    assert rows.get().state == MessageState.PENDING
    assert system.api.post(f"/acks/{message.pk}/").status == 200
    # Then the clinic reads that it is safe there, and no task is left for either end
    assert "仁济医院：其系统已确认收妥" in timeline(world, leg)
    for person in (world.doctor, world.office):
        said = text_of(browser_of(person).get("/settings/undelivered/"))
        assert "全部消息均已送达" in said
