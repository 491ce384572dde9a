"""Tests stay on this machine, and each worker has a database and a broker database of its own."""

import os
import socket

import pytest
import requests
from django.conf import settings
from django.db import connection
from pytest_django.live_server_helper import LiveServer


def test_the_network_is_out_of_reach() -> None:
    with (
        socket.socket() as line,
        pytest.raises(RuntimeError, match=r"A test tried to reach 192\.0\.2\.1"),
    ):
        line.connect(("192.0.2.1", 80))


@pytest.mark.django_db
def test_each_worker_has_its_own_database() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    assert connection.settings_dict["NAME"] == f"test_{worker}"
    assert settings.REDIS_URL.rsplit("/", 1)[1] != "0" or worker == "main"


def test_a_live_server_answers(live_server: LiveServer) -> None:
    answer = requests.get(f"{live_server.url}/readyz", timeout=5)
    assert answer.json()["status"] == "ok"
