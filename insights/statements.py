"""Holds what an alliance states of itself once a year, in words and with evidence; no number is made of it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from insights.indicators import Words

DATA: Final = Path(__file__).parent / "data" / "statements.toml"


@dataclass(frozen=True, slots=True)
class Stated:
    """One indicator of this kind: what it is called, what is asked, and which document asks it."""

    code: str
    name: Words
    asks: Words
    source: str
    verified: bool


@cache
def stated() -> Mapping[str, Stated]:
    """Return them by code, in the order of the data file; raises KeyError for one that lacks something."""
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))["statement"]
    return MappingProxyType(
        {
            entry["code"]: Stated(
                code=entry["code"],
                name=Words(entry["zh"], entry["en"]),
                asks=Words(entry["asks_zh"], entry["asks_en"]),
                source=entry["source"],
                verified=entry["status"] == "verified",
            )
            for entry in entries
        }
    )
