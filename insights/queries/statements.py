"""Reads what alliances have stated."""

from uuid import UUID

from django.db.models import QuerySet

from insights.models import Statement


def of_year(alliance_id: UUID, year: int) -> QuerySet[Statement]:
    """Return all that was ever stated of a year, the newest first, with who did."""
    rows = Statement.objects.filter(alliance=alliance_id, year=year)
    return rows.select_related("stated_by").order_by("-stated_at", "-id")


def holding(alliance_id: UUID, year: int) -> dict[str, Statement]:
    """Return what holds of a year, by what it is about."""
    rows = of_year(alliance_id, year).filter(superseded_at__isnull=True)
    return {row.code: row for row in rows}


def in_force(alliance_id: UUID, year: int, code: str) -> Statement | None:
    """Return what holds."""
    return of_year(alliance_id, year).filter(code=code, superseded_at__isnull=True).first()
