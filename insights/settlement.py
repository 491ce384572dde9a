"""Settles capitation from reported months: members × rate − payments by destination, and nothing where one is missing.

Pure; what one community earns is counted in insights/capitation.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from insights.capitation import income

MEMBERS: Final = "capitation_members"
# By where the members went, in the order of the table.
DESTINATIONS: Final = (
    "capitation_paid_own",
    "capitation_paid_alliance",
    "capitation_paid_inside",
    "capitation_paid_outside",
)
KINDS: Final = (MEMBERS, *DESTINATIONS)
# Community, kind, first day of the month.
Key = tuple[UUID, str, date]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds in a month: yuan a member a year, and for whose rosters."""

    rate: Decimal
    communities: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one community: what was reported by kind, None where nothing was; and the rate."""

    month: date
    rate: Decimal
    figures: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A community's account in yuan and fen over its months; the sums are None where a figure is missing."""

    community: UUID
    months: tuple[Month, ...]
    member_months: int | None
    income: Decimal | None
    payments: Mapping[str, Decimal | None]
    paid: Decimal | None
    balance: Decimal | None
    missing: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """All communities and their sum, which is None unless every month is agreed and every figure reported."""

    months: tuple[date, ...]
    lines: tuple[Line, ...]
    unagreed: tuple[date, ...]
    member_months: int | None
    income: Decimal | None
    payments: Mapping[str, Decimal | None]
    paid: Decimal | None
    balance: Decimal | None

    @property
    def is_complete(self) -> bool:
        """Everything that the sum needs is there."""
        return self.balance is not None


def settle(
    months: Sequence[date], agreed: Mapping[date, Agreed], figures: Mapping[Key, Decimal]
) -> Settlement:
    """Return the accounts of the months (first days) that are asked for; a community counts while it is named."""
    unagreed = tuple(month for month in months if month not in agreed)
    communities = sorted({each for month in agreed for each in agreed[month].communities})
    lines = tuple(_line(each, list(_months(each, months, agreed, figures))) for each in communities)
    is_whole = bool(lines) and not unagreed and not any(line.missing for line in lines)
    return Settlement(
        months=tuple(months),
        lines=lines,
        unagreed=unagreed,
        member_months=sum(line.member_months or 0 for line in lines) if is_whole else None,
        income=_sum((line.income for line in lines), is_whole=is_whole),
        payments={
            kind: _sum((line.payments[kind] for line in lines), is_whole=is_whole)
            for kind in DESTINATIONS
        },
        paid=_sum((line.paid for line in lines), is_whole=is_whole),
        balance=_sum((line.balance for line in lines), is_whole=is_whole),
    )


def _months(
    community: UUID,
    months: Iterable[date],
    agreed: Mapping[date, Agreed],
    figures: Mapping[Key, Decimal],
) -> Iterator[Month]:
    for month in months:
        terms = agreed.get(month)
        if terms is not None and community in terms.communities:
            reported = {kind: figures.get((community, kind, month)) for kind in KINDS}
            yield Month(month, terms.rate, reported)


def _line(community: UUID, months: Sequence[Month]) -> Line:
    missing = tuple(
        (kind, each.month) for each in months for kind in KINDS if each.figures[kind] is None
    )
    if missing:
        unknown: dict[str, Decimal | None] = dict.fromkeys(DESTINATIONS)
        return Line(community, tuple(months), None, None, unknown, None, None, missing)
    counted = [(int(each.figures[MEMBERS] or 0), each.rate) for each in months]
    payments: dict[str, Decimal | None] = {
        kind: _sum((each.figures[kind] for each in months), is_whole=True) for kind in DESTINATIONS
    }
    earned = income(counted)
    paid = _fen(payments.values())
    return Line(
        community=community,
        months=tuple(months),
        member_months=sum(members for members, _rate in counted),
        income=earned,
        payments=payments,
        paid=paid,
        balance=earned - paid,
        missing=(),
    )


def _sum(amounts: Iterable[Decimal | None], *, is_whole: bool) -> Decimal | None:
    return _fen(amounts) if is_whole else None


def _fen(amounts: Iterable[Decimal | None]) -> Decimal:
    """Return the sum in yuan and fen; figures are stored with more zeros than they have."""
    return sum((each or Decimal(0) for each in amounts), start=Decimal(0)).quantize(Decimal("0.01"))
