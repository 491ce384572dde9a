"""Capitation: what a community is paid for its roster, less what was paid for its members, by where they went.

Money is exact to the fen. A member counts for the months in which he was enrolled on the counting day, so who joins
or leaves within a year counts in part (insights/data/capitation.toml; a local rule, which terms may set otherwise).
"""

import calendar
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from referral.criteria.shapes import Words

DATA: Final = Path(__file__).parent / "data" / "capitation.toml"
FEN: Final = Decimal("0.01")
MONTHS: Final = 12
# Every month has this day.
LATEST_COUNTING_DAY: Final = 28
MOST_MONEY: Final = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One member's time with one community; both days are included, `ends` None is still going on."""

    member: str
    community: str
    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """What the fund paid for a community's members at one destination; negative for money that came back."""

    community: str
    destination: str
    paid_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says: yuan a member a year, and on which day of a month its members are counted."""

    rate: Decimal
    counting_day: int


@dataclass(frozen=True, slots=True)
class Account:
    """One community's year, in yuan and fen; balance = income − paid. `by_month` holds its members of each month."""

    community: str
    members: int
    by_month: tuple[int, ...]
    income: Decimal
    payments: dict[str, Decimal]
    paid: Decimal
    balance: Decimal

    @property
    def member_months(self) -> int:
        """Return the months that are paid for."""
        return sum(self.by_month)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The accounts of a year, by community, and their sum."""

    year: int
    accounts: list[Account]
    members: int
    income: Decimal
    payments: dict[str, Decimal]
    paid: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class CountingDay:
    """The day of a month that is usual, who uses it, and whether a person has checked that."""

    day: int
    source: Words
    verified: bool


@cache
def usual_counting_day() -> CountingDay:
    """Return what the data file says for terms that say nothing."""
    month = tomllib.loads(DATA.read_text(encoding="utf-8"))["month"]
    return CountingDay(
        month["counting_day"], Words(month["zh"], month["source"]), month["status"] == "verified"
    )


def settle(
    enrolments: Sequence[Enrolment],
    payments: Sequence[Payment],
    terms: Terms,
    *,
    year: int,
    through: int = MONTHS,
) -> Settlement:
    """Return the accounts of a year's first `through` months.

    income = months of members × rate / 12, rounded half up to the fen once a community; the sums are those of the
    rounded accounts. Raises Refused where a row cannot be right, and names its number, counted from 1.
    """
    _check_terms(terms, through)
    _check_enrolments(enrolments)
    _check_payments(payments, year, through)
    days = [date(year, month, terms.counting_day) for month in range(1, through + 1)]
    counted = _count(enrolments, days)
    paid = _paid(payments)
    accounts = [
        _account(
            community, counted.get(community, [set() for _ in days]), paid.get(community, {}), terms
        )
        for community in sorted({*counted, *paid})
    ]
    return Settlement(
        year=year,
        accounts=accounts,
        members=len(
            {member for months in counted.values() for month in months for member in month}
        ),
        income=_sum(each.income for each in accounts),
        payments=_by_destination(
            (name, money) for each in accounts for name, money in each.payments.items()
        ),
        paid=_sum(each.paid for each in accounts),
        balance=_sum(each.balance for each in accounts),
    )


def _count(enrolments: Sequence[Enrolment], days: Sequence[date]) -> dict[str, list[set[str]]]:
    """Return who is counted in each month, by community; a member counts once a month, in one community."""
    counted: dict[str, list[set[str]]] = {}
    placed: list[dict[str, int]] = [{} for _ in days]
    for row, each in enumerate(enrolments, start=1):
        months = counted.setdefault(each.community, [set() for _ in days])
        for number, day in enumerate(days):
            if not _is_enrolled(each, day):
                continue
            if (other := placed[number].setdefault(each.member, row)) != row:
                raise _impossible(
                    "enrolled-twice",
                    _("Rows %(one)d and %(other)d of the roster hold the same member on %(day)s.")
                    % {"one": other, "other": row, "day": day.isoformat()},
                )
            months[number].add(each.member)
    return counted


def _is_enrolled(enrolment: Enrolment, day: date) -> bool:
    return enrolment.starts <= day and (enrolment.ends is None or day <= enrolment.ends)


def _paid(payments: Sequence[Payment]) -> dict[str, dict[str, Decimal]]:
    paid: dict[str, dict[str, Decimal]] = {}
    for community in {each.community for each in payments}:
        paid[community] = _by_destination(
            (each.destination, each.amount) for each in payments if each.community == community
        )
    return paid


def _by_destination(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(lambda: Decimal("0.00"))
    for destination, amount in amounts:
        sums[destination] += amount
    return dict(sorted(sums.items()))


def _account(
    community: str, months: Sequence[set[str]], payments: dict[str, Decimal], terms: Terms
) -> Account:
    by_month = tuple(len(month) for month in months)
    earned = income((members, terms.rate) for members in by_month)
    paid = _sum(payments.values())
    return Account(
        community=community,
        members=len(set().union(*months)),
        by_month=by_month,
        income=earned,
        payments=payments,
        paid=paid,
        balance=earned - paid,
    )


def income(months: Iterable[tuple[int, Decimal]]) -> Decimal:
    """Return what is due for the members of months at the yearly rate of each, rounded half up to the fen once."""
    due = sum((members * rate for members, rate in months), start=Decimal(0))
    return (due / MONTHS).quantize(FEN, rounding=ROUND_HALF_UP)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, start=Decimal("0.00"))


def _check_terms(terms: Terms, through: int) -> None:
    if not _is_money(terms.rate) or terms.rate < 0:
        raise _impossible(
            "rate-impossible", _("The rate is an amount in yuan and fen, not below zero.")
        )
    if not 1 <= terms.counting_day <= LATEST_COUNTING_DAY or not 1 <= through <= MONTHS:
        raise _impossible(
            "counting-day-impossible",
            _("Members are counted on a day from 1 to 28, in 1 to 12 months."),
        )


def _check_enrolments(enrolments: Sequence[Enrolment]) -> None:
    for row, each in enumerate(enrolments, start=1):
        if each.ends is not None and each.ends < each.starts:
            raise _impossible(
                "enrolment-reversed",
                _("Row %(row)d of the roster ends before it begins.") % {"row": row},
            )


def _check_payments(payments: Sequence[Payment], year: int, through: int) -> None:
    last = date(year, through, calendar.monthrange(year, through)[1])
    for row, each in enumerate(payments, start=1):
        if not _is_money(each.amount):
            raise _impossible(
                "payment-impossible",
                _("Row %(row)d of the payments is no amount in yuan and fen.") % {"row": row},
            )
        if not date(year, 1, 1) <= each.paid_on <= last:
            raise _impossible(
                "payment-outside",
                _("Row %(row)d of the payments is outside the period.") % {"row": row},
            )


def _is_money(amount: Decimal) -> bool:
    return amount.is_finite() and abs(amount) < MOST_MONEY and amount == amount.quantize(FEN)


def _impossible(code: str, detail: str) -> Refused:
    return Refused(code, detail, kind=Kind.UNPROCESSABLE)
