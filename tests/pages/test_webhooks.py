"""The addresses that hear of events: added with a secret shown once, changed, watched, sent to again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Role
from audit.models import Event
from notifications.models import (
    Attempt,
    AttemptResult,
    ChannelKind,
    DeliveryTask,
    MessageState,
    OutboxMessage,
    Side,
    Subscription,
    TaskReason,
)
from referral.states import Status
from tests.factories import Person, World, make_person
from tests.notifications.helpers import queued, subscribe
from tests.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
HOME = "/settings/webhooks/"
NEW = {
    "channel": "webhook",
    "address": "https://his.example/hook",
    "topics": ["referral.accepted", "referral.declined"],
    "requires_ack": "on",
    "key": "k",
}


def add(who: Person, **words: Any) -> Any:
    """Send the form of a new address."""
    return browser_of(who).post(HOME, {**NEW, **words}, follow=False)


def deed(who: Person, row: Subscription, what: str, **words: Any) -> Any:
    """Send one of the small forms of an address."""
    return browser_of(who).post(f"{HOME}{row.pk}/{what}/", {"key": str(uuid7()), **words})


def dead(row: Subscription, **options: Any) -> OutboxMessage:
    """Return a message that was given up after one try."""
    message = queued(row, **options)
    OutboxMessage.objects.filter(pk=message.pk).update(state=MessageState.DEAD, attempts=1)
    Attempt.objects.create(
        message_id=message.pk,
        number=1,
        result=AttemptResult.REFUSED,
        code="status",
        status=500,
        milliseconds=123,
    )
    return message


def states(row: Subscription) -> list[str]:
    """Return how the messages of an address stand, oldest first."""
    rows = OutboxMessage.objects.filter(subscription=row).order_by("created_at", "id")
    return list(rows.values_list("state", flat=True))


def test_the_secret_is_shown_once_and_never_again(world: World) -> None:
    answer = add(world.office)
    row = Subscription.objects.get()
    assert row.secret is not None
    assert row.secret in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (row.recipient_id, row.requires_ack) == (world.hospital.pk, True)
    assert row.topics == NEW["topics"]
    again = add(world.office)
    assert again.status_code == 302, "the same form twice is one address"
    assert Subscription.objects.count() == 1
    for address in (HOME, f"{HOME}{row.pk}/"):
        page = browser_of(world.office).get(address)
        assert row.secret not in page.content.decode()
        assert "https://his.example/hook" in text_of(page)
    event = Event.objects.get(what="webhook.added")
    assert (event.actor_id, event.chain) == (world.office.user.pk, world.hospital.pk)
    assert "example" not in str(event.detail)


@pytest.mark.parametrize(
    "address",
    [
        "http://his.example/hook",
        "https://127.0.0.1/",
        "https://[fec0::1]/",
        "https://his.example:22/",
        "javascript:alert(1)",
        "x",
    ],
)
def test_an_address_that_may_not_be_used_is_told_beside_it(
    world: World, settings: Any, address: str
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    answer = add(world.office, address=address)
    assert answer.status_code == 422
    assert "该地址不可使用" in text_of(answer)
    assert not Subscription.objects.exists()


def test_a_form_without_events_is_handed_back_with_what_was_typed(world: World) -> None:
    answer = add(world.office, topics=[])
    assert answer.status_code == 400
    assert "请至少选择一项" in text_of(answer)
    assert "https://his.example/hook" in answer.content.decode()


def test_an_e_mail_address_has_no_secret(world: World) -> None:
    answer = add(world.office, channel="email", address="office@his.example")
    row = Subscription.objects.get()
    assert answer.headers["Location"] == f"{HOME}{row.pk}/"
    assert row.channel == ChannelKind.EMAIL
    assert "更换密钥" not in text_of(browser_of(world.office).get(f"{HOME}{row.pk}/"))
    assert deed(world.office, row, "rotate").status_code == 409


def test_the_twenty_first_address_is_refused(world: World) -> None:
    for number in range(20):
        subscribe(world.hospital.pk, f"https://his.example/{number}")
    answer = add(world.office)
    assert answer.status_code == 409
    assert Subscription.objects.count() == 20


def test_a_new_secret_keeps_the_old_one_for_a_day(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    answer = deed(world.office, row, "rotate")
    made = Subscription.objects.get()
    assert made.secret is not None
    assert made.secret in text_of(answer)
    assert made.previous_secret == row.secret
    assert str(row.secret) not in answer.content.decode()


def test_switching_off_and_on_and_removing(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    assert "已启用" in text_of(browser_of(world.office).get(HOME))
    deed(world.office, row, "pause")
    assert "已停用" in text_of(browser_of(world.office).get(HOME))
    deed(world.office, row, "resume")
    assert Subscription.objects.get().active
    answer = deed(world.office, row, "remove")
    assert "已删除" in text_of(answer)
    removed = Subscription.objects.get()
    assert (removed.address, removed.secret, removed.active) == (None, None, False)
    assert browser_of(world.office).get(f"{HOME}{row.pk}/").status_code == 404
    said = {each.what for each in Event.objects.filter(what__startswith="webhook")}
    assert said == {"webhook.paused", "webhook.resumed", "webhook.removed"}


def test_what_is_sent_is_changed(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook", topics=["*"])
    browser = browser_of(world.office)
    said = text_of(browser.get(f"{HOME}{row.pk}/"))
    assert "全部，含今后新增的事件" in said
    browser.post(f"{HOME}{row.pk}/", {"topics": ["order.*"], "key": "k"})
    changed = Subscription.objects.get()
    assert (changed.topics, changed.requires_ack) == (["order.*"], False)
    assert "检查检验申请的全部事件" in text_of(browser.get(HOME))


def test_deliveries_say_what_became_of_each_try(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    dead(row)
    text = text_of(browser_of(world.office).get(f"{HOME}{row.pk}/"))
    for words in ("已接收", "已停止发送", "尝试 1 次", "对方拒收", "HTTP 500", "123 毫秒"):
        assert words in text, words
    shown = text[text.index("发送记录") : text.index("消息编号")]
    assert not re.findall(r"[a-z]+_[a-z]+|referral\.", shown), "no code on the page"


def test_filters_find_what_was_given_up_and_what_waits(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    queued(row, topic="referral.declined")
    dead(row, topic="referral.accepted")
    browser = browser_of(world.office)

    def found(show: str) -> str:
        text = text_of(browser.get(f"{HOME}{row.pk}/?show={show}"))
        return text[text.rindex("每次最多") :]

    assert "已接收" in found("failed")
    assert "已拒绝" not in found("failed")
    assert "已拒绝" in found("waiting")
    assert "已接收" not in found("waiting")
    assert "已接收" in found("nonsense")


def test_one_is_sent_again_under_the_same_number(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    message = dead(row)
    answer = deed(world.office, row, "again", delivery=str(message.pk))
    assert "1 条消息将重新发送" in text_of(answer)
    [sent] = OutboxMessage.objects.filter(subscription=row)
    assert (sent.pk, sent.state, sent.attempts) == (message.pk, MessageState.PENDING, 0)


def test_all_that_was_given_up_in_a_period_is_sent_again_and_nothing_else(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    old, today, done = dead(row), dead(row), queued(row)
    now = timezone.now()
    OutboxMessage.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=9))
    OutboxMessage.objects.filter(pk=done.pk).update(state=MessageState.DONE, done_at=now)
    on = timezone.localdate(now)
    period = {"first": f"{on - timedelta(days=8)}", "last": f"{on}"}
    answer = deed(world.office, row, "again", **period)
    assert "1 条消息将重新发送" in text_of(answer)
    assert states(row) == ["dead", "pending", "done"]
    assert OutboxMessage.objects.get(pk=today.pk).state == MessageState.PENDING


@pytest.mark.parametrize(
    ("first", "last"), [("2026-02-02", "2026-02-01"), ("2026-01-01", "2026-12-31"), ("", "x")]
)
def test_a_period_that_cannot_be_meant_is_handed_back(world: World, first: str, last: str) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    dead(row)
    assert deed(world.office, row, "again", first=first, last=last).status_code == 400
    assert states(row) == ["dead"]


def test_nothing_is_sent_to_an_address_that_is_off(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    message = dead(row)
    Subscription.objects.update(active=False)
    answer = deed(world.office, row, "again", delivery=str(message.pk))
    assert answer.status_code == 409
    assert "此订阅已停用" in text_of(answer) or "停用" in text_of(answer)
    assert states(row) == ["dead"]


def test_others_find_nothing_and_other_roles_are_refused(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    message = dead(row)
    before = Subscription.objects.get()
    for what in ("pause", "remove", "rotate", "again", "nonsense"):
        not_mine = deed(world.chief, row, what, delivery=str(message.pk))
        assert not_mine.status_code == 404, what
    missing = browser_of(world.chief).get(f"{HOME}{uuid7()}/")
    assert browser_of(world.chief).get(f"{HOME}{row.pk}/").content == missing.content
    assert deed(world.office, row, "nonsense").status_code == 404
    doctor = make_person(world.hospital, Role.HOSPITAL_DOCTOR)
    for who in (doctor, world.auditor, world.manager):
        assert browser_of(who).get(HOME).status_code == 403
        assert deed(who, row, "pause").status_code == 403
    after = Subscription.objects.get()
    assert (after.active, after.secret, states(row)) == (True, before.secret, ["dead"])


def test_another_delivery_of_others_is_not_there(world: World) -> None:
    mine = subscribe(world.hospital.pk, "https://his.example/hook")
    theirs = dead(subscribe(world.clinic.pk, "https://clinic.example/hook"))
    for delivery in (str(theirs.pk), str(uuid7()), "x"):
        assert deed(world.office, mine, "again", delivery=delivery).status_code == 404
    assert OutboxMessage.objects.get(pk=theirs.pk).state == MessageState.DEAD


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_of_an_address_costs_the_same_however_much_was_sent(
    world: World, django_assert_num_queries: Any, number: int
) -> None:
    row = subscribe(world.hospital.pk, "https://his.example/hook")
    for _each in range(number):
        dead(row)
    browser = browser_of(world.office)
    # Transaction, session, user, posts, post with rights, scope; the address, deliveries, attempts.
    with django_assert_num_queries(10):
        browser.client.get(f"{HOME}{row.pk}/")
    with django_assert_num_queries(8):
        browser.client.get(HOME)


def test_hostile_addresses_stay_text(world: World) -> None:
    row = subscribe(world.hospital.pk, "https://a.example/<script>alert(1)</script>")
    for address in (HOME, f"{HOME}{row.pk}/"):
        assert "<script>alert" not in browser_of(world.office).get(address).content.decode()


def task_of(world: World, side: Side, holder: Any) -> DeliveryTask:
    """Return work about a referral's submission that did not reach the hospital."""
    referral = world.at(Status.SUBMITTED)
    message = OutboxMessage.objects.get(subject=referral.pk, recipient_id=world.hospital.pk)
    return DeliveryTask.objects.create(
        message=message, holder_id=holder, side=side, reason=TaskReason.UNDELIVERED
    )


