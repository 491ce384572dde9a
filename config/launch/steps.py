"""The steps that `make run` and `make check` share: a line a step, and management commands."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.launch.trouble import DISK_FULL, NO_SPACE, Trouble

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def step(words: str) -> Iterator[None]:
    """Print what is being done, and how long it took when it is done."""
    begun = time.monotonic()
    print(f"- {words} …", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - begun:.1f} s", flush=True)


def manage(*words: str, env: Mapping[str, str], log: Path) -> None:
    """Run one management command: what it says goes to the terminal, its errors to `log`.

    A failure becomes one sentence with the last line of its errors.
    """
    with log.open("wb") as errors:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(command, cwd=ROOT, env=dict(env), stderr=errors, check=False)
    if done.returncode == 0:
        return
    said = log.read_text(encoding="utf-8", errors="replace")
    if NO_SPACE in said:
        raise Trouble(DISK_FULL)
    last = (said.strip().splitlines() or ["it said nothing"])[-1].removeprefix("CommandError: ")
    raise Trouble(f"`manage.py {words[0]}` failed: {last} (all it said is in {log})")
