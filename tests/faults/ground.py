"""The ground on which fault tests stand: a database and a broker of their own, processes, a receiver, invariants."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from accounts.encryption import seal
from accounts.ids import uuid7
from config.launch import binaries, child, database
from config.launch.valkey import Valkey
from notifications.actions import new_secret
from tests.faults import programs

Process = ForkServerProcess
ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "only-for-tests"
PATIENCE = 20.0
UNWRITTEN = """
SELECT count(*) FROM notifications_outboxmessage m WHERE channel = 'in_app' AND state = 'done'
AND NOT EXISTS (SELECT FROM notifications_notice n WHERE n.outbox_id = m.id)
"""


def on(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def until(done: Callable[[], object], *, seconds: float = PATIENCE, why: str = "") -> None:
    """Wait until something is so; fail after a while."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited {seconds} s in vain: {why}"
        time.sleep(0.03)


def environment(broker: Valkey, name: str) -> dict[str, str]:
    """Where the processes of fault tests find everything."""
    return {
        **os.environ,
        "DATABASE_URL": on(os.environ["DATABASE_URL"], name),
        "DATABASE_OWNER_URL": on(os.environ["DATABASE_OWNER_URL"], name),
        "REDIS_URL": broker.url,
        "DATA_DIR": str(broker.folder),
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }


