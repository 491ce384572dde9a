"""The webhook channel against receivers of every temper: signatures, deadlines, what is kept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError
from werkzeug import Request, Response

from accounts.ids import uuid7
from notifications import worker
from notifications.actions import new_secret
from notifications.channels.contract import DeliveryError, Endpoint, Message
from notifications.channels.webhook.sending import Webhook, body, signed
from notifications.models import Attempt, OutboxMessage, Subscription
from tests.notifications.helpers import make_due, queued
from tests.notifications.hooks import SECRET, message, send

# Signatures


@pytest.mark.parametrize(
    ("secret", "identifier", "timestamp", "text", "expected"),
    [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            '{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_plJ3nmyCDGBKInavdOK15jsl",
            "msg_loFOjxBNrRLzqYUf",
            1731705121,
            '{"event_type":"ping","data":{"success":true}}',
            "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        ),
    ],
)
def test_published_vectors(
    secret: str, identifier: str, timestamp: int, text: str, expected: str
) -> None:
    """Those of the specification and of its first implementation."""
    made = Verifier(secret).sign(identifier, datetime.fromtimestamp(timestamp, UTC), text)
    assert made == expected


def headers(
    sent: Message, *, shift: float = 0, text: str | None = None
) -> tuple[str, dict[str, str]]:
    """Body and headers as a receiver gets them, `shift` seconds off."""
    assert sent.endpoint is not None
    text = text or body(sent)
    return text, signed(sent, sent.endpoint, text, sent.now() + timedelta(seconds=shift))


@pytest.mark.parametrize(
    ("shift", "good"), [(0, True), (-298, True), (298, True), (-302, False), (302, False)]
)
def test_a_receiver_tolerates_five_minutes(shift: float, good: bool) -> None:
    """The library's window."""
    text, made = headers(message(), shift=shift)
    if good:
        assert Verifier(SECRET).verify(text, made)["seq"] == 4
    else:
        with pytest.raises(WebhookVerificationError):
            Verifier(SECRET).verify(text, made)


