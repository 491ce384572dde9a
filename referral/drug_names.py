"""Finds the excluded class of drugs under which the national lists name a medicine; pure, from data."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data" / "drug_classes.toml"
ORDINARY: Final = "ordinary"
# Names are what people type, so what is remembered of them is bounded.
REMEMBERED: Final = 4096
# Between the parts of a compound in English, and nothing else.
_JOINING: Final = re.compile(r"\b(?:and|with|plus)\b")


@dataclass(frozen=True, slots=True)
class Listing:
    """Where the names of a class come from, and whether a person checked them against it."""

    kind: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of a class as it is looked for: in the Chinese reading of a text, or in the English."""

    kind: str
    length: int
    pattern: re.Pattern[str]
    english: bool


@cache
def listings() -> dict[str, Listing]:
    """Return the origin of the names of each class."""
    return {kind: Listing(kind, part["source"], part["status"]) for kind, part in _data().items()}


@lru_cache(maxsize=REMEMBERED)
def listed_class(name: str) -> str:
    """Return the class under which a medicine's name is listed, empty where none lists it.

    Salts, forms, brackets, width and case of letters do not matter. `ordinary` says that a listed name
    is part of this one and that it is another medicine all the same.
    """
    chinese, english = _readings(name)
    excused = False
    for each in _names(ordinary=True):
        if each.english:
            english, times = each.pattern.subn(" ", english)
        else:
            chinese, times = each.pattern.subn(" ", chinese)
        excused = excused or times > 0
    found = (
        each.kind
        for each in _names(ordinary=False)
        if each.pattern.search(english if each.english else chinese)
    )
    return next(found, ORDINARY if excused else "")


@cache
def names(kind: str) -> tuple[str, ...]:
    """Return the names of a class as the data file writes them, those with an asterisk too."""
    part = _data()[kind]
    return tuple(name for key in ("names", "whole", "english") for name in part.get(key, ()))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def _names(*, ordinary: bool) -> tuple[_Name, ...]:
    """Return the names to look for, the longest first."""
    found = [each for kind in _data() if (kind == ORDINARY) == ordinary for each in _of(kind)]
    return tuple(sorted(found, key=lambda each: -each.length))


def _of(kind: str) -> list[_Name]:
    part = _data()[kind]
    chinese = {name: re.escape(_readings(name)[0]) for name in part.get("names", ())}
    whole = {name: rf"^{re.escape(_readings(name)[0])}粉?$" for name in part.get("whole", ())}
    listed = [*part.get("english", ()), *_nuclides(part.get("nuclides", ()))]
    english = {name: _words(name) for name in listed}
    return [
        _Name(kind, len(name), re.compile(pattern), found is english)
        for found in (chinese, whole, english)
        for name, pattern in found.items()
    ]


def _words(name: str) -> str:
    """Return the pattern of an English name: whole words, an asterisk for any letters."""
    letters = re.escape(name.casefold()).replace(r"\*", "[a-z]*")
    return rf"(?<![a-z0-9]){letters}(?![a-z0-9])"


def _nuclides(listed: Any) -> list[str]:
    """Return 131I also as I131 and as I-131."""
    found = []
    for name in listed:
        mass, symbol = re.split(r"(?<=[0-9m])(?=[A-Z])", name, maxsplit=1)
        found += [name, symbol + mass, f"{symbol} {mass}"]
    return found


def _readings(text: str) -> tuple[str, str]:
    """Return a text without anything but letters and digits, and as words parted by one blank."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    parts = [part for part in re.split(r"[\W_]+", _JOINING.sub(" ", plain)) if part]
    return "".join(parts), " ".join(parts)