def test_the_sender_is_told_whom_to_ring_and_says_that_it_is_done(world: World) -> None:
    world.hospital.duty_phone = "021-5550 1234"
    world.hospital.save(update_fields=["duty_phone"])
    task = task_of(world, Side.ORIGIN, world.clinic.pk)
    browser = browser_of(world.doctor)
    answer = browser.get("/settings/undelivered/")
    text = text_of(answer)
    assert "发往仁济医院：请电话联系" in text
    assert "021-5550 1234" in text
    assert f"/referrals/{task.message.subject}/" in answer.content.decode()
    done = browser.post(f"/settings/undelivered/{task.pk}/done/", {})
    assert "全部消息均已送达" in text_of(done)
    closed = DeliveryTask.objects.get()
    assert closed.closed_by == world.doctor.user.pk
    assert Event.objects.filter(what="delivery_task.closed").count() == 1
    browser.post(f"/settings/undelivered/{task.pk}/done/", {})
    assert DeliveryTask.objects.get().closed_at == closed.closed_at


def test_the_receiver_is_told_to_mend_its_own(world: World) -> None:
    task_of(world, Side.RECIPIENT, world.hospital.pk)
    text = text_of(browser_of(world.office).get("/settings/undelivered/"))
    assert "发往本机构的地址：请安排修复" in text


def test_a_task_of_others_is_not_there(world: World) -> None:
    task = task_of(world, Side.ORIGIN, world.clinic.pk)
    for who in (world.office, world.stranger):
        assert "全部消息均已送达" in text_of(browser_of(who).get("/settings/undelivered/"))
        done = browser_of(who).post(f"/settings/undelivered/{task.pk}/done/", {})
        assert done.status_code == 404
    assert DeliveryTask.objects.get().closed_at is None


def test_the_list_of_tasks_costs_the_same_however_long(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(world.doctor)
    for _round in range(2):
        task_of(world, Side.ORIGIN, world.clinic.pk)
        with django_assert_num_queries(9):
            browser.client.get("/settings/undelivered/")