def test_a_signature_of_one_endpoint_does_not_fit_another() -> None:
    """Nor another body, nor another id."""
    text, made = headers(message())
    for secret, changed, header in (
        (new_secret(), text, made),
        (SECRET, text + " ", made),
        (SECRET, text, {**made, "webhook-id": str(uuid7())}),
        (SECRET, text, {**made, "webhook-timestamp": str(int(made["webhook-timestamp"]) + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(changed, header)


def test_during_a_rotation_both_secrets_verify() -> None:
    """One header, two signatures."""
    old, new = new_secret(), new_secret()
    text, made = headers(message("", new, old))
    assert len(made["webhook-signature"].split()) == 2
    for secret in (old, new):
        Verifier(secret).verify(text, made)


def test_the_body_is_thin_and_the_same_on_each_try() -> None:
    """type, id, seq, timestamp, data: byte for byte, whatever the attempt."""
    first = message()
    later = replace(first, attempts=7, claimed_at=first.claimed_at + timedelta(days=2))
    assert body(first) == body(later)
    assert len(body(first)) < 1000
    assert "." not in str(first.id), "an id with a dot could be confused with what is signed"


# Answers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(httpserver: HTTPServer, settings: Settings, status: int) -> None:
    """And the answer is kept as length and hash only."""
    httpserver.expect_request("/hook").respond_with_data(
        b"" if status == 204 else b"thanks", status
    )
    receipt = send(httpserver.url_for("/hook"))
    expected = b"" if status == 204 else b"thanks"
    assert (receipt.status, receipt.answer_length) == (status, len(expected))
    assert receipt.answer_hash == hashlib.sha256(expected).digest()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_nobody_follows(httpserver: HTTPServer, status: int) -> None:
    """No request at the target; the secret's signature goes nowhere else."""
    httpserver.expect_request("/hook").respond_with_data(
        b"x" * 100, status, headers={"Location": httpserver.url_for("/target")}
    )
    error = send(httpserver.url_for("/hook"))
    assert (error.code, error.permanent, error.receipt.status) == ("redirect", False, status)
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
def test_other_answers_are_tried_again(httpserver: HTTPServer, status: int) -> None:
    """A receiver's mistake may be mended."""
    httpserver.expect_request("/hook").respond_with_data(b"no", status)
    error = send(httpserver.url_for("/hook"))
    assert (error.permanent, error.gone, error.receipt.status) == (False, False, status)


def test_410_is_permanent_and_gone(httpserver: HTTPServer) -> None:
    """The one answer that switches off."""
    httpserver.expect_request("/hook").respond_with_data(b"", 410)
    error = send(httpserver.url_for("/hook"))
    assert (error.permanent, error.gone) == (True, True)


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "120", 120),
        (503, "7", 7),
        (429, "999999999", 86_400),
        (429, "soon", None),
        (429, "", None),
        (429, "-5", None),
        (500, "120", None),
    ],
)
def test_retry_after(
    httpserver: HTTPServer, status: int, header: str, expected: float | None
) -> None:
    """Seconds, at most a day, only where it means something."""
    httpserver.expect_request("/hook").respond_with_data(
        b"", status, headers={"Retry-After": header}
    )
    assert send(httpserver.url_for("/hook")).retry_after == expected


def test_retry_after_as_a_date(httpserver: HTTPServer) -> None:
    """The other form of the header."""
    until = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    httpserver.expect_request("/hook").respond_with_data(b"", 503, headers={"Retry-After": until})
    assert 80 < send(httpserver.url_for("/hook")).retry_after < 91


def test_nothing_of_the_environment_is_used(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy, no netrc."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    httpserver.expect_request("/hook").respond_with_data(b"", 200)
    assert send(httpserver.url_for("/hook")).status == 200


def test_without_an_address_or_a_secret_nothing_is_sent() -> None:
    """Permanent: only a person can mend it."""
    for broken in (
        replace(message(), endpoint=None),
        message(""),
        replace(message(), endpoint=Endpoint(id=uuid7(), address="http://127.0.0.1/")),
    ):
        with pytest.raises(DeliveryError) as error:
            Webhook().send(broken, deadline=1)
        assert error.value.permanent


def test_an_address_that_has_become_forbidden_is_not_sent_to(settings: Settings) -> None:
    """Created in development, sent in production."""
    settings.WEBHOOK_ALLOW_PRIVATE = False
    error = send("http://127.0.0.1:1/hook")
    assert (error.code, error.permanent) == ("address_not_https", True)


# Through the worker


@pytest.mark.django_db(transaction=True)
def test_what_a_receiver_says_is_never_stored(httpserver: HTTPServer, hook: Subscription) -> None:
    """A canary in the answer is nowhere in the database."""
    httpserver.expect_request("/hook").respond_with_data(
        b"CANARY-BODY", 500, headers={"X-Canary": "CANARY-HEADER"}
    )
    queued(hook)
    worker.drain()
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.answer_length) == (500, 11)
    with connection.cursor() as cursor:
        for table in ("outboxmessage", "attempt", "subscription", "deliverytask", "notice"):
            cursor.execute(
                f"SELECT count(*) FROM notifications_{table} t WHERE t::text LIKE '%CANARY%'"
            )
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_each_retry_has_the_same_id_and_body(httpserver: HTTPServer, hook: Subscription) -> None:
    """The receiver can tell it is the same message."""
    seen: list[tuple[str, bytes]] = []

    def handler(request: Request) -> Response:
        seen.append((request.headers["webhook-id"], request.data))
        return Response(status=500 if len(seen) < 4 else 204)

    httpserver.expect_request("/hook").respond_with_handler(handler)
    sent = queued(hook)
    for _ in range(4):
        worker.drain()
        make_due()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert seen[0][0] == str(sent.id)
    assert OutboxMessage.objects.get().state == "done"
