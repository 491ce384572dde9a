"""Pytest plugin: real servers on a data directory of their own, one template database, one clone a worker.

Loaded by `-p tests.servers` before pytest-django reads the settings, so that these see the addresses.
The template is migrated while the workers collect: they wait for it before their first test.
"""

import gc
import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config import translations
from config.launch import database
from config.launch.servers import Servers, passing, running
from config.launch.trouble import Trouble
from tests import bytecode

ROOT = Path(__file__).resolve().parent.parent
_STACK = ExitStack()
SUPERUSER = "TEST_SUPERUSER_URL"
OWN_SUPERUSER = "TEST_OWN_SUPERUSER_URL"
TEMPLATE = "TEST_TEMPLATE"
# Any number: held in the server's own database while the template is being made.
_MAKING = 5_108_204_418
# What decides the schema: when none of it changed since the last run, the template database is still good.
_SCHEMA_SOURCES = (
    "tests/servers.py",
    "*/migrations/*.py",
    "accounts/management/commands/setup_database.py",
    "config/settings.py",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Start the servers once, in the process that the person started; give every worker its addresses.

    What is loaded and collected from here on stays until the end: nothing of it needs to be looked through
    for garbage (tests/conftest.py takes that up again).
    """
    gc.disable()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _start()
    _use_own_addresses(worker())
    return (yield)


def worker() -> str:
    """Return the name of this process among those that test."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session", autouse=True)
def _own_database(request: pytest.FixtureRequest) -> None:
    """Wait for the template, and clone it for this worker; without one no test of any worker runs."""
    name = f"test_{worker()}"
    template = os.environ[TEMPLATE]
    with superuser() as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [_MAKING])
        if not _is_there(connection, template):
            trouble = _trouble_file().read_text(encoding="utf-8")
            request.session.shouldstop = trouble
            pytest.fail(trouble, pytrace=False)
        database.drop(connection, name)
        database.create(connection, name, template=template)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors: each waits for the database a third of its time."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Let whoever has nothing left to do take from the others, unless another way was asked for.

    As tests are dealt out otherwise, the last worker ends a minute after the others.
    """
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "worksteal"


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _STACK.close()


def _start() -> None:
    # Whoever wants no bytecode beside the sources still gets it from a test run: without, every worker and
    # every program that a test starts would compile everything anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    compilers = bytecode.start()
    servers = _first_free_directory()
    os.environ.update(servers.env)
    os.environ[SUPERUSER] = servers.superuser_url("postgres")
    os.environ["DATA_DIR"] = str(servers.folder)
    os.environ["PUBLIC_URL"] = "http://testserver"
    os.environ["EMAIL_URL"] = "memorymail://"
    os.environ["LOG_LEVEL"] = "WARNING"
    (servers.folder / "static").mkdir(exist_ok=True)
    _begin_template()
    translations.compile_all(ROOT)
    for each in compilers:
        each.wait()


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


def _begin_template() -> None:
    """Begin to make the template database, unless one with this schema is there already."""
    digest = hashlib.sha256()
    for pattern in _SCHEMA_SOURCES:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    name = os.environ[TEMPLATE] = f"template_{digest.hexdigest()[:16]}"
    connection = _STACK.enter_context(superuser())
    if _is_there(connection, name):
        return
    # Taken here and now, so that nobody can look before the making has begun.
    connection.execute("SELECT pg_advisory_lock(%s)", [_MAKING])
    pool = _STACK.enter_context(ThreadPoolExecutor(1))
    pool.submit(_build_template, connection, name)


def _is_there(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _trouble_file() -> Path:
    return Path(os.environ["DATA_DIR"], "template-trouble.txt")


def _build_template(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    """Migrate a template database as the owner, then let everybody who waits have it."""
    try:
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
    except (psycopg.Error, pytest.UsageError) as error:
        # Whoever waits finds no template, and says why.
        _trouble_file().write_text(str(error), encoding="utf-8")
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_MAKING])


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


def _use_own_addresses(worker: str) -> None:
    """Point the settings at the database that this worker will have, and at a broker database of its own."""
    name = f"test_{worker}"
    for key in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[key] = database.on(os.environ[key], name)
    number = int(worker[2:]) + 1 if worker.startswith("gw") else 0
    os.environ["REDIS_URL"] = database.on(os.environ["REDIS_URL"], str(number % 64))
    os.environ[OWN_SUPERUSER] = database.on(os.environ[SUPERUSER], name)


def superuser() -> "psycopg.Connection[tuple[object, ...]]":
    """Return a connection that may make and drop databases."""
    return psycopg.connect(os.environ[SUPERUSER], autocommit=True)
