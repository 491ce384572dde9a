"""Says what a referral lacks before it is sent: pure, from its words and what its destination wants."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from referral.codes import SLIP_ITEMS, Item, NeedLevel
from referral.directions import heading
from referral.models import Referral
from referral.policy import completeness as policy_completeness
from referral.policy import duplicates as policy_duplicates
from referral.policy import referrals as policy

DATA: Final = Path(__file__).parent / "data" / "completeness.toml"
# Where a sender writes down results; names of documents are searched beside them.
SEARCHED: Final = ("reason", "past_history", "treatment", "results", "plan")
ON_THE_SLIP: Final = frozenset(item.value for item in SLIP_ITEMS)

# Why an item is mentioned, the strongest first: the official slip, the destination, an earlier return
# of this very referral, what the destination asked others for.
Why = Literal["slip", "needed", "asked", "wanted", "learnt"]
STRENGTH: Final[tuple[Why, ...]] = ("slip", "needed", "asked", "wanted", "learnt")


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers and words of the data file, each of which names its source there."""

    window: int
    at_least: int
    repeat: timedelta
    words: dict[str, tuple[str, ...]]


@cache
def settings() -> Settings:
    """Return the data file."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return Settings(
        window=data["learn"]["window"],
        at_least=data["learn"]["at_least"],
        repeat=timedelta(days=data["repeat"]["days"]),
        words={item: tuple(words) for item, words in data["words"].items()},
    )


@dataclass(frozen=True, slots=True)
class Want:
    """One item that somebody wants, and why; of `returns` returns `times` asked for what was learnt."""

    item: str
    why: Why
    note: str = ""
    times: int = 0
    returns: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Another referral of the same illness that the caller may see: open, or ended not long ago."""

    id: UUID
    number: str
    status: str


@dataclass(slots=True)
class Facts:
    """What the database knows beside the words of the slip."""

    wants: list[Want] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    open: list[Other] = field(default_factory=list)
    recent: list[Other] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is missing; `score` is the share of everything wanted that is there, in whole percent."""

    score: int
    blocking: tuple[Want, ...]
    recommended: tuple[Want, ...]


def check(referral: Referral, facts: Facts) -> Verdict:
    """Return what the words of a referral lack for its destination.

    What blocks here is what a submission would refuse; a destination holds no emergency up.
    """
    wanted = _strongest([*_official(referral), *facts.wants])
    text = _text(referral, facts.files)
    missing = [want for want in wanted if not _present(want.item, referral, text)]
    refused = _refused(missing, referral)
    blocking = [want for want in missing if want.item in refused]
    return Verdict(
        score=100 * (len(wanted) - len(missing)) // len(wanted),
        blocking=tuple(blocking),
        recommended=tuple(want for want in missing if want not in blocking),
    )


def _official(referral: Referral) -> Iterator[Want]:
    """Return the parts of the official slip that no submission can do without, filled in or not."""
    yield Want("to_facility", "slip")
    for name in policy.missing_fields(Referral(), heading(referral)):
        yield Want(name, "slip")


def _strongest(wants: Sequence[Want]) -> list[Want]:
    """Return each item once, for its strongest reason, the strongest first."""
    ordered = sorted(wants, key=lambda want: (STRENGTH.index(want.why), -want.times))
    return list({want.item: want for want in reversed(ordered)}.values())[::-1]


def _refused(missing: Sequence[Want], referral: Referral) -> set[str]:
    """Return the missing items for want of which a submission would be refused."""
    slip = [want.item for want in missing if want.why == "slip"]
    needed = [want.item for want in missing if want.why == "needed"]
    found = {*policy_completeness.holds_up(slip, referral), *({"to_facility"} & set(slip))}
    return found if policy_duplicates.goes_ahead(referral) else found | set(needed)


def _text(referral: Referral, files: Sequence[str]) -> str:
    parts = [getattr(referral, name) for name in SEARCHED]
    return "\n".join([*parts, *files]).lower()


def _present(item: str, referral: Referral, text: str) -> bool:
    """Say whether an item is there: a field filled in, or a result named in the words or a document."""
    if item == "to_facility":
        return referral.to_facility_id is not None
    if item in ON_THE_SLIP or item not in Item.values:
        return bool(getattr(referral, item))
    return any(_says(text, word) for word in settings().words.get(item, ()))


def _says(text: str, word: str) -> bool:
    """Say whether a text holds a word; a Latin one must stand alone, a Chinese one may stand anywhere."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None


def why_of(level: str) -> Why:
    """Return the reason that a level of a department's need stands for."""
    return "needed" if level == NeedLevel.HARD else "wanted"
