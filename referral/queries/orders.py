"""Reads orders of examinations, always from what the actor may see."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from facilities import hierarchy
from facilities.models import Capability, Membership, Relation
from facilities.models.dated import in_force
from facilities.queries import directory
from facilities.vocabulary import RelationKind
from patients import queries as patient_queries
from referral.models import (
    ExaminationFile,
    ExaminationOrder,
    ExaminationReport,
    OrderState,
    Referral,
)
from referral.policy import orders as policy

NEWEST_FIRST: Final = ("-ordered_at", "-id")
# Centres that one page offers; nobody reads more names than that.
OFFERED: Final = 200
# Orders that the page of a referral names; all of them are in the list.
OF_JOURNEY: Final = 10
# A lock of its own kind: whoever refers the same person (migration 0007) need not wait.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 20260408))"
_RECENT: Final = "SELECT * FROM referral_recent_examinations(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An examination of the same kind that the patient had or will have; `on` is the day of its last step."""

    facility: str
    on: date
    state: str
    recognised: bool


def visible_to(by: Actor) -> QuerySet[ExaminationOrder]:
    """Return the orders that the actor's facility placed or carries out, and those of journeys it receives.

    The last only while the facility sees the patient. Row-level security holds the same rule again.
    """
    if by.is_system:
        return ExaminationOrder.objects.all()
    if by.facility_id is None:
        return ExaminationOrder.objects.none()
    received = Referral.objects.filter(
        episode=OuterRef("episode"), to_facility=by.facility_id, submitted_at__isnull=False
    )
    seen = patient_queries.visible_to(by).filter(pk=OuterRef("patient"))
    carried = Q(episode__isnull=False) & Exists(received) & Exists(seen)
    return ExaminationOrder.objects.filter(
        Q(facility=by.facility_id) | Q(centre=by.facility_id) | carried
    )


def box(name: str, by: Actor) -> QuerySet[ExaminationOrder]:
    """Return the orders that the actor's facility placed, or carries out; else all it sees."""
    if name == "placed":
        return visible_to(by).filter(facility=by.facility_id)
    if name == "to_do":
        return visible_to(by).filter(centre=by.facility_id)
    return visible_to(by)


def for_display(rows: QuerySet[ExaminationOrder]) -> QuerySet[ExaminationOrder]:
    """Bring along the names of both ends and of the people."""
    return rows.select_related("facility", "centre", "ordered_by", "received_by")


def find(order_id: UUID, by: Actor) -> ExaminationOrder | None:
    """Return a visible order, or None."""
    return for_display(visible_to(by)).filter(pk=order_id).first()


def lock(order_id: UUID, by: Actor) -> ExaminationOrder | None:
    """Return a visible order, locked, or None. Needs a transaction."""
    rows = visible_to(by).select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=order_id).first()


def centres(by: Actor, capability: str, on: date) -> list[UUID]:
    """Return the facilities to which the actor's may send an order that needs a capability; five statements.

    Those of its alliances and those bound to it by contract; policy has the last word on each.
    """
    around = Membership.objects.filter(
        in_force(on), alliance__in=hierarchy.alliances_around(by.place, on)
    )
    bonds = Relation.objects.filter(in_force(on), kind=RelationKind.THIRD_PARTY)
    near = (
        Q(facility__in=around.values("facility"))
        | Q(facility__in=bonds.filter(to_facility=by.facility_id).values("from_facility"))
        | Q(facility__in=bonds.filter(from_facility=by.facility_id).values("to_facility"))
    )
    able = Capability.objects.filter(near, in_force(on), code=capability)
    ids = list(able.order_by("facility").values_list("facility", flat=True).distinct()[:OFFERED])
    routes = hierarchy.routes(by.place, ids, on)
    return [pk for pk in ids if policy.may_choose(routes.get(pk), capable=True).allowed]


def to_take_on(by: Actor, most: int) -> list[ExaminationOrder]:
    """Return the orders that wait at the actor's facility for somebody to take them on, the most urgent first."""
    waiting = visible_to(by).filter(centre=by.facility_id, state=OrderState.ORDERED)
    return list(for_display(waiting).order_by("urgency", "ordered_at", "id")[:most])


def of_journey(referral: Referral, by: Actor) -> list[ExaminationOrder]:
    """Return the newest orders of the journey that a leg belongs to, as far as the actor sees them."""
    rows = for_display(visible_to(by)).filter(episode=referral.episode_id)
    return list(rows.order_by(*NEWEST_FIRST)[:OF_JOURNEY])


def files(order: ExaminationOrder) -> QuerySet[ExaminationFile]:
    """Return the files of an order, the oldest first."""
    rows = ExaminationFile.objects.filter(order=order).select_related("facility", "uploaded_by")
    return rows.order_by("uploaded_at", "id")


def stranded(on: date, *, limit: int) -> list[UUID]:
    """Return orders that wait at a centre with which they could not be placed any more, the oldest first.

    Four statements, whatever waits; each sender is asked about once for each centre and capability.
    """
    waiting = ExaminationOrder.objects.filter(state=OrderState.ORDERED)
    rows = waiting.values_list("facility_id", "centre_id", "capability").order_by().distinct()
    asked = set(rows)
    able = directory.capabilities({centre for _sender, centre, _can in asked}, on)
    routes = hierarchy.routes_between({(sender, centre) for sender, centre, _can in asked}, on)
    gone = Q(pk__in=[])
    for sender, centre, capability in sorted(asked):
        capable = capability in able.get(centre, [])
        if not policy.may_choose(routes.get((sender, centre)), capable=capable).allowed:
            gone |= Q(facility=sender, centre=centre, capability=capability)
    found = waiting.filter(gone).order_by("ordered_at", "id")
    return list(found.values_list("pk", flat=True)[:limit])


def reports(order: ExaminationOrder) -> QuerySet[ExaminationReport]:
    """Return every edition of the report on an order, the newest first."""
    rows = ExaminationReport.objects.filter(order=order).select_related("reported_by")
    return rows.order_by("-version")


def earlier(patient_id: UUID, item: str, since: datetime) -> list[Earlier]:
    """Return the patient's examinations of this kind since then, wherever they were ordered, newest first.

    A function in the database looks past row-level security for a caller who sees the patient, and tells
    no more than place, day, state and recognition (migration 0011). From here to the commit nobody else
    orders for this person, so two who order at once learn of each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, [patient_id])
        cursor.execute(_RECENT, [patient_id, item, since])
        return [Earlier(*row) for row in cursor.fetchall()]


def leg_of(referral_id: UUID, patient_id: UUID, by: Actor) -> Referral | None:
    """Return a leg of this patient with the actor's facility at one of its ends, or None."""
    ends = Q(from_facility=by.facility_id) | Q(
        to_facility=by.facility_id, submitted_at__isnull=False
    )
    return Referral.objects.filter(ends, pk=referral_id, patient=patient_id).first()
