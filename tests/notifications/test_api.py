"""The REST door of notifications: webhooks, deliveries, receipts, notices, tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import IdempotencyKey
from notifications import worker
from notifications.models import DeliveryTask, OutboxMessage, Subscription, TaskReason
from tests.facilities.factories import make_facility, make_hospital
from tests.factories import Person, make_person
from tests.notifications.helpers import post, queued, subscribe

pytestmark = pytest.mark.django_db

URL = "https://partner.example/hook"


@pytest.fixture(autouse=True)
def _production(settings: Settings) -> None:
    """Addresses are judged as in production."""
    settings.WEBHOOK_ALLOW_PRIVATE = False


@pytest.fixture
def office() -> Person:
    """A referral office that may manage webhooks."""
    return make_person(make_hospital("仁济医院", tier=3), "referral_office")


@pytest.fixture
def other() -> Person:
    """The office of another hospital."""
    return make_person(make_hospital("东方医院", tier=3), "referral_office")


def make_webhook(office: Person, **options: Any) -> Subscription:
    """A webhook of the office's hospital."""
    return subscribe(office.facility.pk, URL, **options)


def test_a_webhook_is_created_and_its_secret_shown_once(office: Person) -> None:
    """201 with the secret; never again."""
    answer = office.api.post("/webhooks/", {"url": URL, "topics": ["referral.*", "episode.closed"]})
    assert answer.status == 201
    assert answer.body["secret"].startswith("whsec_")
    assert (answer.body["url"], answer.body["email"], answer.body["active"]) == (URL, None, True)
    row = Subscription.objects.get()
    assert (row.recipient_id, row.created_by) == (office.facility.pk, office.user.pk)
    assert row.secret == answer.body["secret"]
    for path in ("/webhooks/", f"/webhooks/{row.pk}/", f"/webhooks/{row.pk}/deliveries/"):
        assert "whsec_" not in office.api.get(path).content.decode()


def test_a_replay_creates_nothing_and_shows_no_secret(office: Person) -> None:
    """The answer that is kept for replays holds no secret."""
    first = office.api.post("/webhooks/", {"url": URL}, key="k1")
    again = office.api.post("/webhooks/", {"url": URL}, key="k1")
    assert first.body["secret"]
    assert (again.status, again.body["secret"], again.body["id"]) == (201, None, first.body["id"])
    assert "whsec_" not in (IdempotencyKey.objects.get().body or "")
    assert Subscription.objects.count() == 1


def test_an_email_subscription_has_no_secret(office: Person) -> None:
    """The other remote channel by the same door."""
    answer = office.api.post("/webhooks/", {"email": "office@hospital.example"})
    assert (answer.status, answer.body["channel"], answer.body["secret"]) == (201, "email", None)
    assert answer.body["email"] == "office@hospital.example"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "url"),
        ({"url": URL, "email": "a@b.example"}, 400, "url"),
        ({"url": 5}, 400, "url"),
        ({"url": URL + "x" * 2000}, 400, "url"),
        ({"url": URL, "secret": "whsec_x"}, 400, "secret"),
        ({"url": URL, "active": True}, 400, "active"),
        ({"url": URL, "recipient_id": str(uuid4())}, 400, "recipient_id"),
        ({"url": URL, "topics": []}, 400, "topics"),
        ({"url": URL, "topics": "*"}, 400, "topics"),
        ({"url": URL, "topics": ["*"] * 51}, 400, "topics"),
        ({"url": URL, "topics": ["转诊"]}, 422, "topics"),
        ({"url": URL, "topics": ["referral"]}, 422, "topics"),
        ({"url": URL, "topics": ["*.accepted"]}, 422, "topics"),
        ({"url": "http://partner.example/"}, 422, "url"),
        ({"url": "https://127.0.0.1/"}, 422, "url"),
        ({"url": "https://[::1]/"}, 422, "url"),
        ({"url": "https://169.254.169.254/latest"}, 422, "url"),
        ({"url": "https://partner.example:22/"}, 422, "url"),
        ({"url": "not a url"}, 422, "url"),
        ({"email": "not an address"}, 422, "email"),
        ({"email": "a@b.example\nBcc: c@d.example"}, 422, "email"),
    ],
)
def test_a_bad_body_is_refused_with_its_field(
    office: Person, body: dict[str, Any], status: int, field: str
) -> None:
    """400 or 422, the field named, nothing written."""
    answer = office.api.post("/webhooks/", body)
    assert answer.status == status
    assert any(name.startswith(field) for name in answer.body["errors"])
    assert not Subscription.objects.exists()


