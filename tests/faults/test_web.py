"""kill -9 of the web process between its commit and its answer: the client repeats, and all is there once."""

from __future__ import annotations

import json
import socket
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from pytest_httpserver import HTTPServer

from tests.faults.ground import Ground, Hook, until

pytestmark = pytest.mark.faults


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def submit(port: int, said: dict[str, Any], key: str) -> requests.Response:
    """What a client does: the same key until there is an answer."""
    return requests.post(
        f"http://127.0.0.1:{port}/api/v1/referrals/",
        data=json.dumps(said["body"]),
        headers={
            "Authorization": f"Bearer {said['token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        },
        timeout=10,
    )


def answers(port: int) -> bool:
    """Whether the web process is up."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def test_a_submission_whose_answer_was_lost_is_there_once(
    ground: Ground, hook: Hook, httpserver: HTTPServer
) -> None:
    """Fault 1 and 8: referral, message and audit line exist exactly once, under one key."""
    said = ground.furnish()
    hook.subscribe(httpserver.url_for("/hook"), UUID(said["hospital"]))
    port, key = free_port(), str(uuid4())
    web = ground.web(port, CRASH_AT="after_commit")
    until(lambda: answers(port), why="the web process starts")
    with pytest.raises(requests.ConnectionError):
        submit(port, said, key)
    assert ground.ask("SELECT count(*) FROM referral_referral") == [(1,)]
    ground.kill(web)
    ground.web(port)
    until(lambda: answers(port), why="the web process starts again")
    repeated = submit(port, said, key)
    assert repeated.status_code == 201
    assert repeated.headers["Idempotent-Replay"] == "true"
    rows = ground.ask("SELECT id, status FROM referral_referral")
    assert rows == [(UUID(repeated.json()["id"]), "submitted")]
    ground.relay()
    until(ground.drained, why="the relay delivers")
    hook.check({rows[0][0]})
    assert len(hook.received) == 1
    changes = "SELECT count(*) FROM audit_event WHERE kind = 'change' AND what = 'referral.submit'"
    assert ground.ask(changes) == [(1,)]
