"""The rules themselves are switched on: numbers, contracts and warnings as the floor plan says."""

import re

from tests.architecture.floors import CONTRACTS, PROJECT, ROOT, floor_of


def test_house_numbers_are_set() -> None:
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] <= 8
    assert lint["pylint"]["max-statements"] <= 30
    assert {"C90", "PLR0915", "TID", "FIX"} <= set(lint["select"])
    assert {"django.db.models.signals", "django.dispatch"} <= set(
        lint["flake8-tidy-imports"]["banned-api"]
    )
    assert PROJECT["tool"]["mypy"]["strict"] is True


def test_the_three_contracts_cover_every_app() -> None:
    assert set(CONTRACTS) == {"floors", "rooms", "outbox"}
    there = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert there <= set(floor_of())
    assert there - {"config"} <= set(CONTRACTS["rooms"]["containers"])


def test_ci_calls_the_same_two_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"make --no-print-directory (\S+) VENV", script) == [
        "install-dev",
        "check",
        "test",
    ]


def test_warnings_are_errors() -> None:
    assert PROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"
