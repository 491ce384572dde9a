"""Knows which examinations can be ordered, what a centre must be able to do, and how long a result lasts."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language

from facilities.vocabulary import CapabilityCode

DATA: Final = Path(__file__).parent / "data" / "examinations.toml"


@dataclass(frozen=True, slots=True)
class Examination:
    """One item that can be ordered; a second one within `repeat` is a duplicate."""

    code: str
    zh: str
    en: str
    capability: CapabilityCode
    repeat: timedelta

    @property
    def name(self) -> str:
        """Return the name in the language of the request."""
        return self.zh if (get_language() or "zh").startswith("zh") else self.en


@cache
def most_files() -> int:
    """Return how many files one order may carry."""
    most: int = _data()["files"]["most_an_order"]
    return most


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def known() -> dict[str, Examination]:
    """Return every examination by its code; raises ValueError for a data file that is wrong."""
    return {
        code: Examination(
            code,
            item["zh"],
            item["en"],
            CapabilityCode(item["capability"]),
            timedelta(days=item["repeat_days"]),
        )
        for code, item in _data()["items"].items()
    }
