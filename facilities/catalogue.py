"""Serves the fixed national lists: treatment subjects and kinds of institutions."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from django.utils.translation import get_language

REFERENCE = Path(__file__).parent / "reference"


@dataclass(frozen=True, slots=True)
class Entry:
    """A code with its official Chinese name and our English one."""

    code: str
    name: str
    name_en: str
    verified: bool

    def __str__(self) -> str:
        return self.name if (get_language() or "zh").startswith("zh") else self.name_en


def _load(file: str) -> Mapping[str, Entry]:
    with (REFERENCE / file).open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return MappingProxyType(
            {
                row["code"]: Entry(
                    row["code"],
                    row["name"],
                    row["name_en"],
                    row.get("status", "verified") == "verified",
                )
                for row in rows
            }
        )


@cache
def specialties() -> Mapping[str, Entry]:
    """Return 诊疗科目名录 (卫医发〔1994〕27号 annex 1 with its additions) by code, as 03 or 03.04."""
    return _load("specialties.csv")


@cache
def categories() -> Mapping[str, Entry]:
    """Return the kinds of institutions of WS 218-2002 by code, one letter and three digits."""
    return _load("categories.csv")


def category(code: str) -> Entry | None:
    """Return the kind of institution; an unlisted code falls back to its group, as A533 to A500."""
    listed = categories()
    for candidate in (code, f"{code[:3]}0", f"{code[:2]}00"):
        if candidate in listed:
            return listed[candidate]
    return None
