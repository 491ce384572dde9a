"""Hides personal values by the rules of domain.md 8.4; what is shown is never enough to guess the rest."""

import re
from typing import Final

from patients.models import IdentifierKind
from patients.names import compound_surname

STAR: Final = "*"
_STREET = re.compile(r"街道|苏木|镇|乡")
_VILLAGE = re.compile(r"社区|居委会|村委会|村")
_ROAD = re.compile(r"大道|大街|路|街|巷|弄|胡同")
_DISTRICT = re.compile(r"[省市区县旗州盟]")
_NUMBER = re.compile(r"[0-9０-９]")
_AREA_CODE = re.compile(r"(010|02\d|0[3-9]\d{2})(\d{7,8})")
_LATIN_NAME = re.compile(r"[\x00-\u024f]+")


def name(text: str) -> str:
    """Mask a name: 张三 → 张*, 李小明 → 李**, 欧阳修文 → 欧阳**; of Latin names the first letter stays."""
    plain = text.strip()
    if not plain:
        return ""
    if _LATIN_NAME.fullmatch(plain):
        return plain[0] + STAR * 3
    surname = compound_surname(plain)
    if surname and len(plain) > len(surname):
        return surname + STAR * min(len(plain) - len(surname), 2)
    return plain[0] + STAR * min(max(len(plain) - 1, 1), 2)


def identifier(kind: IdentifierKind | str, value: str) -> str:
    """Mask a document number: the first 6 and last 4 of a resident ID, the last 4 of record numbers.

    Other documents keep the first character and the last two; at least a third is hidden.
    """
    if kind == IdentifierKind.RESIDENT_ID:
        return _keep(value, 6, 4)
    if kind in (IdentifierKind.HEALTH_RECORD, IdentifierKind.INSURANCE):
        return record_number(value)
    return _keep(value, 1, 2)


def record_number(value: str) -> str:
    """Mask a record or insurance number: the last 4 stay."""
    return _keep(value, 0, 4)


def phone(number: str) -> str:
    """Mask a telephone number: 138****5678; a landline keeps its area code: 0838-****301."""
    landline = _AREA_CODE.fullmatch(number)
    if landline:
        area, local = landline.groups()
        return f"{area}-{STAR * (len(local) - 3)}{local[-3:]}"
    if len(number) == 11 and number.startswith("1"):
        return _keep(number, 3, 4)
    return _keep(number, 0, 2)


def address(text: str) -> str:
    """Mask an address below the street or village; house, building and room are hidden."""
    plain = text.strip()
    if not plain:
        return ""
    number = _NUMBER.search(plain)
    head = plain[: number.start()] if number else plain
    for marker, last in ((_VILLAGE, True), (_STREET, True), (_ROAD, False), (_DISTRICT, True)):
        ends = [found.end() for found in marker.finditer(head)]
        if ends:
            return plain[: ends[-1] if last else ends[0]] + STAR * 4
    return plain[: min(6, len(plain) // 2)] + STAR * 4


def _keep(value: str, first: int, last: int) -> str:
    """Hide the middle; a value too short to hide a third of it keeps a quarter at each end at most."""
    if 3 * (first + last) > 2 * len(value):
        last = min(last, len(value) // 4)
        first = min(first, len(value) // 4)
    hidden = len(value) - first - last
    return value[:first] + STAR * hidden + (value[-last:] if last else "")
