"""Named places where a fault test may kill the process, to prove that nothing is lost there.

`CRASH_AT=before_send` in the environment kills at the first arrival,
`CRASH_AT=before_send:3` at the third. It works only where the settings allow
it (CRASH_POINTS, which no production start sets); elsewhere the variable is
ignored, so that a stray environment cannot stop a running system.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from django.conf import settings

_arrivals: Counter[str] = Counter()


def reach(name: str) -> None:
    """Kill this process by SIGKILL if the environment asks for it at this place."""
    wanted = os.environ.get("CRASH_AT")
    if not wanted or not getattr(settings, "CRASH_POINTS", False):
        return
    place, _, count = wanted.partition(":")
    if place != name:
        return
    _arrivals[name] += 1
    if _arrivals[name] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
