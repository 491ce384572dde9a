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
# A what-if is estimated from so many days, and refused with fewer answered referrals or weeks of sessions within them.
WHAT_IF_DAYS: Final = _ALL["what_if_days"].value
WHAT_IF_REFERRALS: Final = _ALL["what_if_referrals"].value
WHAT_IF_WEEKS: Final = _ALL["what_if_weeks"].value
# So many referrals within a year are of so many persons that they are not few.
PLENTY: Final = (FEW_PERSONS - 1) * _ALL["referrals_of_one_person"].value
