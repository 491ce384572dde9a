"""Which figures are reported because referrals cannot give them; the list is insights/data/volume_kinds.toml."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

DATA: Final = Path(__file__).parent / "data" / "volume_kinds.toml"
# Decimals of money, of an area and of a share; the others are counted.
PLACES: Final = 2
PERCENT: Final = Decimal(100)
PAIR: Final = ":"


class Subject(models.TextChoices):
    """What a figure is about."""

    FACILITY = "facility", _("Institution")
    REGION = "region", _("Region")


class Unit(models.TextChoices):
    """What is counted."""

    TIMES = "times", _("times")
    PERSONS = "persons", _("persons")
    YUAN = "yuan", _("yuan")
    BEDS = "beds", _("beds")
    PLACES = "places", _("places")
    PERCENT = "percent", "%"
    KM2 = "km2", _("km²")


MEASURED: Final = frozenset({Unit.YUAN, Unit.PERCENT, Unit.KM2})


@dataclass(frozen=True, slots=True)
class VolumeKind:
    """One reported figure. `adds`: months add up; else it is what stands at the end of a month.

    `apart`: it is worked out for one place, and those of several cannot be put together.
    `awaited`: everybody reports it; else only those whom an agreement names, and nobody is reminded of it.
    """

    code: str
    zh: str
    en: str
    subject: Subject
    unit: Unit
    adds: bool
    apart: bool
    source: str
    verified: bool
    awaited: bool = True
    # Of two regions: the stored code names the other one, as in borders:310104.
    of_pair: bool = False

    @property
    def name(self) -> str:
        """What it is called in the language of the reader."""
        return self.en if (get_language() or "zh").startswith("en") else self.zh

    def fits(self, value: Decimal) -> bool:
        """Say whether a value can be one of this unit: what is counted is whole, a share is at most 100."""
        if self.unit == Unit.PERCENT and value > PERCENT:
            return False
        if self.of_pair:
            return value in {0, 1}
        places = PLACES if self.unit in MEASURED else 0
        return value == round(value, places)


@cache
def kinds() -> dict[str, VolumeKind]:
    """Return every kind by its code, in the order of the list."""
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["kinds"]
    return {row["code"]: _kind(row) for row in rows}


def of(subject: Subject) -> list[VolumeKind]:
    """Return the kinds that are about institutions, or about regions; those of two regions are none of one."""
    return [kind for kind in kinds().values() if kind.subject == subject and not kind.of_pair]


def paired(code: str, other: str) -> str:
    """Return the stored code of a kind that is of two regions."""
    return f"{code}{PAIR}{other}"


def unpaired(stored: str) -> tuple[VolumeKind | None, str]:
    """Return the kind of a stored code, None for none, and the code of the other region, if it is of two."""
    code, _sign, other = stored.partition(PAIR)
    return kinds().get(code), other


def awaited(subject: Subject) -> list[VolumeKind]:
    """Return those that everybody reports."""
    return [kind for kind in of(subject) if kind.awaited]


@cache
def by_name() -> dict[str, VolumeKind]:
    """Return the kinds by everything that a file may call them: code, Chinese and English name, small letters."""
    return {
        name.lower(): kind for kind in kinds().values() for name in (kind.code, kind.zh, kind.en)
    }


def written(value: Decimal | None, *, grouped: bool = False) -> str | None:
    """Return a value without the zeros that the column fills up with; None for none."""
    if value is None:
        return None
    text = f"{value:,f}" if grouped else f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(row: dict[str, Any]) -> VolumeKind:
    return VolumeKind(
        code=row["code"],
        zh=row["zh"],
        en=row["en"],
        subject=Subject(row["subject"]),
        unit=Unit(row["unit"]),
        adds=row["adds"],
        apart=row.get("apart", False),
        source=row["source"],
        verified=row["status"] == "verified",
        awaited=row.get("awaited", True),
        of_pair=row.get("of_pair", False),
    )
