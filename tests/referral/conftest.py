"""Gives tests of the workflow the people that only some of them need."""

import pytest

from tests.factories import Person, World
from tests.referral.ordering import make_reader


@pytest.fixture
def reader(world: World) -> Person:
    """Return a doctor of the third-party centre, which has a CT and a laboratory."""
    return make_reader(world)
