"""Holds the bounds that decide what counts and what is shown; they stand in insights/data/thresholds.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data" / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A whole number, who says so, and whether a person has checked that."""

    value: int
    source: str
    verified: bool


def read() -> dict[str, Threshold]:
    """Return all bounds by name; raises KeyError for one without a source."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {
        name: Threshold(entry["value"], entry["source"], entry["status"] == "verified")
        for name, entry in data.items()
    }


_ALL: Final = read()
# Days after a discharge within which a return or a report closes the loop.
DAYS_TO_CLOSE: Final = _ALL["days_to_close"].value
# Fewer persons than this are not shown.
FEW_PERSONS: Final = _ALL["few_persons"].value
# Months that a physician serves at primary care to count as seconded, and the lowest tier of who sends.
SECONDED_MONTHS: Final = _ALL["seconded_months"].value
SECONDING_TIER: Final = _ALL["seconding_tier"].value
