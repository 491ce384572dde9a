"""Says what was measured beside what was asked for, on the screen and in docs/benchmarks.md."""

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from config.launch.steps import ROOT

DOCUMENT: Final = ROOT / "docs" / "benchmarks.md"
# Between which lines of the document the numbers of the system stand, and those of its pages.
SYSTEM: Final = "make bench"
PAGES: Final = "make bench ARGS=--pages"
NATION: Final = "make bench-nation"
BEGIN: Final = "<!-- begin: written by {} -->"
END: Final = "<!-- end: written by {} -->"


@dataclass(frozen=True, slots=True)
class Result:
    """One line: what, the goal in words (empty where there is none), what was measured, and whether it holds."""

    what: str
    goal: str
    measured: str
    holds: bool | None = None

    @property
    def verdict(self) -> str:
        """Yes, no, or a dash where nothing was asked for."""
        return "–" if self.holds is None else "yes" if self.holds else "**no**"


def at_most(what: str, value: float, limit: float, unit: str, *, digits: int = 1) -> Result:
    """Return a result that holds when a value does not exceed its limit."""
    return Result(
        what, f"≤ {limit:g} {unit}".strip(), f"{value:.{digits}f} {unit}".strip(), value <= limit
    )


def at_least(what: str, value: float, limit: float, unit: str, *, digits: int = 1) -> Result:
    """Return a result that holds when a value reaches its limit."""
    return Result(
        what, f"≥ {limit:g} {unit}".strip(), f"{value:.{digits}f} {unit}".strip(), value >= limit
    )


def below(what: str, value: float, limit: float, unit: str, *, digits: int = 1) -> Result:
    """Return a result that holds when a value stays below its limit."""
    return Result(
        what, f"< {limit:g} {unit}".strip(), f"{value:.{digits}f} {unit}".strip(), value < limit
    )


def fact(what: str, measured: str) -> Result:
    """Return a result of which nothing was asked."""
    return Result(what, "", measured)


def hardware(postgres: str) -> str:
    """Return one line about what it was measured on."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        memory = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:
        info = memory = ""
    names = re.findall(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    kilobytes = re.search(r"^MemTotal:\s*(\d+)", memory, re.MULTILINE)
    parts = [
        f"{len(names)} × {names[0]}" if names else platform.machine(),
        f"{int(kilobytes[1]) / 2**20:.0f} GB" if kilobytes else "",
        f"{platform.system()}",
        f"Python {platform.python_version()}",
        f"PostgreSQL {postgres}",
    ]
    return ", ".join(part for part in parts if part)


def table(results: Sequence[Result]) -> str:
    """Return a Markdown table."""
    rows = ["| what | goal | measured | holds |", "|---|---|---|---|"]
    rows += [
        f"| {each.what} | {each.goal or '–'} | {each.measured} | {each.verdict} |"
        for each in results
    ]
    return "\n".join(rows)


def growth(sizes: Mapping[int, Sequence[Result]]) -> str:
    """Return a Markdown table with a column for each size; what misses its goal is told so."""
    columns = {size: {each.what: each for each in found} for size, found in sizes.items()}
    whats = {each.what: each.goal for found in sizes.values() for each in found}
    rows = [
        f"| what | goal | {' | '.join(f'{size:,}' for size in columns)} |",
        f"|---|---|{'---|' * len(columns)}",
    ]
    rows += [
        f"| {what} | {goal or '–'} | {' | '.join(_cell(c.get(what)) for c in columns.values())} |"
        for what, goal in whats.items()
    ]
    return "\n".join(rows)


def _cell(result: Result | None) -> str:
    if result is None:
        return "–"
    return f"{result.measured} (**no**)" if result.holds is False else result.measured


def section(command: str, machine: str, load: str, numbers: str) -> str:
    """Return the generated part of the document around a table."""
    day = datetime.now(UTC).date().isoformat()
    return (
        f"Measured on {day} by `{command}`.\n\nMachine: {machine}. "
        f"Load average before the start: {load}.\n\n{numbers}\n"
    )


def write(text: str, part: str = SYSTEM, path: Path = DOCUMENT) -> None:
    """Put a generated part between its markers and leave everything around it as it is.

    Raises ValueError when the document has no markers, so that nothing is overwritten.
    """
    first, last = BEGIN.format(part), END.format(part)
    document = path.read_text(encoding="utf-8")
    before, begin, rest = document.partition(first)
    _old, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"{path.name} lacks the markers {first} and {last}")
    path.write_text(f"{before}{first}\n\n{text}\n{last}{after}", encoding="utf-8")


def screen(results: Sequence[Result]) -> str:
    """Return the results as aligned lines."""
    width = max(len(each.what) for each in results)
    marks = {True: "holds", False: "DOES NOT HOLD", None: ""}
    return "\n".join(
        f"{each.what:<{width}}  {each.measured:<22} {each.goal:<16} {marks[each.holds]}".rstrip()
        for each in results
    )
