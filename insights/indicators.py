"""Holds the named definitions: what is divided by what, whose it is, on which day, and who says so."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import get_language

from insights import measures

DATA: Final = Path(__file__).parent / "data" / "indicators.toml"
VOLUME: Final = "volume:"
SUBSET: Final = "@"
PER: Final = {"rate": 100, "growth": 100}
CHINESE: Final = "zh"
TERMS: Final = ("numerator", "denominator", "numerator_over", "denominator_over")


class Kind(StrEnum):
    """What a number is: a share in percent, a quotient, a number of referrals, a change on a year before.

    `reported` is a share in percent as it was reported, of which nothing is made.
    """

    RATE = "rate"
    RATIO = "ratio"
    COUNT = "count"
    GROWTH = "growth"
    REPORTED = "reported"


UNITS: Final = {
    Kind.RATE: "%",
    Kind.GROWTH: "%",
    Kind.REPORTED: "%",
    Kind.COUNT: "人次",
    Kind.RATIO: "",
}


class Side(StrEnum):
    """Whose number it is where one facility or region is asked about."""

    SENT = "sent"
    RECEIVED = "received"
    ALLIANCE = "alliance"


class Better(StrEnum):
    """Which way is wanted, where the definition says so."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached, in the unit of the indicator, and who has set it."""

    source: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def is_met(self, value: Decimal) -> bool:
        """Say whether a value reaches it; the bound itself does."""
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Words:
    """What people read, in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Return the words in the language of the reader."""
        return self.zh if (get_language() or CHINESE).startswith(CHINESE) else self.en


@dataclass(frozen=True, slots=True)
class Indicator:
    """One definition; its terms are measures, or imported figures as insights/figures.py reads them.

    The value is their quotient times `per`, in `unit`. Where a term is an average, `numerator_over` and
    `denominator_over` are what it is taken over.
    """

    code: str
    name: Words
    kind: Kind
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    numerator_over: tuple[str, ...]
    denominator_over: tuple[str, ...]
    side: Side
    better: Better
    counted_on: Words
    formula: Words
    source: str
    verified: bool
    target: Target | None
    per: int
    unit: str

    @property
    def terms(self) -> tuple[str, ...]:
        """All that it is made of, each once."""
        of = (self.numerator, self.denominator, self.numerator_over, self.denominator_over)
        return tuple(dict.fromkeys(chain.from_iterable(of)))

    @property
    def counted(self) -> tuple[str, ...]:
        """The measures that are counted from referrals, each once."""
        return tuple(each for each in self.terms if VOLUME not in each)

    @property
    def volumes(self) -> tuple[str, ...]:
        """The terms that are imported figures, each once."""
        return tuple(each for each in self.terms if VOLUME in each)


@cache
def definitions() -> Mapping[str, Indicator]:
    """Return all definitions by code, in the order of the data file; raises ValueError for a wrong one."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    found: dict[str, Indicator] = {}
    for entry in data["indicator"]:
        one = _indicator(entry)
        if one.code in found:
            raise ValueError(f"{DATA.name} defines {one.code} twice.")
        found[one.code] = one
    return MappingProxyType(found)


def _indicator(entry: Mapping[str, Any]) -> Indicator:
    terms = {name: tuple(entry.get(name, ())) for name in TERMS}
    for term in chain.from_iterable(terms.values()):
        if VOLUME not in term and term not in measures.NAMES:
            raise ValueError(f"{DATA.name}: {entry['code']} counts {term}, which nobody measures.")
    kind = Kind(entry["kind"])
    if bool(entry.get("denominator")) != (kind in {Kind.RATE, Kind.RATIO}):
        raise ValueError(f"{DATA.name}: {entry['code']} is a {kind} and has the wrong terms.")
    return Indicator(
        code=entry["code"],
        name=Words(entry["zh"], entry["en"]),
        kind=kind,
        **terms,
        side=Side(entry["side"]),
        better=Better(entry.get("better", "")),
        counted_on=Words(entry["date_zh"], entry["date_en"]),
        formula=Words(entry["formula_zh"], entry["formula_en"]),
        source=entry["source"],
        verified=entry["status"] == "verified",
        target=_target(entry.get("target")),
        per=entry.get("per", PER.get(kind, 1)),
        unit=entry.get("unit", UNITS[kind]),
    )


def _target(entry: Mapping[str, Any] | None) -> Target | None:
    if entry is None:
        return None
    bounds = {name: Decimal(entry[name]) for name in ("at_least", "at_most") if name in entry}
    return Target(source=entry["source"], **bounds)
