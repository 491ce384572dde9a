"""Turns the text of one cell into a value; what cannot be turned raises BadCell with the reason."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from facilities import catalogue
from facilities.codes import normal_uscc
from facilities.vocabulary import CATEGORY_PATTERN, FACILITY_CODE_PATTERN

Parser = Callable[[str], Any]

_YES: Final = frozenset({"1", "true", "yes", "y", "是", "有", "启用"})
_NO: Final = frozenset({"0", "false", "no", "n", "否", "无", "停用"})
_DATE_FORMATS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
_CLOCK_FORMATS: Final = ("%H:%M", "%H:%M:%S", "%H：%M")
_MONTH: Final = re.compile(
    r"(?P<year>[0-9]{4})[-/.年]?(?P<month>[0-9]{1,2})(月|[-/.]0?1)?( 00:00:00)?"
)
# Digits in groups of three as spreadsheets show them, or none at all; four places behind the point.
_AMOUNT: Final = re.compile(r"([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,4})?")
# What takes back a figure that should never have been reported.
WITHDRAWN: Final = "withdrawn"
_WITHDRAWALS: Final = frozenset({WITHDRAWN, "撤回"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_USERNAME = re.compile(r"^[\w.@+-]{1,150}$")


class BadCell(Exception):
    """A cell that cannot be read; the message is the reason, in the language of the run."""


def text(longest: int) -> Parser:
    """Return the parser of a text of limited length without control characters."""

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise BadCell(
                _("The text has %(length)d characters, at most %(longest)d are possible.")
                % {"length": len(cell), "longest": longest}
            )
        if _CONTROL.search(cell):
            raise BadCell(_("The text contains a control character."))
        return cell

    return parse


def facility_code(cell: str) -> str:
    """Read an own code of a facility."""
    if not re.fullmatch(FACILITY_CODE_PATTERN, cell):
        raise BadCell(_("A code has 2 to 32 capital letters, digits or hyphens."))
    return cell


def uscc(cell: str) -> str:
    """Read a unified social credit code, with its check character."""
    try:
        return normal_uscc(cell)
    except ValidationError as error:
        raise BadCell(error.messages[0]) from error


def category(cell: str) -> str:
    """Read a WS 218 category."""
    if not re.fullmatch(CATEGORY_PATTERN, cell):
        raise BadCell(_("A category of WS 218 is one letter and three digits."))
    return cell


def specialty(cell: str) -> str:
    """Read a code of the national list of treatment subjects."""
    if cell not in catalogue.specialties():
        raise BadCell(
            _(
                "This code is not in the national list of treatment subjects (as 03.04; "
                "format the cells as text)."
            )
        )
    return cell


def one_of(choices: type[models.Choices], synonyms: Mapping[str, Any] | None = None) -> Parser:
    """Return the parser of a choice: its value, its name in the language of the run, or a synonym."""
    known: dict[str, Any] = {str(value).lower(): value for value in choices.values}
    known.update({word.lower(): value for word, value in (synonyms or {}).items()})

    def parse(cell: str) -> Any:
        word = cell.lower()
        if word in known:
            return known[word]
        for value, label in choices.choices:
            if str(label).lower() == word:
                return value
        raise BadCell(
            _("Write one of: %(values)s.") % {"values": ", ".join(map(str, choices.values))}
        )

    return parse


def yes_or_no(cell: str) -> bool:
    """Read 是/否, yes/no, true/false, 1/0."""
    word = cell.lower()
    if word not in _YES and word not in _NO:
        raise BadCell(_("Write yes or no."))
    return word in _YES


def day(cell: str) -> date:
    """Read a date; a time after it must be midnight, as spreadsheets write it."""
    plain = cell.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    for pattern in _DATE_FORMATS:
        try:
            return datetime.strptime(plain, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadCell(_("Write a date as 2026-05-06."))


def clock(cell: str) -> time:
    """Read a time of the day as 8:30, with or without seconds."""
    for pattern in _CLOCK_FORMATS:
        try:
            return datetime.strptime(cell, pattern).time()  # noqa: DTZ007 - no day, no zone
        except ValueError:
            continue
    raise BadCell(_("Write a time as 08:30."))


def whole(most: int) -> Parser:
    """Return the parser of a whole number from 0 to `most`; a share may end with a percent sign."""

    def parse(cell: str) -> int:
        digits = cell.removesuffix("%")
        if not re.fullmatch(r"[0-9]{1,6}", digits) or int(digits) > most:
            raise BadCell(_("Write a whole number from 0 to %(most)d.") % {"most": most})
        return int(digits)

    return parse


def month(cell: str) -> date:
    """Read a month as 2026-09, 2026年9月, or its first day as spreadsheets make of it; returns the first day."""
    found = _MONTH.fullmatch(unicodedata.normalize("NFKC", cell))
    if found is None or not 1 <= int(found["month"]) <= 12 or int(found["year"]) < 1:
        raise BadCell(_("Write a month as 2026-09."))
    return date(int(found["year"]), int(found["month"]), 1)


def amount(cell: str) -> Decimal | str:
    """Read a number that is not negative, with at most four decimals; or the word that takes one back."""
    plain = unicodedata.normalize("NFKC", cell)
    if plain.lower() in _WITHDRAWALS:
        return WITHDRAWN
    if not _AMOUNT.fullmatch(plain):
        raise BadCell(_("Write a number that is not negative, as 1234 or 1234.5."))
    return Decimal(plain.replace(",", ""))


def degrees(limit: int) -> Parser:
    """Return the parser of a latitude (90) or longitude (180), to six places."""

    def parse(cell: str) -> Decimal:
        try:
            value = Decimal(cell)
        except InvalidOperation as error:
            raise BadCell(_("Write a number of degrees.")) from error
        if not value.is_finite() or abs(value) > limit:
            raise BadCell(_("Write a number of degrees."))
        return value.quantize(Decimal("0.000001"))

    return parse


def username(cell: str) -> str:
    """Read a user name, with the characters that Django allows."""
    if not _USERNAME.match(cell):
        raise BadCell(_("A user name has letters, digits and . @ + - _ only."))
    return cell


def email(cell: str) -> str:
    """Read an e-mail address."""
    try:
        models.EmailField().run_validators(cell)
    except ValidationError as error:
        raise BadCell(error.messages[0]) from error
    return cell