def test_there_is_an_upper_limit(office: Person) -> None:
    """Each event is written once for each endpoint."""
    for _ in range(20):
        make_webhook(office)
    answer = office.api.post("/webhooks/", {"url": URL})
    assert (answer.status, answer.code) == (409, "too-many-subscriptions")


@pytest.mark.parametrize(
    "role", ["clinic_doctor", "hospital_doctor", "auditor", "alliance_manager"]
)
def test_who_may_not_manage_webhooks(office: Person, role: str) -> None:
    """403, for reading too: an address tells something."""
    webhook = make_webhook(office)
    person = make_person(office.facility, role)
    assert person.api.get("/webhooks/").status == 403
    assert person.api.post("/webhooks/", {"url": URL}).status == 403
    assert person.api.get(f"/webhooks/{webhook.pk}/").status == 403


def test_not_yours_is_byte_for_byte_not_there(office: Person, other: Person) -> None:
    """Every path below one webhook, by every method."""
    webhook, message = make_webhook(office), queued(make_webhook(office))
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/webhooks/{}/", None),
        ("PATCH", "/webhooks/{}/", {"active": False}),
        ("DELETE", "/webhooks/{}/", None),
        ("GET", "/webhooks/{}/deliveries/", None),
        ("POST", "/webhooks/{}/redeliver/", {"delivery": str(message.pk)}),
        ("POST", "/webhooks/{}/rotate-secret/", {}),
    ]
    for method, path, body in calls:
        theirs = other.api.send(method, path.format(webhook.pk), body=body)
        nowhere = other.api.send(method, path.format(uuid4()), body=body)
        assert (theirs.status, theirs.content) == (404, nowhere.content), (method, path)
    for path in ("/acks/{}/", "/notices/{}/read/", "/delivery-tasks/{}/close/"):
        theirs = other.api.post(path.format(message.pk))
        assert (theirs.status, theirs.content) == (
            404,
            other.api.post(path.format(uuid4())).content,
        )
    webhook.refresh_from_db()
    assert webhook.active


def test_the_list_shows_ones_own_newest_first_by_pages(office: Person, other: Person) -> None:
    """Keyset, no counting."""
    mine = [make_webhook(office).pk for _ in range(5)]
    make_webhook(other)
    first = office.api.get("/webhooks/", {"limit": 2})
    assert first.ids == [mine[4], mine[3]]
    second = office.api.get(first.body["next"])
    assert second.ids == [mine[2], mine[1]]
    assert office.api.get("/webhooks/", {"colour": "red"}).status == 400


def test_a_webhook_is_altered(office: Person) -> None:
    """Topics, requirement of receipts, on and off; on again after 410."""
    webhook = make_webhook(office, active=False, gone_at=timezone.now(), failures=3)
    answer = office.api.patch(
        f"/webhooks/{webhook.pk}/",
        {"topics": ["referral.accepted"], "requires_ack": True, "active": True},
    )
    assert answer.status == 200
    webhook.refresh_from_db()
    assert (webhook.topics, webhook.requires_ack, webhook.active) == (
        ["referral.accepted"],
        True,
        True,
    )
    assert (webhook.gone_at, webhook.failures) == (None, 0)
    assert office.api.patch(f"/webhooks/{webhook.pk}/", {"url": URL}).status == 400
    assert office.api.patch(f"/webhooks/{webhook.pk}/", {"topics": ["?"]}).status == 422


