"""What is too long for a request, through web, broker and worker: asked for, computed, told, though one is killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import pytest
import requests

from insights.actions.jobs import LEASE
from insights.actions.volumes import MOST_TRIES
from tests.faults.ground import Ground, until
from tests.faults.poison import NAME as POISON
from tests.faults.test_web import answers, free_port

pytestmark = pytest.mark.faults
# A forecast fits its model for seconds, while others of these tests may want the processors.
PATIENCE: Final = 60.0
BEGUN: Final = "SELECT tries FROM insights_volumefile WHERE name = %s"
LEFT: Final = "UPDATE insights_volumefile SET leased_until = now() WHERE name = %s"
OVER: Final = "UPDATE insights_whatif SET leased_until = leased_until - %s WHERE state = 'waiting'"


@dataclass(frozen=True)
class Client:
    """Somebody's REST door over HTTP."""

    port: int
    token: str

    def ask(self, method: str, path: str, status: int, **words: Any) -> requests.Response:
        """Send a request, and expect how it is answered."""
        answer = requests.request(
            method,
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())},
            timeout=20,
            **words,
        )
        assert answer.status_code == status, answer.text
        return answer

    def post(self, path: str, body: dict[str, Any], status: int = 202) -> dict[str, Any]:
        """Post JSON."""
        found: dict[str, Any] = self.ask("POST", path, status, json=body).json()
        return found

    def get(self, path: str) -> dict[str, Any]:
        """Read JSON."""
        found: dict[str, Any] = self.ask("GET", path, 200).json()
        return found

    def over(self, path: str, states: str = "waiting running") -> dict[str, Any]:
        """Return what came of something, once it neither waits nor runs."""
        until(
            lambda: self.get(path)["state"] not in states.split(),
            seconds=PATIENCE,
            why=f"{path} is over",
        )
        return self.get(path)


@pytest.fixture
def said(ground: Ground) -> dict[str, Any]:
    """How to ask."""
    return ground.furnish_numbers()


@pytest.fixture
def office(ground: Ground, said: dict[str, Any]) -> Client:
    """The office of the hospital, at a web process."""
    port = free_port()
    ground.web(port)
    until(lambda: answers(port), why="the web process starts")
    return Client(port, said["token"])


def test_whatever_is_asked_for_comes_though_a_worker_dies(
    ground: Ground, office: Client, said: dict[str, Any]
) -> None:
    """A what-if whose worker is killed in the middle; rows, a forecast and a large file of figures by the next one."""
    tried = {"department": said["department"], "kind": "places", "number": -2}
    run = f"/what-ifs/{office.post('/what-ifs/', tried)['id']}/"
    worker = ground.celery()
    held = "SELECT leased_until FROM insights_whatif WHERE tries = 1"
    until(lambda: any(at for (at,) in ground.ask(held)), why="a worker has it in hand")
    ground.kill(worker)
    assert office.get(run)["state"] == "waiting", "it died before the end"
    # The next worker leaves it and all that is to be computed until the lease is over, and does the rest.
    ground.celery()
    until(lambda: counted(office) == 2, seconds=PATIENCE, why="what was accepted is counted")
    rows = {"kind": "rows", "format": "csv", "indicator": "acceptance-rate", "part": "numerator"}
    export = f"/exports/{office.post('/exports/', rows)['id']}/"
    sent = send(office, said, "figures.csv")
    office.post("/forecasts/", {})
    assert office.over(export)["state"] == "done"
    content = office.ask("GET", f"{export}file/", 200).content.decode("utf-8-sig")
    assert len(content.splitlines()) - 1 == counted(office)
    imported = office.over(sent)
    assert (imported["state"], imported["counts"]["created"]) == ("imported", said["lines"])
    assert office.get(run)["state"] == "waiting"
    ground.ask(OVER, LEASE)
    told = office.over(run)
    assert (told["state"], len(told["departments"])) == ("done", 1)
    assert all(row["present"]["mean"] is not None for row in told["whole"][:3])
    assert ground.ask("SELECT tries FROM insights_whatif") == [(2,)]
    forecast = office.over("/forecasts/")
    assert (forecast["state"], len(forecast["methods"])) == ("done", 2)


def test_a_file_that_ends_every_worker_is_refused_after_three(
    ground: Ground, office: Client, said: dict[str, Any]
) -> None:
    """Each try ends its process for good; the worker starts another, and the file behind it is imported meanwhile."""
    ground.celery("-I", "tests.faults.poison")
    poison = send(office, said, POISON)
    until(lambda: ground.ask(BEGUN, POISON) == [(1,)], seconds=PATIENCE, why="it is begun")
    behind = office.over(send(office, said, "figures.csv"))
    assert (behind["state"], behind["counts"]["created"]) == ("imported", said["lines"])
    for tries in range(2, MOST_TRIES + 1):
        ground.ask(LEFT, POISON)
        until(
            lambda tries=tries: ground.ask(BEGUN, POISON) == [(tries,)],  # type: ignore[misc]
            seconds=PATIENCE,
            why=f"try {tries} is begun",
        )
    assert office.get(poison)["state"] == "waiting", "the last one has time to end"
    ground.ask(LEFT, POISON)
    told = office.over(poison)
    assert (told["state"], told["code"], told["wrong"]) == ("refused", "volumes-broken", 0)
    assert ground.ask(BEGUN, POISON) == [(MOST_TRIES,)]


def send(office: Client, said: dict[str, Any], name: str) -> str:
    """Send the large file of figures under a name, to be imported; return where it says how far it is."""
    figures = {"file": (name, said["figures"].encode(), "text/csv")}
    made = office.ask("POST", "/imports/", 202, data={"kind": "volumes"}, files=figures).json()
    return f"/imports/{made['id']}/"


def counted(office: Client) -> int:
    """Return how many were accepted of what was submitted this month."""
    return int(office.get("/indicators/acceptance-rate/")["numerator"] or 0)
