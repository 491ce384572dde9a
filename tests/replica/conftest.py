"""A real streaming replica of the tests' own PostgreSQL, and the settings that lead to it."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from accounts import replica
from accounts.databases import REPLICA
from config import databases
from config.launch import binaries, child, database
from config.launch.postgres import Postgres

PATIENCE = 20.0


@dataclass
class Standby:
    """A server that replays what the tests' server writes."""

    server: Postgres
    password: str
    name: str

    def url(self, url: str) -> str:
        """Return the same role's address of this server."""
        parts = urlsplit(url)
        netloc = f"{parts.username}:{parts.password}@127.0.0.1:{self.server.port}"
        return parts._replace(netloc=netloc).geturl()

    def ask(self, statement: str) -> Any:
        """Return the first value that the superuser is told by this server."""
        url = self.url(os.environ["TEST_OWN_SUPERUSER_URL"])
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return row and row[0]

    def pause(self) -> None:
        """Let it receive, and replay nothing; returns once it has stopped."""
        self.catch_up()
        self.ask("SELECT pg_wal_replay_pause()")
        self._wait("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        """Let it go on, and wait until it has everything."""
        self.ask("SELECT pg_wal_replay_resume()")
        self.catch_up()

    def catch_up(self) -> None:
        """Wait until it has replayed what the tests' server has written."""
        with psycopg.connect(os.environ["TEST_OWN_SUPERUSER_URL"], autocommit=True) as primary:
            row = primary.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        assert row is not None
        self._wait(f"SELECT pg_last_wal_replay_lsn() >= '{row[0]}'")

    def _wait(self, question: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.ask(question):
            assert time.monotonic() < end, question
            time.sleep(0.02)

    def start(self) -> None:
        """Start it, at its old port if it had one."""
        port = str(self.server.port) if self.server.port else None
        self.server.start(password=self.password, wanted_port=port)

    def stop(self) -> None:
        """End it; whoever is connected is cut off."""
        self.server.stop()


def _copied(folder: Path) -> Standby:
    """Copy the tests' server while it runs, as an operator does."""
    superuser = os.environ["TEST_OWN_SUPERUSER_URL"]
    identity = child.unprivileged()
    server = Postgres(folder, binaries.postgres(), durable=False, identity=identity)
    programs = server._readable_programs()
    server.data.mkdir(mode=0o700)
    identity.own(server.data)
    words = [str(programs / "pg_basebackup"), "-D", str(server.data), "-R", "-X", "stream"]
    words += ["-c", "fast", "--no-sync", "-d", database.on(superuser, "postgres")]
    done = child.run(words, identity=identity)
    assert done.returncode == 0, done.stdout
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    parts = urlsplit(superuser)
    return Standby(server, str(parts.password), parts.path.lstrip("/"))


@pytest.fixture(scope="session")
def standby(django_db_setup: None) -> Iterator[Standby]:
    """A replica for all tests of this worker."""
    name = sql.Identifier(urlsplit(os.environ["TEST_OWN_SUPERUSER_URL"]).path.lstrip("/"))
    folder = Path(tempfile.mkdtemp(prefix="referral-replica-"))
    folder.chmod(0o755)
    with psycopg.connect(os.environ["TEST_OWN_SUPERUSER_URL"], autocommit=True) as primary:
        # The tests' server acknowledges before it has written; here a commit is a commit.
        primary.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))
        # A checkpoint between the copy and its log would take away what the copy still asks for.
        primary.execute("ALTER SYSTEM SET wal_keep_size = '1GB'")
        primary.execute("SELECT pg_reload_conf()")
        made = _copied(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)
            primary.execute("ALTER SYSTEM RESET wal_keep_size")
            primary.execute("SELECT pg_reload_conf()")
            primary.execute(sql.SQL("ALTER DATABASE {} RESET synchronous_commit").format(name))


@pytest.fixture
def replicated(
    transactional_db: None,
    standby: Standby,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Standby]:
    """A system with a replica, as DATABASE_REPLICA_URL makes it; the replica has everything and runs."""
    # The guard of Django's tests knows only the databases that were there when it was set.
    real = django_db_blocker._real_ensure_connection
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", real)
    connections["default"].close()
    entry = databases.replica(standby.url(os.environ["DATABASE_URL"]))
    entries = connections.configure_settings({"default": {}, REPLICA: entry})
    monkeypatch.setitem(connections.settings, REPLICA, entries[REPLICA])
    settings.DATABASE_ROUTERS = ["accounts.databases.Router"]
    settings.REPLICA_LAG = 3600
    monkeypatch.setattr(replica, "watch", replica.Watch())
    standby.catch_up()
    yield standby
    standby.resume()
    connections[REPLICA].close()
    del connections[REPLICA]
    connections["default"].close()
