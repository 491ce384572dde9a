"""Says who tries what for which facility, and who sees what was tried."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities.models import Membership
from facilities.models.dated import in_force
from insights.policy import numbers
from insights.scopes import received_by


def alliance_of(by: Actor, facility_id: UUID, on: date) -> UUID | None:
    """Return in which alliance somebody tries something for a facility, None for the own facility alone.

    Raises Refused `not-found` for what is nobody's business at this post.
    """
    numbers.demand_count(received_by(facility_id), by)
    rows = Membership.objects.filter(
        in_force(on), facility=facility_id, alliance__in=list(by.alliance_ids)
    )
    return rows.order_by("alliance").values_list("alliance", flat=True).first()


def demand_closure(alliance_id: UUID | None) -> None:
    """Refuse to try a closure without an alliance, whose members would take over. Raises Refused."""
    if alliance_id is None:
        text = _("Only who looks over an alliance tries a closure: its other members take over.")
        raise Refused("what-if-closure", text, kind=Kind.UNPROCESSABLE)


def seen_by(by: Actor) -> Q:
    """Return which runs somebody sees: of alliances looked over, of their members, of the own house."""
    near: Collection[UUID] = numbers.members(by.alliance_ids) if by.alliance_ids else ()
    own = [by.facility_id, *near] if by.facility_id else list(near)
    return Q(alliance__in=list(by.alliance_ids)) | Q(alliance__isnull=True, facility__in=own)
