"""A data directory that the user nobody may enter (pytest's own is private), and servers on it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.launch import servers
from config.launch.servers import Servers


@contextmanager
def made() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="referral-launch-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with made() as path:
        yield path


@pytest.fixture(scope="module")
def started() -> Iterator[Servers]:
    """Servers for tests that need some which run, not how they start: to make the data takes a second and a half."""
    with made() as path, servers.running(path, durable=False, given={}) as running:
        yield running
