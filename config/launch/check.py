"""`make check`: every rule that can be held without running the tests, each a named step."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from config.launch import child, database, servers
from config.launch.steps import ROOT

_DATABASE = "check"
_ENVIRONMENT = {"PUBLIC_URL": "https://referral.example", "LOG_LEVEL": "ERROR", "DEBUG": "false"}
_PYTHON = [sys.executable, "-m"]
_DEPLOY = ["--deploy", "--tag", "security", "--fail-level", "WARNING"]
_NOWHERE = ["--file", os.devnull]
_MANAGE = [sys.executable, "-W", "ignore", "manage.py"]


def check() -> int:
    """Run all steps, also after a failure; return 0 when every one passed."""
    folder = servers.passing(Path(os.environ.get("CHECK_DATA_DIR") or ROOT / ".data-check"))
    with servers.running(folder, durable=False, given={}) as running:
        env = {**os.environ, **running.env, **_ENVIRONMENT, "DATA_DIR": str(folder)}
        env |= _empty_database(running)
        failed = [name for name, command in _steps() if not _passes(name, command, env)]
    print(
        f"{len(failed)} of {len(_steps())} steps failed: {', '.join(failed)}"
        if failed
        else "All checks passed."
    )
    return 1 if failed else 0


def _empty_database(running: servers.Servers) -> dict[str, str]:
    """Return the addresses of a database that holds nothing yet, in place of the last check's."""
    with psycopg.connect(running.superuser_url("postgres"), autocommit=True) as connection:
        database.drop(connection, _DATABASE)
        database.create(connection, _DATABASE)
    names = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {name: database.on(running.env[name], _DATABASE) for name in names}


def _steps() -> list[tuple[str, list[str]]]:
    """Return name and command of each step, the quick ones first."""
    return [
        ("ruff check", [*_PYTHON, "ruff", "check", "."]),
        ("ruff format", [*_PYTHON, "ruff", "format", "--check", "."]),
        ("import contracts", [str(Path(sys.executable).with_name("lint-imports"))]),
        ("templates (djlint)", [*_PYTHON, "djlint", "templates", "--lint", "--quiet"]),
        ("migrate an empty database", [*_MANAGE, "setup_database", "--verbosity", "0"]),
        ("no missing migration", [*_MANAGE, "makemigrations", "--check", "--dry-run"]),
        ("no unsafe migration", [*_MANAGE, "check_migrations"]),
        ("Django's own checks", [*_MANAGE, "check", "--fail-level", "WARNING"]),
        ("safe to deploy", [*_MANAGE, "check", *_DEPLOY]),
        ("OpenAPI document", [*_MANAGE, "spectacular", "--validate", "--fail-on-warn", *_NOWHERE]),
        ("translations complete", [*_MANAGE, "check_translations"]),
        ("links of documents", [*_PYTHON, "config.launch.links"]),
        ("mypy --strict", [*_PYTHON, "mypy", "."]),
    ]


def _passes(name: str, command: list[str], env: Mapping[str, str]) -> bool:
    begun = time.monotonic()
    print(f"- {name} …", end="", flush=True)
    done = child.run(command, cwd=ROOT, env=env)
    passed = done.returncode == 0
    print(f" {'ok' if passed else 'FAILED'} ({time.monotonic() - begun:.1f} s)", flush=True)
    if not passed:
        print(done.stdout.strip()[-12_000:], flush=True)
    return passed
