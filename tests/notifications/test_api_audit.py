"""What somebody sets up by REST stands in the trail as what the pages set up, and in the same transaction."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from audit.models import Event
from notifications.models import DeliveryTask, Side, TaskReason
from tests.factories import Person
from tests.notifications.helpers import queued, subscribe
from tests.notifications.test_api import URL, office, other

__all__ = ["office", "other"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False


def told(by: Person) -> list[tuple[str, list[str]]]:
    rows = Event.objects.filter(chain=by.facility.pk, actor_id=by.user.pk).order_by("seq")
    return [(row.what, row.detail.get("fields", [])) for row in rows]


def test_each_change_of_a_webhook_is_a_line(office: Person) -> None:
    made = office.api.post("/webhooks/", {"url": URL, "topics": ["referral.*"]}).body["id"]
    path = f"/webhooks/{made}/"
    office.api.patch(path, {"topics": ["*"]})
    office.api.patch(path, {"active": False})
    office.api.patch(path, {"active": True, "requires_ack": True})
    office.api.post(f"{path}rotate-secret/")
    office.api.post(f"{path}redeliver/", {"since": "2026-01-01T00:00:00Z"})
    assert office.api.send("DELETE", path).status == 204
    assert told(office) == [
        ("webhook.added", ["address", "topics", "requires_ack"]),
        ("webhook.changed", ["topics"]),
        ("webhook.paused", []),
        ("webhook.changed", ["requires_ack"]),
        ("webhook.resumed", []),
        ("webhook.secret_rotated", ["secret"]),
        ("webhook.sent_again", []),
        ("webhook.removed", []),
    ]
    assert URL not in str(list(Event.objects.values_list("detail", flat=True)))


def test_what_is_refused_or_only_read_is_no_change(office: Person, other: Person) -> None:
    row = subscribe(office.facility.pk, URL)
    path = f"/webhooks/{row.pk}/"
    refused: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/webhooks/", {"url": "http://127.0.0.1/", "topics": ["*"]}),
        ("PATCH", path, {"topics": ["no topic"]}),
    ]
    for method, address, body in refused:
        assert office.api.send(method, address, body=body).status in {400, 422}
    office.api.get(path)
    office.api.get(f"{path}deliveries/")
    for method, address in (("PATCH", path), ("DELETE", path), ("POST", f"{path}rotate-secret/")):
        words = {"active": False} if method == "PATCH" else {}
        assert other.api.send(method, address, body=words).status == 404
    assert told(office) == []
    assert told(other) == [("object.refused", [])] * 3


def test_a_repeated_key_is_one_line(office: Person) -> None:
    body = {"url": URL, "topics": ["*"]}
    for _turn in range(2):
        assert office.api.post("/webhooks/", body, key="one-key").status == 201
    assert [what for what, _fields in told(office)] == ["webhook.added"]


def test_a_closed_task_is_a_line(office: Person, other: Person) -> None:
    message = queued(subscribe(office.facility.pk, URL))
    task = DeliveryTask.objects.create(
        message=message,
        holder_id=office.facility.pk,
        side=Side.RECIPIENT,
        reason=TaskReason.UNDELIVERED,
    )
    assert other.api.post(f"/delivery-tasks/{task.pk}/close/").status == 404
    assert office.api.post(f"/delivery-tasks/{task.pk}/close/").status == 200
    assert told(office) == [("delivery_task.closed", [])]
    assert told(other) == [("object.refused", [])]
