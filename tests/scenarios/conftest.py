"""Fixtures of scenarios: the regions of China, and the scenario pudong loaded."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from scenarios import files, loader
from tests.keeping import kept


@pytest.fixture
def regions(db: None) -> None:
    call_command("load_reference", verbosity=0)


@pytest.fixture(scope="module")
def _loaded(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[files.Scenario]:
    """Load the scenario once for a module, in a transaction that is rolled back at its end."""
    folder = tmp_path_factory.mktemp("data")
    with override_settings(DATA_DIR=folder), kept(django_db_blocker):
        call_command("load_reference", verbosity=0)
        scenario = files.read("pudong")
        loader.load(scenario)
        yield scenario


@pytest.fixture
def pudong(_loaded: files.Scenario) -> Iterator[files.Scenario]:
    """The scenario as it was loaded; what the test changes is undone."""
    with transaction.atomic():
        yield _loaded
        transaction.set_rollback(True)