def test_a_removed_webhook_is_gone_with_its_secrets(office: Person) -> None:
    """204, then 404; address and secrets are erased; nothing is sent any more."""
    webhook = make_webhook(office)
    message = queued(webhook)
    assert office.api.send("DELETE", f"/webhooks/{webhook.pk}/").status == 204
    assert office.api.get(f"/webhooks/{webhook.pk}/").status == 404
    assert office.api.send("DELETE", f"/webhooks/{webhook.pk}/").status == 404
    assert office.api.get("/webhooks/").results == []
    webhook.refresh_from_db()
    assert (webhook.address, webhook.secret, webhook.previous_secret) == (None, None, None)
    message.refresh_from_db()
    assert message.state == "dead"
    post(office.facility.pk)
    assert not OutboxMessage.objects.filter(subscription=webhook, state="pending").exists()


def test_a_rotated_secret_signs_beside_the_old_one(office: Person) -> None:
    """New one shown once; the old one for 24 hours more."""
    webhook = make_webhook(office)
    old = webhook.secret
    answer = office.api.post(f"/webhooks/{webhook.pk}/rotate-secret/")
    assert answer.status == 200
    webhook = Subscription.objects.get()
    assert (webhook.secret, webhook.previous_secret) == (answer.body["secret"], old)
    assert answer.body["secret"] != old
    assert webhook.previous_until is not None
    left = webhook.previous_until - timezone.now()
    assert timedelta(hours=23) < left <= timedelta(hours=24)


def test_an_email_subscription_has_nothing_to_rotate(office: Person) -> None:
    """409 with a code."""
    row = subscribe(office.facility.pk, "a@b.example", channel="email", secret=None)
    assert office.api.post(f"/webhooks/{row.pk}/rotate-secret/").code == "no-secret"


@pytest.mark.django_db(transaction=True)
def test_deliveries_show_each_message_with_its_last_attempt(office: Person) -> None:
    """Without what the receiver said."""
    webhook = make_webhook(office)
    Subscription.objects.update(active=False)
    messages = []
    for sequence in (1, 2):
        webhook.active = True
        webhook.save(update_fields=["active"])
        messages.append(queued(webhook, sequence=sequence))
    Subscription.objects.update(active=False)
    worker.drain()
    answer = office.api.get(f"/webhooks/{webhook.pk}/deliveries/", {"limit": 1})
    assert answer.ids == [messages[1].pk]
    (row,) = answer.results
    assert (row["state"], row["next_at"], row["sequence"]) == ("dead", None, 2)
    assert row["last_attempt"]["code"] == "endpoint_off"
    assert office.api.get(answer.body["next"]).ids == [messages[0].pk]


@pytest.mark.django_db(transaction=True)
def test_one_delivery_is_sent_once_more_under_the_same_id(office: Person) -> None:
    """202; the row is due as if new."""
    webhook = make_webhook(office)
    message = queued(webhook)
    OutboxMessage.objects.update(state="done", done_at=timezone.now(), attempts=7, escalate_at=None)
    answer = office.api.post(f"/webhooks/{webhook.pk}/redeliver/", {"delivery": str(message.pk)})
    assert (answer.status, answer.body) == (202, {"queued": 1})
    row = OutboxMessage.objects.get()
    assert (row.pk, row.state, row.attempts, row.done_at) == (message.pk, "pending", 0, None)
    assert row.escalate_at is not None


