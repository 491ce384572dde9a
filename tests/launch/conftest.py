"""A data directory that the user nobody may enter (pytest's own is private), and servers on it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="referral-launch-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)
