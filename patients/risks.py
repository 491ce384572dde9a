"""Keeps the texts of the risks that a patient is told before he agrees to be referred, by version."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data" / "referral_risks.toml"


@dataclass(frozen=True, slots=True)
class Risks:
    """One edition of the text; `lines` are Chinese, as they are printed on the form."""

    version: str
    since: str
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
            since=each["since"],
            lines=tuple(each["lines"]),
            source=each["source"],
            status=each["status"],
        )
        for each in data["edition"]
    )


def current() -> Risks:
    """Return the edition that is told today."""
    return editions()[-1]


VERSIONS: Final = tuple(each.version for each in editions())