def test_all_since_a_time_are_sent_once_more(office: Person) -> None:
    """Only settled ones, only of this webhook."""
    webhook = make_webhook(office)
    old, new, pending = (queued(webhook) for _ in range(3))
    OutboxMessage.objects.filter(pk__in=[old.pk, new.pk]).update(state="dead")
    OutboxMessage.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    since = timezone.now() - timedelta(days=1)
    path = f"/webhooks/{webhook.pk}/redeliver/"
    assert office.api.post(path, {"since": since.isoformat()}).body == {"queued": 1}
    assert set(OutboxMessage.objects.filter(state="pending").values_list("pk", flat=True)) == {
        new.pk,
        pending.pk,
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"since": "yesterday"},
        {"delivery": "1"},
        {"all": True},
        {"delivery": str(UUID(int=1)), "since": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_bad_redelivery_is_refused(office: Person, body: dict[str, Any]) -> None:
    """Exactly one of the two."""
    webhook = make_webhook(office)
    assert office.api.post(f"/webhooks/{webhook.pk}/redeliver/", body).status == 400


def test_nothing_is_redelivered_to_a_webhook_that_is_off(office: Person) -> None:
    """409: switch it on first."""
    webhook = make_webhook(office, active=False)
    answer = office.api.post(f"/webhooks/{webhook.pk}/redeliver/", {"delivery": str(uuid4())})
    assert answer.code == "webhook-inactive"


def test_a_receipt_settles_a_message_and_closes_its_tasks(office: Person) -> None:
    """D2: the receiver's own word, given once or many times."""
    message = queued(make_webhook(office, requires_ack=True))
    for holder, side in ((office.facility.pk, "recipient"), (uuid4(), "origin")):
        DeliveryTask.objects.create(
            message=message, holder_id=holder, side=side, reason=TaskReason.UNACKNOWLEDGED
        )
    first = office.api.post(f"/acks/{message.pk}/")
    again = office.api.post(f"/acks/{message.pk}/")
    assert (first.status, first.body) == (200, again.body)
    row = OutboxMessage.objects.get()
    assert (row.state, row.escalate_at) == ("done", None)
    assert row.acked_at is not None
    assert not DeliveryTask.objects.filter(closed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_notices_are_listed_filtered_and_read(office: Person, other: Person) -> None:
    """The in-app inbox, which is also the pull inbox."""
    for sequence in range(3):
        post(office.facility.pk, sequence=sequence, payload={"state": "accepted"})
    worker.drain()
    answer = office.api.get("/notices/", {"unread": "true"})
    assert len(answer.results) == 3
    assert answer.results[0]["data"] == {"state": "accepted"}
    assert other.api.get("/notices/").results == []
    notice = answer.results[1]
    read = office.api.post(f"/notices/{notice['id']}/read/")
    assert read.status == 200
    assert read.body["read_at"] is not None
    assert office.api.post(f"/notices/{notice['id']}/read/").body == read.body
    assert len(office.api.get("/notices/", {"unread": "true"}).results) == 2
    assert office.api.get("/notices/", {"unread": "false"}).ids == [UUID(notice["id"])]
    assert office.api.post(f"/acks/{notice['message_id']}/").status == 200
    assert office.api.get("/notices/", {"unread": "perhaps"}).status == 400


def test_tasks_are_listed_and_closed_by_their_holder(office: Person, other: Person) -> None:
    """Each end has its own."""
    message = queued(make_webhook(office))
    tasks = [
        DeliveryTask.objects.create(
            message=message, holder_id=each.facility.pk, side=side, reason=TaskReason.UNDELIVERED
        )
        for each, side in ((office, "recipient"), (other, "origin"))
    ]
    (row,) = office.api.get("/delivery-tasks/", {"open": "true"}).results
    assert (row["id"], row["side"], row["reason"]) == (str(tasks[0].pk), "recipient", "undelivered")
    assert office.api.post(f"/delivery-tasks/{tasks[1].pk}/close/").status == 404
    closed = office.api.post(f"/delivery-tasks/{tasks[0].pk}/close/")
    assert closed.body["closed_at"] is not None
    assert office.api.get("/delivery-tasks/", {"open": "true"}).results == []
    assert other.api.get("/delivery-tasks/", {"open": "true"}).ids == [tasks[1].pk]


def test_a_body_where_none_is_expected_is_refused(office: Person) -> None:
    """Unknown fields are named, not ignored."""
    webhook = make_webhook(office)
    answer = office.api.post(f"/webhooks/{webhook.pk}/rotate-secret/", {"secret": "mine"})
    assert (answer.status, list(answer.body["errors"])) == (400, ["secret"])


def test_somebody_without_a_post_sees_nothing() -> None:
    """No facility, no rights."""
    person = make_person(make_facility("站", tier=0), "system_admin")
    for path in ("/webhooks/", "/notices/", "/delivery-tasks/"):
        assert person.api.get(path).status == 403
