"""Runs a whole system for measuring: servers with fsync, web, worker and beat, on data and ports of its own."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from config.launch import child, files, keys, run, servers
from config.launch.database import APP, DATABASE
from config.launch.steps import ROOT, manage, step
from config.launch.trouble import Trouble

FOLDER: Final = ROOT / ".data-bench"
HOST: Final = "127.0.0.1"
EXTENSION: Final = "pg_stat_statements"


@dataclass
class System:
    """What runs, and how to reach it."""

    folder: Path
    env: dict[str, str]
    servers: servers.Servers
    port: int
    services: dict[str, run.Service] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """Where the output of set-up commands goes."""
        return self.folder / "logs" / "setup.log"

    def manage(self, *words: str) -> None:
        """Run a management command; raises Trouble."""
        manage(*words, env=self.env, log=self.log)

    def inside(self, *words: str) -> str:
        """Run `python -m bench.inside …`, which knows the models, and return what it printed."""
        done = child.run([sys.executable, "-m", "bench.inside", *words], cwd=ROOT, env=self.env)
        if done.returncode:
            raise Trouble(f"bench.inside {words[0]} failed:\n{done.stdout}")
        return done.stdout.strip().splitlines()[-1]

    def start(self, *names: str) -> None:
        """Start web, worker or beat, and wait until the system says that it is ready."""
        for name in names:
            self.services[name].start()
        run.wait_until_ready(self.port, [self.services[name] for name in names])

    def stop(self, *names: str) -> None:
        """Stop some of them."""
        for name in names:
            self.services[name].stop()

    def superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection that sees every row and every statement."""
        return psycopg.connect(self.servers.superuser_url(DATABASE), autocommit=True)

    def version(self) -> str:
        """Return the version of PostgreSQL."""
        with self.superuser() as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else "?"

    def pid_of(self, name: str) -> int:
        """Return the process at the root of `web`, `worker`, `beat` or `postgres`."""
        process = (
            self.servers.postgres.process
            if name == "postgres" and self.servers.postgres
            else self.services[name].process
        )
        assert process is not None
        return process.pid


@contextmanager
def running() -> Iterator[System]:
    """Make everything anew, and leave nothing behind."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with kept(FOLDER) as system:
            yield system
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


@contextmanager
def kept(folder: Path) -> Iterator[System]:
    """Run a system on the data of a folder, which stay there."""
    with servers.running(folder, durable=True, given={}) as started:
        system = _prepare(started)
        try:
            yield system
        finally:
            system.stop("beat", "web", "worker")


def _prepare(started: servers.Servers) -> System:
    port = files.free_port()
    env = {
        **os.environ,
        **started.env,
        "DATA_DIR": str(started.folder),
        "PORT": str(port),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "LOG_LEVEL": "WARNING",
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "PYTHONUNBUFFERED": "1",
    }
    logs = started.folder / "logs"
    logs.mkdir(exist_ok=True)
    (started.folder / "static").mkdir(exist_ok=True)
    with step("Preparing the database"):
        _preload(started)
        for words in (["setup_database", "--verbosity", "0"], ["load_reference"]):
            manage(*words, env=env, log=logs / "setup.log")
    programs = run.programs(env, logs, HOST, port)
    system = System(started.folder, env, started, port, {each.name: each for each in programs})
    with system.superuser() as connection:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    return system


def _preload(started: servers.Servers) -> None:
    """Load the statement counter, switched off, and start the database again with it."""
    server = started.postgres
    assert server is not None
    with psycopg.connect(started.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET shared_preload_libraries = '{EXTENSION}'")
        connection.execute(f"ALTER SYSTEM SET {EXTENSION}.track = 'none'")
    port = server.port
    server.stop()
    password = keys.ensure_passwords(started.folder)["POSTGRES_PASSWORD"]
    server.start(password=password, wanted_port=str(port))


@contextmanager
def counting(system: System) -> Iterator[list[tuple[str, int]]]:
    """Count the application's statements during the block; fills the list with (text, calls)."""
    found: list[tuple[str, int]] = []
    with system.superuser() as connection:
        _track(connection, "top")
        connection.execute("SELECT pg_stat_statements_reset()")
        yield found
        rows = connection.execute(
            "SELECT query, calls FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
            " WHERE r.rolname = %s ORDER BY calls DESC",
            [APP],
        ).fetchall()
        _track(connection, "none")
    found += [(str(query), int(str(calls))) for query, calls in rows]


def _track(connection: "psycopg.Connection[tuple[object, ...]]", what: str) -> None:
    connection.execute(f"ALTER SYSTEM SET {EXTENSION}.track = '{what}'")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("SELECT pg_sleep(0.3)")


TRANSACTION_WORDS: Final = (
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET ",
    "DEALLOCATE",
)


def statements_each(found: Sequence[tuple[str, int]], requests: int) -> float:
    """Return how many statements one request took, those that only frame a transaction left out."""
    calls = sum(count for text, count in found if not text.upper().startswith(TRANSACTION_WORDS))
    return calls / requests
