"""Converts measured values to the unit of their rule, exactly: fractions, never floating point.

The same pair of units converts differently for each analyte (mg/dL of glucose is not mg/dL of
potassium), so a factor belongs to a quantity.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final


class UnknownUnit(ValueError):
    """The unit is not one in which the quantity is measured; `args[0]` lists those that are."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a unit leads to the quantity's first one: `value * factor + offset`."""

    factor: Fraction
    offset: Fraction = Fraction(0)


def _by(factor: str, offset: str = "0") -> Scale:
    return Scale(Fraction(factor), Fraction(offset))


SAME: Final = _by("1")
# Conventional millimetre of mercury: 133.322387415 Pa (ISO 80000-4).
_KPA: Final = Scale(1 / Fraction("0.133322387415"))
# Molar masses: glucose 180.156 g/mol, potassium 39.0983 g/mol, creatinine 113.12 g/mol.
_GLUCOSE_MG_DL: Final = Scale(10 / Fraction("180.156"))
_POTASSIUM_MG_DL: Final = Scale(10 / Fraction("39.0983"))
_ALBUMIN_MG_MMOL: Final = Scale(1000 / Fraction("113.12"))
# HbA1c: the master equation NGSP % = 0.09148 * IFCC mmol/mol + 2.152.
_IFCC: Final = _by("0.09148", "2.152")
_FAHRENHEIT: Final = Scale(Fraction(5, 9), Fraction(-160, 9))
_COUNTS: Final = ("count", "drugs", "visits", "episodes", "leads", "points")

# The first unit of each quantity is the one rules are written in.
QUANTITIES: Final[dict[str, dict[str, Scale]]] = {
    "pressure": {"mmHg": SAME, "kPa": _KPA},
    "glucose": {"mmol/L": SAME, "mg/dL": _GLUCOSE_MG_DL},
    "potassium": {"mmol/L": SAME, "mEq/L": SAME, "mg/dL": _POTASSIUM_MG_DL},
    "hba1c": {"%": SAME, "mmol/mol": _IFCC},
    "albuminuria": {"mg/g": SAME, "mg/mmol": _ALBUMIN_MG_MMOL},
    "filtration": {"mL/min/1.73m²": SAME},
    "filtration_fall": {"mL/min/1.73m²/year": SAME},
    "temperature": {"°C": SAME, "°F": _FAHRENHEIT},
    "share": {"%": SAME},
    "rate": {"/min": SAME},
    "volume": {"mL": SAME, "L": _by("1000")},
    "age": {"years": SAME},
    "months": {"months": SAME},
    "days": {"d": SAME, "h": Scale(Fraction(1, 24))},
    "hours": {"h": SAME, "min": Scale(Fraction(1, 60)), "d": _by("24")},
    "minutes": {"min": SAME, "h": _by("60")},
    "count": dict.fromkeys(_COUNTS, SAME),
}
# Other spellings, in lower case and without spaces.
SPELLINGS: Final = {
    "℃": "°c",
    "c": "°c",
    "f": "°f",
    "bpm": "/min",
    "次/分": "/min",
    "year": "years",
    "岁": "years",
    "month": "months",
    "day": "d",
    "days": "d",
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "minutes": "min",
    "ml/min/1.73m2": "ml/min/1.73m²",
    "ml/min/1.73m2/year": "ml/min/1.73m²/year",
}


def _plain(unit: str) -> str:
    spelt = unit.replace(" ", "").casefold()
    return SPELLINGS.get(spelt, spelt)


def units_of(quantity: str) -> tuple[str, ...]:
    """Return the units in which a quantity may be given, the rules' own first."""
    return tuple(QUANTITIES[quantity])


def convert(value: Decimal, unit: str, quantity: str) -> Fraction:
    """Return `value` in the rules' unit of the quantity, exactly.

    Without a unit a count is a count; every other value needs one. Raises UnknownUnit.
    """
    scales = QUANTITIES[quantity]
    if not unit and quantity == "count":
        return Fraction(value)
    wanted = _plain(unit)
    scale = next((scale for name, scale in scales.items() if _plain(name) == wanted), None)
    if scale is None:
        raise UnknownUnit(", ".join(scales))
    return Fraction(value) * scale.factor + scale.offset
