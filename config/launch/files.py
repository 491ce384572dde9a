"""Small private files of the launcher: KEY=value lists that only their owner can read, and locks."""

import fcntl
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from config.launch.trouble import Trouble


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_env(path: Path) -> dict[str, str]:
    """Read KEY=value lines; blank lines and lines that begin with # say nothing. A missing file is empty."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def write_env(path: Path, values: Mapping[str, str], *, title: str) -> None:
    """Write KEY=value lines under a comment line, readable by the owner only."""
    lines = [f"# {title}", *(f"{key}={value}" for key, value in values.items())]
    write_private(path, "\n".join(lines) + "\n")


class Lock:
    """Keeps two launchers off one data directory; the kernel frees it however the holder ends."""

    def __init__(self, path: Path) -> None:
        """Name the lock file; nothing is taken yet."""
        self.path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Try to take the lock; False when another process holds it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def free_port(wanted: str | None = None) -> int:
    """Return a TCP port of the loopback address that is free now, `wanted` if it is."""
    for port in (int(wanted), 0) if wanted and wanted.isdigit() else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Trouble("No TCP port is free on 127.0.0.1: stop some programs and start again.")
