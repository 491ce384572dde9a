"""Fixtures of the fault tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from config.launch.valkey import Valkey
from tests.faults.ground import Ground, Hook, environment, fork_server, make_broker

NAME = f"test_faults_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def broker() -> Iterator[Valkey]:
    """One broker for all fault tests of this process."""
    folder = Path(os.environ["DATA_DIR"]) / NAME
    folder.mkdir(exist_ok=True)
    broker = make_broker(folder)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def forks(broker: Valkey) -> ForkServerContext:
    """From which the processes of fault tests are forked."""
    return fork_server(environment(broker, NAME))


@pytest.fixture
def ground(broker: Valkey, forks: ForkServerContext) -> Iterator[Ground]:
    """A database of its own; every process is gone afterwards."""
    ground = Ground(broker, NAME, environment(broker, NAME), forks)
    ground.close()
    ground.prepare()
    yield ground
    ground.close()


@pytest.fixture
def hook(ground: Ground, httpserver: HTTPServer) -> Iterator[Hook]:
    """A partner who listens."""
    yield Hook(ground, httpserver)
    httpserver.check_assertions()
    httpserver.check_handler_errors()
