"""Gives the tests of signing in by a provider the provider, switched on, and a doctor whom it knows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from accounts import identities, oidc
from tests.factories import Person, World
from tests.pages.oidc.simulated import CLIENT, HUSH, PASSWORD, Simulated


@pytest.fixture
def provider(httpserver: HTTPServer, settings: Any) -> Iterator[Simulated]:
    """A provider that is switched on and forgotten afterwards."""
    made = Simulated(httpserver)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = made.issuer, CLIENT
    settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME = HUSH, ""
    settings.OIDC_REAUTHENTICATE = True
    forget()
    yield made
    forget()


def forget() -> None:
    """Let discovery and keys be read anew."""
    oidc._keys.cache_clear()
    oidc._discovered.cache_clear()


@pytest.fixture
def doctor(world: World, provider: Simulated) -> Person:
    """A doctor with a password, linked to the provider's subject."""
    user = world.doctor.user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    identities.link(user, "emp-1001", provider.issuer, by=None, now=timezone.now())
    return world.doctor