def fork_server(env: dict[str, str]) -> ForkServerContext:
    """A process that has imported everything and forks the others; started with this environment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.programs"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        forkserver.ensure_running()
    return context


@dataclass
class Ground:
    """Everything a fault test needs; `close` ends every process that it started."""

    broker: Valkey
    name: str
    env: dict[str, str]
    forks: ForkServerContext
    programs: list[Process] = field(default_factory=list)
    services: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where logs go."""
        return self.broker.folder

    def prepare(self) -> None:
        """Clone the migrated template for this test."""
        with self._superuser() as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(self.name)))
            parts = (self.name, os.environ["TEST_TEMPLATE"], database.OWNER)
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            connection.execute(create.format(*map(sql.Identifier, parts)))
            # The server of the tests does not wait for its disk; here a commit is a commit.
            durable = sql.SQL("ALTER DATABASE {} SET synchronous_commit = on")
            connection.execute(durable.format(sql.Identifier(self.name)))

    def _superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(os.environ["TEST_SUPERUSER_URL"], autocommit=True)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the test's database, seen by the superuser."""
        url = on(os.environ["TEST_SUPERUSER_URL"], self.name)
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def _fork(self, target: Callable[..., None], env: dict[str, str], *words: object) -> Process:
        process = self.forks.Process(target=target, args=(env, *words))
        process.start()
        self.programs.append(process)
        return process

    def relay(self, **env: str) -> Process:
        """The delivery without the broker."""
        return self._fork(programs.relay, env)

    def produce(self, hook: Hook, count: int, **env: str) -> Process:
        """A process that changes things and tells of them."""
        return self._fork(programs.produce, env, hook.recipient, count, str(self._log))

    def service(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        """A process with children of its own; it dies with the test."""
        with (self.folder / "services.log").open("ab") as log:
            whole = {**self.env, **env}
            process = child.start([sys.executable, *command], log=log, env=whole, cwd=ROOT)
        self.services.append(process)
        return process

    def celery(self, *more: str, **env: str) -> subprocess.Popen[bytes]:
        """A real Celery worker with its beat; `more` are words of its command."""
        words = ["-m", "celery", "-A", "config.celery", "worker", "--concurrency", "2", "-B"]
        words += ["--without-gossip", "--without-mingle", "-s", str(self.folder / "beat")]
        return self.service(*words, *more, **env)

    def web(self, port: int, **env: str) -> subprocess.Popen[bytes]:
        """The web server with one process that answers, as `make run` starts it."""
        words = ["-m", "granian", "config.wsgi:application", "--interface", "wsgi"]
        words += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        words += ["--blocking-threads", "1", "--log-level", "warning"]
        return self.service(*words, **env)

    def furnish(self) -> dict[str, Any]:
        """A clinic, a hospital and a patient; how to submit a referral by HTTP."""
        return self._furnished(programs.furnish)

    def furnish_numbers(self) -> dict[str, Any]:
        """A hospital with referrals and years of demand; how to ask for its numbers by HTTP."""
        return self._furnished(programs.furnish_numbers)

    def _furnished(self, program: Callable[..., None]) -> dict[str, Any]:
        file = self.folder / "furnished.json"
        answer_of(self._fork(program, {}, str(file)))
        said: dict[str, Any] = json.loads(file.read_text())
        return said

    @property
    def _log(self) -> Path:
        return self.folder / "acked.log"

    def acked(self) -> dict[UUID, float]:
        """What was promised: subject and how many milliseconds it took."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return {UUID(line.split()[0]): float(line.split()[1]) for line in lines}

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill -9 of a service and all its children."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def close(self) -> None:
        """Leave nothing running."""
        for program in self.programs:
            program.kill()
            program.join(10)
        for service in self.services:
            if service.poll() is None:
                self.kill(service)
        self._log.unlink(missing_ok=True)

    def pending(self) -> int:
        """Messages still to be delivered."""
        return int(
            self.ask("SELECT count(*) FROM notifications_outboxmessage WHERE state = 'pending'")[0][
                0
            ]
        )

    def drained(self) -> bool:
        """Whether everything is delivered."""
        return self.pending() == 0


class Hook:
    """A partner of the tests: a subscription and the receiver behind it, which verifies signatures."""

    def __init__(self, ground: Ground, server: HTTPServer) -> None:
        self.ground, self.secret = ground, new_secret()
        self.id, self.recipient = uuid7(), uuid7()
        self.lock = threading.Lock()
        self.received: list[tuple[str, UUID]] = []
        self.delay = 0.0
        server.expect_request("/hook").respond_with_handler(self._receive)
        self.subscribe(server.url_for("/hook"), self.recipient)

    def subscribe(self, url: str, recipient: UUID) -> None:
        """The row, with its secrets sealed as the product does."""
        self.recipient = recipient
        self.ground.ask("DELETE FROM notifications_subscription")
        context = "notifications_subscription.{}:" + str(self.id)
        self.ground.ask(
            "INSERT INTO notifications_subscription (id, recipient_id, channel, address, secret,"
            " topics, requires_ack, active, failures) VALUES"
            " (%s, %s, 'webhook', %s, %s, '{*}', false, true, 0)",
            self.id,
            recipient,
            seal(url, context=context.format("address")),
            seal(self.secret, context=context.format("secret")),
        )

    def _receive(self, request: Request) -> Response:
        body = Verifier(self.secret).verify(request.data, dict(request.headers))
        time.sleep(self.delay)
        with self.lock:
            subject = UUID(body["data"].get("referral_id") or body["data"]["episode_id"])
            self.received.append((request.headers["webhook-id"], subject))
        return Response(status=204)

    def check(self, promised: set[UUID]) -> None:
        """The invariants I1 to I5 and I11 of reliability.md; raises AssertionError."""
        rows = self.ground.ask(
            "SELECT id::text, subject, state, event_id, lease_until FROM"
            " notifications_outboxmessage WHERE subscription_id = %s",
            self.id,
        )
        subjects = Counter(row[1] for row in rows)
        events = Counter(row[3] for row in rows)
        told = {subject for _, subject in self.received}
        assert promised <= set(subjects), "I1: a promised change has no message"
        assert not [event for event, count in events.items() if count != 1], "I2: not one row"
        assert set(subjects) <= told, "I3: a message that nobody received counts as settled"
        assert self.ground.ask(UNWRITTEN) == [(0,)], "I3: a notice that is in no inbox"
        assert {sent for sent, _ in self.received} <= {row[0] for row in rows}, "I4: a phantom"
        ids = Counter(subject for subject, _ in {(s, i) for i, s in self.received})
        per_subject = {s: c for s, c in ids.items() if c != subjects[s]}
        assert not per_subject, "I5: another id on a retry"
        assert {row[2] for row in rows} <= {"done"}, "a message is not settled"
        assert not [row for row in rows if row[4] is not None], "I11: a lease is left"

    def changes_without_message(self) -> set[UUID]:
        """Committed changes of which nobody will ever hear."""
        rows = self.ground.ask(
            "SELECT u.id FROM accounts_user u WHERE NOT EXISTS (SELECT FROM"
            " notifications_outboxmessage m WHERE m.subject = u.id)"
        )
        return {row[0] for row in rows}


def make_broker(folder: Path) -> Valkey:
    """A broker that may be killed."""
    broker = Valkey(folder, binaries.valkey(), durable=False)
    broker.start(password=PASSWORD)
    return broker


def kill_broker(broker: Valkey) -> None:
    """Kill -9."""
    assert broker.process is not None
    broker.process.kill()
    broker.process.wait(10)


def answer_of(process: Process) -> int | None:
    """How a process ended."""
    process.join(PATIENCE)
    return process.exitcode
