"""Child processes that end with their parent, and a way to give up root rights in them."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# There where the kernel has CONFIG_SCHED_AUTOGROUP: between sessions a mere niceness counts for nothing.
AUTOGROUP = Path("/proc/self/autogroup")
# Loaded before any fork: an unprivileged child may not be able to read our Python installation.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Identity:
    """The user a child runs as; `None` members mean: as ourselves."""

    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether the child must give up our rights."""
        return self.uid is not None

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach a folder."""
        probe = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        return run(probe, identity=self).returncode == 0


def unprivileged() -> Identity:
    """Return the identity for programs that refuse to run as root: `nobody` for root, else ourselves."""
    if os.geteuid() != 0:
        return Identity()
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)


def run(
    command: Sequence[str],
    *,
    identity: Identity | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end and return its exit code and its output, both streams in one."""
    who = identity or Identity()
    return subprocess.run(
        command,
        check=False,
        cwd=cwd or "/",
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        user=who.uid,
        group=who.gid,
        extra_groups=[] if who.is_other else None,
    )


def start(
    command: Sequence[str],
    *,
    identity: Identity | None = None,
    log: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    niceness: int = 0,
) -> "subprocess.Popen[bytes]":
    """Start a child in its own session that gets `death_signal` when this process dies, however it dies.

    With a `niceness` above 0, at most 19, it and its children give way to others when the processor is short.
    Must be called from the main thread: the kernel ties the signal to the thread that forked.
    """
    who = identity or Identity()
    return subprocess.Popen(
        command,
        cwd=cwd or "/",
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=_begin(os.getpid(), death_signal, niceness),  # noqa: PLW1509 - touches no lock
        user=who.uid,
        group=who.gid,
        extra_groups=[] if who.is_other else None,
    )


def _begin(parent: int, death_signal: signal.Signals, niceness: int) -> Callable[[], None]:
    """Return what the child does between fork and exec (after giving up rights, which would clear the setting)."""

    def ask_kernel() -> None:
        if niceness:
            _give_way(niceness)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def _give_way(niceness: int) -> None:
    """Lower the priority of this process, and of its session where Linux shares time between sessions first."""
    os.nice(niceness)
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(niceness), encoding="ascii")


def stop(
    process: "subprocess.Popen[bytes]",
    *,
    how: signal.Signals = signal.SIGTERM,
    patience: float = 20.0,
) -> None:
    """Ask a child to end, wait `patience` seconds, then end it."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
