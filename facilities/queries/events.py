"""Reads events of public health with the facilities designated for them."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts.actors import Actor
from facilities import hierarchy
from facilities.models import Alliance, Designation, Facility, Membership, PublicHealthEvent, Region
from facilities.models.dated import in_force
from facilities.policy.events import is_everywhere
from facilities.vocabulary import FacilityKind


def events(*, on: date | None = None) -> QuerySet[PublicHealthEvent]:
    """Return the events, of a day those in force; every facility may know of each."""
    rows = PublicHealthEvent.objects.all()
    if on is not None:
        rows = rows.filter(in_force(on), ended_at__isnull=True)
    designated = Designation.objects.select_related("facility").order_by("facility__pinyin", "id")
    return rows.select_related("region", "alliance", "declared_by").prefetch_related(
        Prefetch("designations", designated)
    )


def binding(sender_id: UUID, diagnosis: str, on: date) -> list[PublicHealthEvent]:
    """Return the events of a day that bind what a facility sends with a diagnosis code, the oldest first.

    To name them: whether one binds is decided by the function facilities_event_rule.
    """
    code = diagnosis.upper().replace(".", "").replace(" ", "")
    places = Facility.objects.filter(pk=sender_id).values_list("region_id", flat=True)
    region = str(places.first() or "")
    where = Q(alliance__in=hierarchy.alliances_above(sender_id, on)) | Q(area__in=_begins(region))
    rows = events(on=on).filter(where, prefixes__overlap=_begins(code))
    return list(rows.order_by("declared_at", "id"))


def _begins(code: str) -> list[str]:
    return [code[:length] for length in range(1, len(code) + 1)]


def event(event_id: UUID) -> PublicHealthEvent | None:
    """Return one event, or None."""
    return events().filter(pk=event_id).first()


def lock_event(event_id: UUID) -> PublicHealthEvent | None:
    """Return one event, locked, or None. Needs a transaction."""
    return PublicHealthEvent.objects.select_for_update(no_key=True).filter(pk=event_id).first()


def region(code: str) -> Region | None:
    """Return the region with this code, or None."""
    return Region.objects.filter(code=code).first()


def alliance_exists(alliance_id: UUID, on: date) -> bool:
    """Say whether an alliance is in force on a day."""
    return Alliance.objects.filter(in_force(on), pk=alliance_id).exists()


def designable(facility_ids: Iterable[UUID], by: Actor, on: date) -> set[UUID]:
    """Return which of these facilities the actor may designate: open and treating ones.

    A manager designates members of his alliances only: nobody else's hospital is his to fill.
    """
    rows = Facility.objects.filter(
        pk__in=list(facility_ids), is_active=True, kind=FacilityKind.TREATING
    )
    if not is_everywhere(by):
        members = Membership.objects.filter(in_force(on), alliance__in=by.alliance_ids)
        rows = rows.filter(pk__in=members.values("facility"))
    return set(rows.values_list("pk", flat=True))


def concerned(event: PublicHealthEvent, on: date) -> list[UUID]:
    """Return the facilities that an event binds as senders or designates, in a fixed order."""
    if event.alliance_id is None:
        bound = Q(region__code__startswith=event.area)
    else:
        area = hierarchy.with_nested([event.alliance_id], on)
        inside = Membership.objects.filter(in_force(on), alliance__in=area)
        bound = Q(pk__in=inside.values("facility"))
    designated = Designation.objects.filter(event=event).values("facility")
    rows = Facility.objects.filter(bound | Q(pk__in=designated), is_active=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))
