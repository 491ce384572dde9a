"""Reads from /proc what processes cost: processor time of a whole family, and resident memory."""

import os
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on, empty for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rsplit(")", 1)[1].split()


def children(root: int) -> list[int]:
    """Return all living descendants of a process, itself not among them."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def seconds(root: int) -> float:
    """Return the processor time, user and system, of a process and all it ever started.

    A child that ended counts through its parent, which has waited for it.
    """
    own = _fields(root)
    ticks = sum(int(value) for value in own[11:15]) if own else 0
    for pid in children(root):
        fields = _fields(pid)
        ticks += sum(int(value) for value in fields[11:15]) if fields else 0
    return ticks / TICKS


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes, 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0")
    return int(line.split()[1]) * 1024
