"""Puts names to the values of breakdowns: places, regions, people, diseases, words of codes."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from facilities.models import Alliance, Region
from facilities.queries import directory
from facilities.vocabulary import Tier
from insights.vocabulary import Dim
from referral import diagnoses
from referral.codes import DeclineReason
from referral.states import Urgency

UNKNOWN = "-"


def labels(by: Dim, values: Iterable[str]) -> Mapping[str, str]:
    """Return a name for each value, in the reader's language; one statement at most."""
    wanted = list(values)
    named = _named(by, [value for value in wanted if value and value != UNKNOWN])
    return {value: named.get(value) or value or _("Not stated") for value in wanted}


def gaps(missing: Iterable[tuple[UUID | str, date]]) -> list[tuple[str, list[date]]]:
    """Return who has not reported by name, each with the months; two statements at most."""
    months: dict[UUID | str, list[date]] = {}
    for about, month in missing:
        months.setdefault(about, []).append(month)
    places = [about for about in months if isinstance(about, UUID)]
    codes = [about for about in months if isinstance(about, str)]
    names: dict[UUID | str, str] = {}
    if places:
        names.update({pk: str(place) for pk, place in directory.places(places).items()})
    if codes:
        names.update(Region.objects.filter(code__in=codes).values_list("code", "name"))
    return [(names.get(about, str(about)), when) for about, when in months.items()]


def _named(by: Dim, values: list[str]) -> Mapping[str, str]:
    if by in {Dim.SENDER, Dim.RECEIVER, Dim.DEPARTMENT}:
        return {str(pk): str(place) for pk, place in directory.places(map(UUID, values)).items()}
    if by == Dim.ALLIANCE:
        rows = Alliance.objects.filter(id__in=values).values_list("id", "name")
        return {str(pk): name for pk, name in rows}
    if by == Dim.DOCTOR:
        people = User.objects.filter(id__in=values).values_list("id", "full_name")
        return {str(pk): name for pk, name in people}
    if by == Dim.REGION:
        return dict(Region.objects.filter(code__in=values).values_list("code", "name"))
    return {value: _word(by, value) for value in values}


def _word(by: Dim, value: str) -> str:
    if by == Dim.URGENCY:
        return str(Urgency(int(value)).label)
    if by == Dim.DECLINE_REASON:
        return str(DeclineReason(value).label)
    if by == Dim.EDGE:
        low, high = value.split(">")
        return f"{Tier(int(low)).label} → {Tier(int(high)).label}"
    name = diagnoses.name_of(value)
    return f"{value} {name}".strip()
