"""Fixtures of scenarios: the regions of China, and the scenario pudong loaded."""

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from scenarios import files, loader


@pytest.fixture
def regions(db: None) -> None:
    call_command("load_reference", verbosity=0)


@pytest.fixture
def pudong(regions: None, settings: Settings, tmp_path: Path) -> files.Scenario:
    """Load scenario pudong; the password file goes to a folder of the test's own."""
    settings.DATA_DIR = tmp_path
    scenario = files.read("pudong")
    loader.load(scenario)
    return scenario
