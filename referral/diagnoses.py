"""Finds a common diagnosis by the beginning of its code, by its name, pinyin or initials; from a data file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pypinyin import lazy_pinyin

from referral.criteria.observations import spoken
from referral.criteria.shapes import Words

DATA: Final = Path(__file__).parent / "data" / "diagnoses.toml"
# Shorter letters would find half of the list.
FEWEST_LETTERS: Final = 2


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A code of ICD-10 with its name; `calls` are its Chinese names, each with pinyin and initials."""

    code: str
    words: Words
    calls: tuple[tuple[str, str, str], ...]

    @property
    def name(self) -> str:
        """Return the name in the reader's language."""
        return spoken(self.words)


@cache
def known() -> tuple[Diagnosis, ...]:
    """Return the diagnoses of the data file, in the order of their codes."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return tuple(_read(code, *names) for code, names in sorted(data["names"].items()))


def _read(code: str, zh: str, en: str, *others: str) -> Diagnosis:
    return Diagnosis(code, Words(zh, en), tuple(_spelt(each) for each in (zh, *others)))


def _spelt(zh: str) -> tuple[str, str, str]:
    syllables = [each.casefold() for each in lazy_pinyin(zh) if each.isalnum()]
    return zh.casefold(), "".join(syllables), "".join(each[0] for each in syllables)


def find(text: str, *, limit: int) -> list[Diagnosis]:
    """Return the diagnoses that fit what was typed: whole names first, then beginnings, then what contains it."""
    asked = "".join(text.casefold().split())
    if not asked:
        return []
    found = [(place, each) for each in known() if (place := _fit(each, asked)) is not None]
    return [each for _place, each in sorted(found, key=lambda pair: (pair[0], pair[1].code))][
        :limit
    ]


def _fit(each: Diagnosis, asked: str) -> int | None:
    """Return how well a diagnosis fits, the lower the better; None where it does not."""
    english = "".join(each.words.en.casefold().split())
    spellings = [each.code.casefold(), english, *(text for call in each.calls for text in call)]
    if asked in spellings:
        return 0
    if asked.isascii() and len(asked) < FEWEST_LETTERS:
        return None
    if any(text.startswith(asked) for text in spellings):
        return 1
    return 2 if any(asked in text for text in spellings) else None


def name_of(code: str) -> str:
    """Return the name of a code in the reader's language, "" for one that is not in the list."""
    asked = code.strip().upper()
    return next((each.name for each in known() if each.code == asked), "")
