"""Fixtures of the notification tests."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from accounts.ids import uuid7
from notifications import worker
from notifications.channels import registry
from notifications.models import Subscription
from tests.notifications.helpers import Fake, Receiver, subscribe


@pytest.fixture(autouse=True)
def _loopback_receivers(settings: Settings) -> None:
    """Receivers of tests are on this machine, without TLS."""
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def facility() -> UUID:
    """Some recipient."""
    return uuid7()


@pytest.fixture
def hook(transactional_db: None, httpserver: HTTPServer, facility: UUID) -> Subscription:
    """A webhook of `facility` that leads to the receiver."""
    return subscribe(facility, httpserver.url_for("/hook"))


@pytest.fixture
def receiver(httpserver: HTTPServer, hook: Subscription) -> Iterator[Receiver]:
    """The receiver; a request that it cannot verify fails the test."""
    receiver = Receiver(httpserver, lambda: hook.secret or "")
    yield receiver
    httpserver.check_assertions()
    httpserver.check_handler_errors()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Stands in for the webhook channel."""
    fake, real = Fake(), registry.channel
    monkeypatch.setattr(worker, "channel", lambda name: fake if name == "webhook" else real(name))
    return fake
