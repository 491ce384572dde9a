"""The e-mail channel: what it says, what it never says, which errors are permanent."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from notifications import worker
from notifications.channels.contract import DeliveryError, Endpoint
from notifications.channels.email import Email
from notifications.models import OutboxMessage
from tests.notifications.helpers import post, subscribe
from tests.notifications.hooks import message


def to(address: str) -> Any:
    """A message for an e-mail address."""
    sent = message()
    return replace(sent, endpoint=Endpoint(id=uuid4(), address=address))


def test_the_mail_says_only_that_there_is_something(settings: Settings) -> None:
    """Two languages, no ids, no state, no name; the address of the sign-in."""
    settings.PUBLIC_URL = "https://referral.example"
    sent = to("office@hospital.example")
    Email().send(sent, deadline=2)
    (letter,) = mail.outbox
    whole = f"{letter.subject} {letter.body}"
    assert letter.to == ["office@hospital.example"]
    assert "https://referral.example" in letter.body
    assert "sign in" in letter.body
    assert not any(str(value) in whole for value in sent.payload.values())
    assert not any(str(each) in whole for each in (sent.id, sent.subject, sent.recipient_id))
    assert len(letter.subject.splitlines()) == 1


def test_each_retry_carries_the_same_message_id() -> None:
    """A mail server can tell it is the same."""
    sent = to("office@hospital.example")
    for _ in range(2):
        Email().send(sent, deadline=2)
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert str(sent.id) in first.extra_headers["Message-ID"]


@pytest.mark.parametrize(
    ("error", "code", "permanent"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")}), "recipient_refused", True),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"busy")}), "recipient_refused", False),
        (smtplib.SMTPServerDisconnected(), "mail_server", False),
        (ConnectionRefusedError(), "mail_server", False),
        (TimeoutError(), "mail_server", False),
    ],
)
def test_errors_say_whether_trying_again_helps(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, permanent: bool
) -> None:
    """A field of the exception."""

    def fail(*_: Any, **__: Any) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    with pytest.raises(DeliveryError) as raised:
        Email().send(to("a@b.example"), deadline=2)
    assert (raised.value.code, raised.value.permanent) == (code, permanent)


def test_without_an_address_it_is_permanent() -> None:
    """Nobody to write to."""
    with pytest.raises(DeliveryError) as raised:
        Email().send(to(""), deadline=2)
    assert raised.value.permanent


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_gets_the_mail() -> None:
    """Through outbox and worker."""
    recipient = uuid4()
    subscribe(recipient, "office@hospital.example", channel="email", secret=None)
    post(recipient)
    worker.drain()
    assert len(mail.outbox) == 1
    assert not OutboxMessage.objects.exclude(state="done").exists()
