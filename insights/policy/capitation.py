"""Says who sees the settlement of an alliance, who sets its agreement, and what an agreement may say."""

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from accounts.permissions import Permission
from insights.months import FIRST_YEAR

MONTHS_AHEAD: Final = 12
# Letters of where an agreement is written down.
SOURCE: Final = 200


def demand_settle(by: Actor, alliance_id: UUID) -> None:
    """Let who looks over an alliance see what its communities are paid. Raises Refused `not-found`."""
    if not (by.can(Permission.ALLIANCE_VIEW) and alliance_id in by.alliance_ids):
        raise not_found()


def demand_agree(by: Actor, alliance_id: UUID) -> None:
    """Let the same set what is agreed, if it sets rules at all. Raises Refused `not-found`."""
    if not by.can(Permission.REFERRAL_COORDINATE):
        raise not_found()
    demand_settle(by, alliance_id)


def demand_month(starts: date, today: date) -> None:
    """Refuse a first month before 2000 or more than a year ahead. Raises Refused."""
    ahead = (starts.year - today.year) * 12 + starts.month - today.month
    if starts.year < FIRST_YEAR or ahead > MONTHS_AHEAD:
        text = _("An agreement begins between the year 2000 and a year from now.")
        raise Refused("agreement-month", text, kind=Kind.UNPROCESSABLE)


def demand_communities(named: Collection[UUID], members: Collection[UUID]) -> None:
    """Refuse an agreement for nobody, or for whoever is no member then. Raises Refused."""
    if not named or not set(named) <= set(members):
        text = _("Name the communities: members of the alliance from the first month on.")
        raise Refused("agreement-communities", text, kind=Kind.UNPROCESSABLE)
