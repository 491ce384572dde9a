"""Reads what the address of a page asks for, and writes the addresses of the same question asked otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.functional import Promise

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from insights import asking
from insights.asking import Asked
from insights.forms import PageQuery
from insights.periods import Length, Period, around

SCOPES: Final = ("alliance", "facility", "region", "side")
DAYS: Final = ("period", "first", "last")
ENDS: Final = frozenset({"first", "last"})
LENGTHS: Final = (Length.MONTH, Length.QUARTER, Length.YEAR, Length.WEEK, Length.DAY)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what of it was chosen in so many words, and what else stands in the address."""

    asked: Asked
    chosen: Mapping[str, str]
    more: Mapping[str, Any]
    # Whether numbers lead to their referrals.
    has_rows: bool = True

    @property
    def period(self) -> Period:
        """The days that are asked about."""
        return self.asked.period

    def address(self, **other: str) -> str:
        """Return the same question as the query of an address, with other words where they are given; "" leaves out."""
        return self.at(self.period, **other)

    def at(self, period: Period, **other: str) -> str:
        """Return the same question about other days."""
        words = {**self.chosen, **of_days(period), **other}
        return "?" + urlencode({name: word for name, word in words.items() if word})

    def of(self, period: Period) -> "Question":
        """Return the same question about other days, as a question."""
        return replace(self, asked=self.asked.at(period))


def read(request: HttpRequest, by: Actor) -> Question:
    """Return what a page is asked; raises Refused with the words of what is wrong."""
    said = {name: str(word) for name, word in request.GET.items() if word}
    form = PageQuery(data=said)
    if not form.is_valid():
        raise _refused(form.errors, said)
    words: Mapping[str, Any] = form.validated_data
    chosen: dict[str, str] = {name: said[name] for name in SCOPES if name in said}
    return Question(asking.read(words, by), chosen, words, by.can(Permission.REFERRAL_VIEW))


def _refused(errors: Mapping[str, Any], said: Mapping[str, str]) -> Refused:
    """Return the refusal; of days in the same words as of a period that does not exist."""
    if any(name in errors for name in DAYS):
        try:
            asking.read_period({"period": said.get("period") or "?"})
        except Refused as refusal:
            return refusal
    texts = [str(text) for each in errors.values() for text in each]
    return bad(" ".join(texts))


def bad(words: str | Promise) -> Refused:
    """Return the refusal of what is no question."""
    return Refused("bad-question", words, kind=Kind.INVALID)


def of_days(period: Period) -> dict[str, str]:
    """Return the words of an address that ask about a period."""
    if period.length == Length.DAYS:
        return {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return {"period": asking.name_of(period)}


def following(period: Period) -> Period:
    """Return the period of the same length just behind."""
    day = period.last + timedelta(days=1)
    if period.length == Length.DAYS:
        return Period(Length.DAYS, day, day + (period.last - period.first))
    return around(period.length, day)


def lengths(period: Period, today: date) -> dict[Length, Period]:
    """Return the period of each length around the last day asked about that has come."""
    day = min(period.last, today)
    return {length: around(length, max(day, period.first)) for length in LENGTHS}
