"""Keeps the texts of the risks that a patient is told before he agrees to be referred, by version."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data" / "referral_risks.toml"


@dataclass(frozen=True, slots=True)
class Risks:
    """One edition of the text; `lines` are Chinese, as they are printed on the form."""

    version: str
    since: date
    lines: tuple[str, ...]
    source: str
    status: str


@cache
def editions() -> tuple[Risks, ...]:
    """Return every edition, oldest first."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return tuple(
        Risks(
            version=each["version"],
            since=date.fromisoformat(each["since"]),
            lines=tuple(each["lines"]),
            source=each["source"],
            status=each["status"],
        )
        for each in data["edition"]
    )


def current(on: date) -> Risks:
    """Return the edition that is told on a day; one that is written down ahead of its day waits for it."""
    begun = [each for each in editions() if each.since <= on]
    return begun[-1] if begun else editions()[0]


VERSIONS: Final = tuple(each.version for each in editions())
