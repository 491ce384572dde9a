"""Keeps a second database for each process, in which the world of most tests stands already.

Half of a short test's time went into making the same alliance, people and patient anew. They are made once,
committed, and each test that asks for the plain `world` begins its transaction beside them; any other test
has the empty database. Copies of the objects are handed out, so that a test may change them.
"""

from __future__ import annotations

import copy
import os
import pickle
from typing import Any, Final

import pytest
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config.launch import database
from tests.factories import World, as_system
from tests.servers import TEMPLATE, superuser, worker

# What nearly every story needs. More would stand in the way of tests that count what there is.
STANDS: Final = ("region", "clinic", "hospital", "lead", "alliance", "doctor", "office", "patient")
# A test that asks for this fixture finds the world standing.
FIXTURE: Final = "standing"
_COMMITS: Final = {"transactional_db", "django_db_reset_sequences", "live_server"}


class Standing:
    """The two databases of this process, and the world that stands in one of them."""

    def __init__(self) -> None:
        """Know nothing yet; the first test comes before its databases."""
        self._wanted = False
        self._places: dict[bool, BaseDatabaseWrapper] = {}
        self._world = b""

    def choose(self, item: pytest.Item) -> None:
        """Let the coming test have the database that it expects; one that commits has the empty one.

        Where the tests of a module share a transaction, all of them stay with it.
        """
        if connections["default"].in_atomic_block:
            return
        names = set(getattr(item, "fixturenames", ()))
        mark = item.get_closest_marker("django_db")
        commits = bool(names & _COMMITS) or bool(mark and mark.kwargs.get("transaction"))
        self._wanted = FIXTURE in names and not commits
        self._turn()

    def world(self) -> World:
        """Return the world that stands, or where the database is empty one that is yet to be made."""
        return pickle.loads(self._world) if self._wanted else World()

    def build(self) -> None:
        """Make the second database, and the world in it."""
        name = f"test_{worker()}_standing"
        with superuser() as connection:
            database.drop(connection, name)
            database.create(connection, name, template=os.environ[TEMPLATE])
        empty: Any = connections["default"]
        second = connections.create_connection("default")
        second.settings_dict = {**copy.deepcopy(empty.settings_dict), "NAME": name}
        self._places = {False: empty, True: second}
        connections["default"] = second
        with transaction.atomic():
            self._world = _made()
        self._turn()

    def close(self) -> None:
        """Leave the second database."""
        self._places[True].close()
        connections["default"] = self._places[False]

    def _turn(self) -> None:
        if self._places:
            connections["default"] = self._places[self._wanted]


def _made() -> bytes:
    world = World()
    as_system()
    for name in STANDS:
        getattr(world, name)
    return pickle.dumps(world)


STANDING: Final = Standing()
