"""Says whose numbers somebody may see, and whether the rows behind them as well."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.models import Membership
from insights.scopes import Where
from insights.vocabulary import Scope

FACILITIES = frozenset({Scope.FACILITY_SENT, Scope.FACILITY_RECEIVED})


def demand_count(where: Where, by: Actor) -> None:
    """Raise Refused `not-found` where the numbers are nobody's business at this post.

    Everybody who may see referrals sees the numbers of the own facility; who looks over an alliance sees those
    of the alliance and of each facility that is or was its member.
    """
    if not may_count(where, by):
        raise Refused("not-found", _("There is no such number."), kind=Kind.NOT_FOUND)


def may_count(where: Where, by: Actor) -> bool:
    """Say whether somebody may see the numbers of a scope."""
    if by.is_system:
        return True
    if where.scope == Scope.ALLIANCE:
        mine = {str(each) for each in by.alliance_ids}
        return bool(where.keys) and mine.issuperset(where.keys)
    if where.scope in FACILITIES:
        return by.can(Permission.REFERRAL_VIEW) and all(_is_near(key, by) for key in where.keys)
    return False


def _is_near(key: str, by: Actor) -> bool:
    if key == str(by.facility_id):
        return True
    return key in {str(each) for each in members(by.alliance_ids)}


def members(alliance_ids: Iterable[UUID]) -> set[UUID]:
    """Return the facilities that are or were members of alliances."""
    rows = Membership.objects.filter(alliance__in=list(alliance_ids), starts__lte=date.max)
    return set(rows.values_list("facility_id", flat=True))


def sees_rows(where: Where, by: Actor) -> bool:
    """Say whether all rows behind a number of the scope are open to somebody; else few persons are not shown."""
    if by.is_system or where.scope == Scope.ALLIANCE:
        return by.is_system or by.can(Permission.REFERRAL_VIEW)
    return where.scope in FACILITIES and set(where.keys) == {str(by.facility_id)}
