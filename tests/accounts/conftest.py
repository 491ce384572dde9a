"""Gives tests of accounts a world of its own."""

import pytest

from tests.factories import World


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    return World()
