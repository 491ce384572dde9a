"""What a follow-up measures and which warning signs a measurement shows; pure, from a data file."""

import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

DATA: Final = Path(__file__).parent / "data" / "follow_up.toml"
COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measurement: its unit, and the bounds within which it is plausible."""

    unit: str
    least: float
    most: float


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def quantities() -> dict[str, Quantity]:
    """Return what may be measured, by name."""
    return {name: Quantity(**row) for name, row in _data()["values"].items()}


def pressure_errors(values: Mapping[str, float]) -> dict[str, str]:
    """Return what is wrong with a blood pressure, by field: it is whole, the upper value above the lower."""
    upper, lower = values.get("sbp"), values.get("dbp")
    if (upper is None) != (lower is None):
        return {"sbp" if upper is None else "dbp": _("This is needed.")}
    if upper is not None and lower is not None and upper <= lower:
        return {"sbp": _("The upper blood pressure is above the lower one.")}
    return {}


def signs_shown(measured: Mapping[str, Any]) -> set[str]:
    """Return the codes of the warning signs that these measurements show.

    `measured` maps a name to `{"value": number, "unit": unit}`, each in the unit of the data file.
    """
    return {code for code, rule in _data()["signs"].items() if _is_shown(rule, measured)}


def _is_shown(rule: Mapping[str, Any], measured: Mapping[str, Any]) -> bool:
    return any(
        passes(measured[name]["value"], bound)
        for word, passes in COMPARED.items()
        for name, bound in rule.get(word, {}).items()
        if name in measured
    )
