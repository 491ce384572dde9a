"""Says which messages an alliance may word itself, and fills its words in: only known names, each value as it is.

What a manager writes is no template of a language: a name in braces stands for a value, nothing is called, looked
into or filled in twice.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data" / "messages.toml"
VARIABLE: Final = re.compile(r"\{([a-z]{1,20})\}")
BRACE: Final = re.compile(r"[{}]")
# Of no event yet, or by a channel that is not connected: never sent.
EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Kind:
    """One message: its events, to whom it goes, by which channel, what may stand in it, the words to begin with."""

    code: str
    topics: frozenset[str]
    directions: frozenset[str]
    to: str
    channel: str
    variables: tuple[str, ...]
    zh: str
    en: str

    @property
    def is_sent(self) -> bool:
        """Say whether it is sent at all."""
        return self.channel == EMAIL and bool(self.topics)


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the messages by code."""
    return {
        entry["code"]: Kind(
            entry["code"],
            frozenset(entry["topics"]),
            frozenset(entry["directions"]),
            entry["to"],
            entry["channel"],
            tuple(entry["variables"]),
            entry["zh"],
            entry["en"],
        )
        for entry in _data()["message"]
    }


@cache
def _data() -> dict[str, list[dict[str, str]]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def longest() -> int:
    """Return how many characters a message has at most, with the example values filled in."""
    found = tomllib.loads(DATA.read_text(encoding="utf-8"))["longest"]
    assert isinstance(found, int)
    return found


def kind_of(topic: str, direction: object) -> Kind | None:
    """Return which message an event is, None for one that nobody may word."""
    for kind in kinds().values():
        if kind.is_sent and topic in kind.topics and direction in kind.directions:
            return kind
    return None


def unknown(text: str, allowed: Sequence[str]) -> list[str]:
    """Return the names in braces that may not stand there."""
    return [name for name in VARIABLE.findall(text) if name not in allowed]


def is_balanced(text: str) -> bool:
    """Say whether every brace belongs to a name."""
    return BRACE.search(VARIABLE.sub("", text)) is None


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the words with each name replaced by its value, once; a name without a value stays as it is."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
