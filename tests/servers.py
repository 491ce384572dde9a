"""Pytest plugin: real servers on a data directory of their own, one template database, one clone a worker.

Loaded by `-p tests.servers` before pytest-django reads the settings, so that these see the addresses.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config import translations
from config.launch import database
from config.launch.servers import Servers, passing, running
from config.launch.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
_STACK = ExitStack()
SUPERUSER = "TEST_SUPERUSER_URL"
OWN_SUPERUSER = "TEST_OWN_SUPERUSER_URL"
_TEMPLATE = "TEST_TEMPLATE"
# What decides the schema: when none of it changed since the last run, the template database is still good.
_SCHEMA_SOURCES = (
    "tests/servers.py",
    "*/migrations/*.py",
    "accounts/management/commands/setup_database.py",
    "config/settings.py",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Start the servers once, in the process that the person started; give every worker its database."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _start()
    _use_own_database(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    return (yield)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors: each waits for the database a third of its time."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _STACK.close()


def _start() -> None:
    servers = _first_free_directory()
    os.environ.update(servers.env)
    os.environ[SUPERUSER] = servers.superuser_url("postgres")
    os.environ["DATA_DIR"] = str(servers.folder)
    os.environ["PUBLIC_URL"] = "http://testserver"
    os.environ["EMAIL_URL"] = "memorymail://"
    os.environ["LOG_LEVEL"] = "WARNING"
    (servers.folder / "static").mkdir(exist_ok=True)
    translations.compile_all(ROOT)
    os.environ[_TEMPLATE] = _build_template()


def _first_free_directory() -> Servers:
    """Take .data-test, or .data-test-2 and so on when other runs hold the earlier ones."""
    base = os.environ.get("TEST_DATA_DIR") or str(ROOT / ".data-test")
    given: dict[str, str] = {}
    for suffix in ("", "-2", "-3", "-4", "-5", "-6", "-7", "-8"):
        try:
            return _STACK.enter_context(
                running(passing(Path(base + suffix)), durable=False, given=given)
            )
        except Trouble as trouble:
            if "Another start" not in str(trouble):
                raise pytest.UsageError(str(trouble)) from None
    raise pytest.UsageError(
        "Eight other test runs hold all data directories: wait for one of them."
    )


def _build_template() -> str:
    """Migrate a template database as the owner, unless one with this schema is there already."""
    digest = hashlib.sha256()
    for pattern in _SCHEMA_SOURCES:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    name = f"template_{digest.hexdigest()[:16]}"
    with _superuser() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        for (old,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'"
        ).fetchall():
            database.drop(connection, str(old))
        draft = f"draft_{name}"
        database.drop(connection, draft)
        database.create(connection, draft, template="template0")
        _migrate(draft)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(draft), sql.Identifier(name)
        )
        connection.execute(rename)
    return name


def _migrate(name: str) -> None:
    addresses = {
        key: database.on(os.environ[key], name) for key in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    command = [
        sys.executable,
        "-W",
        "ignore",
        str(ROOT / "manage.py"),
        "setup_database",
        "--verbosity",
        "0",
    ]
    done = subprocess.run(
        command, env={**os.environ, **addresses}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise pytest.UsageError(
            f"The test database could not be migrated:\n{done.stdout}{done.stderr}"
        )
    # Tests that look at plans gather statistics first.
    with psycopg.connect(database.on(os.environ[SUPERUSER], name), autocommit=True) as connection:
        if connection.info.server_version >= 170_000:
            role = sql.Identifier(database.APP)
            connection.execute(
                sql.SQL("GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {}").format(role)
            )


def _use_own_database(worker: str) -> None:
    """Clone the template for this worker and point the settings at it and at a broker database of its own."""
    name = f"test_{worker}"
    with _superuser() as connection:
        database.drop(connection, name)
        database.create(connection, name, template=os.environ[_TEMPLATE])
    for key in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[key] = database.on(os.environ[key], name)
    number = int(worker[2:]) + 1 if worker.startswith("gw") else 0
    os.environ["REDIS_URL"] = database.on(os.environ["REDIS_URL"], str(number % 64))
    os.environ[OWN_SUPERUSER] = database.on(os.environ[SUPERUSER], name)


def _superuser() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(os.environ[SUPERUSER], autocommit=True)
