"""Tells a settlement: the same numbers for the page and the REST door, each line with what it is made of."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from facilities.queries import directory
from insights.models import CapitationAgreement
from insights.settlement import DESTINATIONS, MEMBERS, Line, Settlement
from insights.volume_kinds import kinds, written

Data = dict[str, Any]


def month_of(day: date) -> str:
    """Return a month as it is written."""
    return f"{day:%Y-%m}"


def settlement(found: Settlement) -> Data:
    """Return the accounts with the names of the communities; one statement."""
    places = directory.places(line.community for line in found.lines)
    names = {pk: str(place) for pk, place in places.items()}
    return {
        "months": [month_of(month) for month in found.months],
        "unagreed": [month_of(month) for month in found.unagreed],
        "complete": found.is_complete,
        "lines": [_line(line, names) for line in found.lines],
        **_sums(found),
    }


def _sums(one: Line | Settlement) -> Data:
    return {
        "member_months": one.member_months,
        "income": _money(one.income),
        "payments": _payments(one.payments),
        "paid": _money(one.paid),
        "balance": _money(one.balance),
    }


def _line(line: Line, names: Mapping[UUID, str]) -> Data:
    missing = [
        {"kind": kind, "name": kinds()[kind].name, "month": month_of(month)}
        for kind, month in line.missing
    ]
    return {
        "facility": line.community,
        "name": names.get(line.community, ""),
        **_sums(line),
        "missing": missing,
        "months": [
            {
                "month": month_of(each.month),
                "rate": _money(each.rate),
                "members": _whole(each.figures[MEMBERS]),
                "payments": _payments(each.figures),
            }
            for each in line.months
        ],
    }


def _payments(figures: Mapping[str, Decimal | None]) -> list[Data]:
    return [
        {"destination": kind, "name": kinds()[kind].name, "amount": _money(figures[kind])}
        for kind in DESTINATIONS
    ]


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _whole(figure: Decimal | None) -> int | None:
    text = written(figure)
    return None if text is None else int(text)


def agreement(row: CapitationAgreement) -> Data:
    """Return what was agreed; who is replaced holds for no month."""
    named: Iterable[Any] = row.communities.all()
    return {
        "id": row.pk,
        "starts": month_of(row.starts),
        "ends": None if row.ends is None else month_of(row.ends),
        "replaced": row.is_withdrawn,
        "rate": _money(row.rate),
        "counting_day": row.counting_day,
        "source": row.source,
        "communities": sorted(each.facility_id for each in named),
        "set_by": row.set_by.full_name if row.set_by else None,
        "set_at": row.set_at,
    }
