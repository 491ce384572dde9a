"""Names who has not reported what a number is divided by."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from facilities.models import Region
from facilities.queries import directory
from insights.values import Number

# Whom a line names; all of them stand on the page of monthly figures.
MOST: Final = 3
Names = Mapping[UUID | str, str]
NOBODY: Final[Names] = {}


def names(numbers: Iterable[Number]) -> Names:
    """Return the names of all whom these numbers miss; two statements, none where nobody is missed."""
    wanted = {who for number in numbers for who, _month in _first(number)}
    ids = [who for who in wanted if isinstance(who, UUID)]
    codes = [who for who in wanted if isinstance(who, str)]
    found: dict[UUID | str, str] = {}
    if ids:
        found |= {pk: str(place) for pk, place in directory.places(ids).items()}
    if codes:
        found |= dict(Region.objects.filter(code__in=codes).values_list("code", "name"))
    return found


def words(number: Number, named: Names) -> str:
    """Return who has not reported which month, the first of them; "" where nobody is missed."""
    who = "; ".join(f"{named.get(pk, pk)} {month:%Y-%m}" for pk, month in _first(number))
    if not who:
        return ""
    is_all = len({pk for pk, _month in number.missing}) <= MOST
    text = _("Not reported: %(who)s") if is_all else _("Not reported: %(who)s and others")
    return text % {"who": who}


def _first(number: Number) -> list[tuple[UUID | str, date]]:
    """Return the first who are missed, each with the first month."""
    found: dict[UUID | str, date] = {}
    for who, month in number.missing:
        found.setdefault(who, month)
    return list(found.items())[:MOST]
