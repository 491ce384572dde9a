"""A world whose rows are really committed, and the threads that race over it."""

from collections.abc import Iterator

import pytest

from accounts.permissions import Role
from tests.races.racers import RACERS, Racers, racers
from tests.security.world import Person, World, build, hire


@pytest.fixture
def world(transactional_db: None) -> World:
    """The world with a doctor at both ends of a leg."""
    made = build(relations=())
    for relation in ("sender", "receiver", "former"):
        made.doctor(relation)
    return made


@pytest.fixture
def doctors(world: World) -> list[Person]:
    """Sixteen doctors of the receiver."""
    return [hire(world.facilities["receiver"], Role.HOSPITAL_DOCTOR) for _ in range(RACERS)]


@pytest.fixture
def team(world: World) -> Iterator[Racers]:
    """Sixteen threads, gone before the tables are emptied."""
    with racers() as made:
        yield made
