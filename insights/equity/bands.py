"""Which word goes with a Gini coefficient; the borders and their source are in insights/data/equity.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from referral.criteria.shapes import Words

DATA: Final = Path(__file__).parent.parent / "data" / "equity.toml"

WORDS: Final[dict[str, Promise]] = {
    "absolutely-even": _("Absolutely even"),
    "rather-even": _("Rather even"),
    "reasonable": _("Relatively reasonable"),
    "large-gap": _("Large gap"),
    "extreme-gap": _("Extreme gap"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """A word for a coefficient, with the source of its borders and whether a person has checked that."""

    code: str
    words: Promise
    source: Words
    verified: bool


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))["gini"]
    return data


def band(coefficient: float) -> Band:
    """Return the band of a Gini coefficient, to nine decimals: a border is not missed by a rounding."""
    data, figure = _data(), round(coefficient, 9)
    code = next(each["code"] for each in data["bands"] if _holds(each, figure))
    return Band(code, WORDS[code], Words(data["zh"], data["source"]), data["status"] == "verified")


def _holds(band: dict[str, Any], figure: float) -> bool:
    if "through" in band:
        return bool(figure <= band["through"])
    return bool(figure < band.get("upto", float("inf")))
