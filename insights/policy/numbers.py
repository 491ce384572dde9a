"""Says whose numbers somebody may see, and whether the rows behind them as well."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from accounts.permissions import Permission
from facilities.models import Facility, Membership, Region
from facilities.queries.directory import region_prefix
from facilities.vocabulary import NATION
from insights import regions
from insights.scopes import SENT, Where
from insights.vocabulary import Dim, Scope

FACILITIES = frozenset({Scope.FACILITY_SENT, Scope.FACILITY_RECEIVED})
REGIONS = frozenset({Scope.REGION_SENT, Scope.REGION_RECEIVED})
OF_OWN_REGION = frozenset({Dim.ALLIANCE, Dim.DISEASE, Dim.URGENCY, Dim.EDGE, Dim.DECLINE_REASON})


def demand_count(where: Where, by: Actor) -> None:
    """Raise Refused `not-found` where the numbers are nobody's business at this post.

    Everybody who may see referrals sees the numbers of the own facility; who looks over an alliance sees those
    of the alliance and of each facility that is or was its member; a health authority those of its region, of the
    regions below and of the facilities in them.
    """
    if not may_count(where, by):
        raise Refused("not-found", _("There is no such number."), kind=Kind.NOT_FOUND)


def may_count(where: Where, by: Actor) -> bool:
    """Say whether somebody may see the numbers of a scope."""
    if by.is_system:
        return True
    if by.region is not None:
        return by.can(Permission.NUMBERS_VIEW) and _is_inside(where, by.region)
    if where.scope == Scope.ALLIANCE:
        mine = {str(each) for each in by.alliance_ids}
        return bool(where.keys) and mine.issuperset(where.keys)
    if where.scope in FACILITIES:
        return by.can(Permission.REFERRAL_VIEW) and all(_is_near(key, by) for key in where.keys)
    return False


def _is_inside(where: Where, region: str) -> bool:
    """Say whether a scope lies in a region: of an alliance, which may reach beyond it, never."""
    begins = region_prefix(region)
    keys = set(where.keys)
    if where.scope == Scope.ALL:
        return region == NATION
    if where.scope in REGIONS:
        found = Region.objects.filter(code__in=keys, code__startswith=begins).count()
    elif where.scope in FACILITIES:
        found = Facility.objects.filter(id__in=keys, region__code__startswith=begins).count()
    else:
        return False
    return bool(keys) and found == len(keys)


def _is_near(key: str, by: Actor) -> bool:
    if key == str(by.facility_id):
        return True
    return key in {str(each) for each in members(by.alliance_ids)}


def members(alliance_ids: Iterable[UUID]) -> set[UUID]:
    """Return the facilities that are or were members of alliances."""
    rows = Membership.objects.filter(alliance__in=list(alliance_ids), starts__lte=date.max)
    return set(rows.values_list("facility_id", flat=True))


def demand_rows(by: Actor) -> None:
    """Let who may see referrals have those behind a number, as far as each is theirs. Raises Refused `not-found`."""
    if not (by.is_system or by.can(Permission.REFERRAL_VIEW)):
        raise not_found()


def sees_rows(where: Where, by: Actor) -> bool:
    """Say whether all rows behind a number of the scope are open to somebody; else few persons are not shown."""
    if by.is_system or where.scope == Scope.ALLIANCE:
        return by.is_system or by.can(Permission.REFERRAL_VIEW)
    return where.scope in FACILITIES and set(where.keys) == {str(by.facility_id)}


def parts(where: Where, by: Actor) -> frozenset[Dim]:
    """Return by what somebody may break a number down.

    A health authority breaks a region down by those below it, the lowest by their institutions, and its own also by
    alliance, disease, urgency, tiers and reason: a cross of places with anything else would tell of few persons by
    subtraction. Doctors and departments are not its business.
    """
    if by.region is None:
        return frozenset(Dim)
    if where.scope in FACILITIES:
        return frozenset({Dim.NONE})
    code = regions.code_of(where)
    own = Dim.SENDER if where.scope in SENT else Dim.RECEIVER
    found = {Dim.NONE, Dim.REGION} if regions.under(code).exists() else {Dim.NONE, own}
    if code == by.region:
        found |= OF_OWN_REGION
    return frozenset(found)


def demand_parts(where: Where, by: Actor, breakdown: Dim) -> None:
    """Refuse a breakdown that is not for this post. Raises Refused."""
    if breakdown not in parts(where, by):
        text = _("This number is not broken down so far for a health authority.")
        raise Refused("breakdown-closed", text, kind=Kind.INVALID, errors={"by": [str(text)]})
