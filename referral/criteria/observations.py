"""Turns what a clinician typed into the values that rules compare, or says of each what is wrong with it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from referral.criteria import units
from referral.criteria.shapes import Value, Variable, Words

AGE: Final = "age"
MOST: Final = 100


class BadObservations(ValueError):
    """Some observations cannot be used; `errors` holds a sentence for each variable."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        """Keep the sentences by variable."""
        super().__init__(", ".join(errors))
        self.errors = errors


def spoken(words: Words) -> str:
    """Return a text in the language of the reader."""
    return words.zh if (get_language() or "zh").startswith("zh") else words.en


def values(
    given: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Variable],
    *,
    age: int | None = None,
    gender: str = "",
) -> dict[str, Value]:
    """Return the observed values in the rules' units; `age` in years counts unless it was observed.

    So does `gender` (shapes.GENDERS): what is never true of this sex is not.

    Each observation holds `value` and, for a measured one, `unit`. Raises BadObservations: unknown
    variable, a number for a yes or no, unknown unit, an impossible value.
    """
    errors: dict[str, list[str]] = {}
    found: dict[str, Value] = {}
    for name, observed in given.items():
        variable = variables.get(name)
        if variable is None:
            errors[name] = [_("No rule knows this observation.")]
            continue
        try:
            found[name] = _value(variable, observed["value"], str(observed.get("unit", "")))
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise BadObservations(errors)
    if age is not None:
        found.setdefault(AGE, units.convert(Decimal(age), "years", "age"))
    for name, variable in variables.items():
        if variable.is_never_true_of(gender):
            found.setdefault(name, False)
    return found


def usable(
    given: Mapping[str, Mapping[str, Any]], variables: Mapping[str, Variable]
) -> dict[str, Mapping[str, Any]]:
    """Return the observations that can be used; for those that were checked on an earlier day."""
    try:
        values(given, variables)
    except BadObservations as bad:
        return {name: each for name, each in given.items() if name not in bad.errors}
    return dict(given)


def _value(variable: Variable, value: Any, unit: str) -> Value:
    if not variable.is_number:
        if type(value) is not bool or unit:
            raise ValueError(_("Answer this with true or false."))
        return value
    if type(value) not in {int, float}:
        raise ValueError(_("Give this as a number."))
    try:
        # The shortest text of a JSON number is what was typed, so 16.7 is 16.7 and not a bit less.
        converted = units.convert(Decimal(repr(value)), unit, variable.quantity)
    except units.UnknownUnit as error:
        text = _("Give the unit, one of: %(units)s.") % {"units": error.args[0]}
        raise ValueError(text) from error
    if not variable.minimum <= converted <= variable.maximum:
        raise ValueError(_("This value is not possible; check number and unit."))
    return converted
