"""Opens files that somebody sent, each in a process of its own with limits of its own, and writes them clean.

A reader of pictures or PDF is much code in C that a hostile file may break, or fill the memory with; so it
never runs in the web process. Each module here is a small program: the file on standard input, the
clean one on standard output, and what is wrong with it as the exit status. They know nothing of Django.
"""

import resource
import sys
from collections.abc import Callable
from typing import Final

# Exit statuses; anything else, also an end by a signal or by the clock, means that it cannot be read.
CLEAN: Final = 0
BROKEN: Final = 3
ENCRYPTED: Final = 4
TOO_LARGE: Final = 5
MEMORY: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 10


class Rejected(Exception):
    """The file is not kept; `status` is the exit status that says why."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(status)
        self.status = status


def run(clean: Callable[[bytes], bytes]) -> None:
    """Be the program: take the limits, clean what comes in, and end with the status."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        cleaned = clean(sys.stdin.buffer.read())
    except Rejected as rejected:
        sys.exit(rejected.status)
    except Exception:  # noqa: BLE001 - whatever a reader stumbles over, the file is not kept
        sys.exit(BROKEN)
    sys.stdout.buffer.write(cleaned)
    sys.stdout.buffer.flush()
