"""One world for all tests of a module, in a transaction that is rolled back at its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.keeping import kept
from tests.security.objects import Objects
from tests.security.world import ROLES, build


@pytest.fixture(scope="module")
def objects(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[Objects]:
    """The world with everybody in it and an object in each state; each test puts back what it changes."""
    media: Path = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=media), kept(django_db_blocker):
        made = Objects(build(ROLES))
        # Checked once, here. What is deferred inside a savepoint that is rolled back is deferred again, so
        # every test would check the whole world anew.
        connection.check_constraints()
        yield made
