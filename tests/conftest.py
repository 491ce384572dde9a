"""What every test stands on: a database that exists already, no network beyond this machine, an empty broker."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The plugin tests/servers.py has made this worker's database: nothing to make, nothing to drop."""
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _is_local(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return str(address[0]) == "localhost"


def _guarded(self: socket.socket, address: Any) -> None:
    if not _is_local(self.family, address):
        raise RuntimeError(f"A test tried to reach {address[0]}: tests stay on this machine.")
    _connect(self, address)


def _guarded_ex(self: socket.socket, address: Any) -> int:
    if not _is_local(self.family, address):
        raise RuntimeError(f"A test tried to reach {address[0]}: tests stay on this machine.")
    return _connect_ex(self, address)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Let sockets reach the loopback address only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded)
        patch.setattr(socket.socket, "connect_ex", _guarded_ex)
        yield
