"""The rules for long prescriptions as data: how many days, which classes, which conditions; pure."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from referral.drug_names import listed_class
from referral.models import LongPrescription, Medicine

DATA: Final = Path(__file__).parent / "data" / "long_prescriptions.toml"


@dataclass(frozen=True, slots=True)
class Rules:
    """Days, classes and conditions of the data file, each of which names its source there."""

    plain_days: int
    longest_days: int
    conditions: tuple[str, ...]
    excluded: frozenset[str]
    exceptions_for: str


@cache
def rules() -> Rules:
    """Return the rules."""
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return Rules(
        plain_days=data["limits"]["plain_days"],
        longest_days=data["limits"]["longest_days"],
        conditions=tuple(data["conditions"]["fields"]),
        excluded=frozenset(data["excluded"]["classes"]),
        exceptions_for=data["excluded"]["exceptions_for"],
    )


def is_long(medicine: Medicine) -> bool:
    """Say whether a medicine is prescribed for more than the plain four weeks."""
    return medicine.days is not None and medicine.days > rules().plain_days


def any_long(medicines: Iterable[Medicine]) -> bool:
    """Say whether any medicine needs a long prescription."""
    return any(is_long(each) for each in medicines)


def excluded_class(medicine: Medicine) -> str:
    """Return the class for which a long prescription may not contain a medicine, empty where it may.

    The class that was stated and the one that the name is listed under count both, so that a mistyped
    class opens no way; an antimicrobial may with a ground.
    """
    for kind in (medicine.drug_class, listed_class(medicine.name)):
        excused = kind == rules().exceptions_for and medicine.exception != ""
        if kind in rules().excluded and not excused:
            return kind
    return ""


def lacking(long: LongPrescription | None) -> list[str]:
    """Return the fields that a long prescription still lacks: conditions, assessment, signature."""
    if long is None:
        return [*rules().conditions, "assessment", "signature_method"]
    needed = (*rules().conditions, "assessment", "assessed_by_id", "signature_method")
    return [name.removesuffix("_id") for name in needed if not getattr(long, name)]
