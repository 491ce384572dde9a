"""Checks and normalises document numbers and telephone numbers, and makes their blind indexes."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.encryption import blind_index
from patients.models import Gender, IdentifierKind

# GB 11643-1999: the weights are 2^(17-i) mod 11, the check character stands at the weighted sum mod 11.
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS: Final = "10X98765432"
# GB/T 2260 codes of provinces, with those of Hong Kong, Macau and Taiwan (residence permits, 2018).
PROVINCES: Final = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 83),
    )
    for code in range(first, last + 1)
)
MAJORITY_OF_CONSENT: Final = 14
# Numbers of whole-country scope. Insurance and health-record numbers repeat between regions, so an
# equal one does not show that two records are of one person.
LINKING_KINDS: Final = frozenset(
    set(IdentifierKind) - {IdentifierKind.HEALTH_RECORD, IdentifierKind.INSURANCE}
)

_RESIDENT = re.compile(r"\d{17}[\dX]")
_PATTERNS: Final = {
    IdentifierKind.PASSPORT: re.compile(r"(?=.*\d)[A-Z0-9]{5,15}"),
    IdentifierKind.HK_MACAU_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?"),
    IdentifierKind.TAIWAN_PERMIT: re.compile(r"\d{8}|\d{10}[A-Z]?"),
    IdentifierKind.FOREIGN_PERMANENT: re.compile(r"[A-Z]{3}\d{12}|9\d{16}[\dX]"),
    IdentifierKind.MILITARY: re.compile(r"[一-鿿]{1,4}字\d{4,10}|\d{7,9}"),
    IdentifierKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z]\d{9}"),
    IdentifierKind.HEALTH_RECORD: re.compile(r"\d{17}"),
    IdentifierKind.INSURANCE: re.compile(r"[A-Z0-9]{6,30}"),
}
_SEPARATORS = re.compile(r"[\s\-–—_()]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_SERVICE = re.compile(r"(?:400|800)\d{7}|95\d{3,6}|1[0-2]\d{1,3}")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})\d{7,8}")
_ABROAD = re.compile(r"\+\d{7,15}")


class InvalidIdentifier(ValueError):
    """A number that cannot be what it says it is; `text` is a translated sentence without the number."""

    def __init__(self, text: object) -> None:
        """Keep the sentence apart from the number, which must never reach a log."""
        super().__init__("invalid identifier")
        self.text = text


@dataclass(frozen=True, slots=True)
class Facts:
    """What a resident ID says about its bearer."""

    birth_date: date
    gender: Gender
    region_code: str


def squeezed(text: str) -> str:
    """Return the text in full compatibility form, upper case, without blanks and separators."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(first_17: str) -> str:
    """Return the 18th character of a resident ID from its first 17 digits (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return CHECKS[total % 11]


def resident_facts(number: str) -> Facts:
    """Return birth date, sex and region of a resident ID; raises InvalidIdentifier.

    The region is the one at the time of issue and may no longer exist, so only the province is checked.
    """
    if not _RESIDENT.fullmatch(number) or not number.isascii():
        raise InvalidIdentifier(_("A resident ID has 17 digits and a check character."))
    if number[:2] not in PROVINCES:
        raise InvalidIdentifier(_("No resident ID begins with this region."))
    if check_character(number[:17]) != number[17]:
        raise InvalidIdentifier(_("The check character of this resident ID is wrong."))
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise InvalidIdentifier(
            _("The date of birth in this resident ID does not exist.")
        ) from error
    return Facts(born, Gender.MALE if int(number[16]) % 2 else Gender.FEMALE, number[:6])


def _resident(number: str) -> str:
    resident_facts(number)
    return number


def _permanent(number: str) -> str:
    # The card of 2023 has 18 characters and the check character of GB 11643; the older one has none.
    if len(number) == 18 and check_character(number[:17]) != number[17]:
        raise InvalidIdentifier(_("The check character of this number is wrong."))
    return number


def _military(number: str) -> str:
    return number.replace("第", "").removesuffix("号")


_EXTRA: Final[dict[IdentifierKind, Callable[[str], str]]] = {
    IdentifierKind.RESIDENT_ID: _resident,
    IdentifierKind.FOREIGN_PERMANENT: _permanent,
}


def normalised(kind: IdentifierKind, value: str) -> str:
    """Return a document number in the one form that is stored and indexed; raises InvalidIdentifier."""
    number = squeezed(value)
    if kind is IdentifierKind.MILITARY:
        number = _military(number)
    pattern = _PATTERNS.get(kind)
    if pattern is not None and not (pattern.fullmatch(number) and _plain_digits(number)):
        raise InvalidIdentifier(_("This is not the form of such a number."))
    extra = _EXTRA.get(kind)
    return extra(number) if extra else number


def _plain_digits(text: str) -> bool:
    """Say whether all digits are ASCII; `\\d` also takes those of other scripts."""
    return all(char.isascii() or not char.isdigit() for char in text)


def identifier_index(kind: IdentifierKind, value: str) -> bytes:
    """Return the blind index of a normalised document number, 32 bytes; kinds never collide."""
    return blind_index(value, purpose=f"patients.identifier.{kind.value}")


def normalised_phone(text: str) -> str:
    """Return a telephone number as digits, foreign ones with their plus; raises InvalidIdentifier.

    Mobile numbers, landlines with area code, service numbers, and E.164 numbers from abroad.
    """
    number = squeezed(text)
    for prefix in ("+86", "0086"):
        if number.startswith(prefix):
            number = number.removeprefix(prefix)
            number = number if _MOBILE.fullmatch(number) or number.startswith("0") else f"0{number}"
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not number.isascii() or not any(
        pattern.fullmatch(number) for pattern in (_MOBILE, _LANDLINE, _SERVICE, _ABROAD)
    ):
        raise InvalidIdentifier(_("This is not a telephone number."))
    return number


def phone_index(number: str) -> bytes:
    """Return the blind index of a normalised telephone number, 32 bytes."""
    return blind_index(number, purpose="patients.phone")


def age_on(birth_date: date, day: date) -> int:
    """Return the age in completed years; somebody born on 29 February comes of age on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def needs_guardian(birth_date: date, day: date) -> bool:
    """Say whether only a guardian can consent: below 14 years (PIPL article 31)."""
    return age_on(birth_date, day) < MAJORITY_OF_CONSENT
