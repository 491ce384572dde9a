"""Says who states what of an alliance, and for which years."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from accounts.permissions import Permission
from insights.months import FIRST_YEAR


def demand_state(by: Actor, alliance_id: UUID) -> None:
    """Let who looks over an alliance state what it is; nobody else learns that it is there. Raises Refused."""
    allowed = by.can(Permission.ALLIANCE_VIEW) and by.can(Permission.FIGURES_REPORT)
    if not (allowed and alliance_id in by.alliance_ids):
        raise not_found()


def demand_year(year: int, today: date) -> None:
    """Refuse a year that has not begun, or one before 2000. Raises Refused."""
    if not FIRST_YEAR <= year <= today.year:
        text = _("A statement is about a year from 2000 to this one.")
        raise Refused("statement-year", text, kind=Kind.UNPROCESSABLE, errors={"year": [str(text)]})
