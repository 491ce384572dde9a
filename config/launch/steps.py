"""The steps that `make run` and `make check` share: a named line a step, and management commands."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.launch import child
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


def manage(*words: str, env: Mapping[str, str], log: Path) -> str:
    """Run one management command, keep its output in `log`, and return it; a failure becomes a sentence."""
    done = child.run([sys.executable, str(ROOT / "manage.py"), *words], cwd=ROOT, env=env)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ manage.py {' '.join(words)}\n{done.stdout}\n")
    if done.returncode == 0:
        return done.stdout
    if NO_SPACE in done.stdout:
        raise Trouble(DISK_FULL)
    last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1].removeprefix(
        "CommandError: "
    )
    raise Trouble(
        f"`manage.py {words[0]}` failed: {last} (its whole output is at the end of {log})"
    )
