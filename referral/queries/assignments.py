"""Reads who answers for the open legs of a facility, and which of them nobody does any more."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from accounts.models import User
from facilities.queries import people as staff
from referral.models import Assignment, Referral
from referral.states import LIVE, OPEN

NEWEST_FIRST: Final = ("-created_at", "-id")


def open_here(by: Actor) -> QuerySet[Referral]:
    """Return the open legs for which the actor's facility answers: as sender, or once sent as receiver."""
    if by.facility_id is None:
        return Referral.objects.none()
    sent = Q(from_facility=by.facility_id, status__in=sorted(OPEN))
    received = Q(to_facility=by.facility_id, status__in=sorted(LIVE))
    return Referral.objects.filter(sent | received)


def legs(
    by: Actor, *, on: date, orphaned: bool = False, user: UUID | None = None
) -> QuerySet[Referral]:
    """Return the open legs here, each with the id of who answers for it as `responsible_id`.

    That is whom a colleague named last, else whoever filed or received the leg; none where a received
    leg still waits for everybody. With `orphaned` only those of people without a live post here on that
    day; with `user` only those of one person.
    """
    named = Assignment.objects.filter(
        referral=OuterRef("pk"), facility=by.facility_id, ended_at__isnull=True
    )
    by_default = Case(
        When(from_facility=by.facility_id, then=F("filed_by")),
        default=F("received_by"),
        output_field=UUIDField(),
    )
    rows = open_here(by).annotate(
        responsible_id=Coalesce(
            Subquery(named.values("user_id")[:1]), by_default, output_field=UUIDField()
        ),
        since=Subquery(named.values("since")[:1]),
    )
    if user is not None:
        rows = rows.filter(responsible_id=user)
    if orphaned:
        here = staff.staff(by.place, on).filter(pk=OuterRef("responsible_id"))
        rows = rows.filter(responsible_id__isnull=False).exclude(Exists(here))
    return rows.only("id", "number", "status", "urgency", "from_facility_id", "created_at")


def names(user_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of these people, in one statement."""
    wanted = {each for each in user_ids if each is not None}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "full_name"))


def lock_legs(referral_ids: Sequence[UUID], by: Actor) -> dict[UUID, Referral]:
    """Return those of these open legs of the actor's facility, locked in the order of their ids."""
    rows = open_here(by).filter(pk__in=list(referral_ids)).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}


def current(referral_ids: Iterable[UUID], by: Actor) -> QuerySet[Assignment]:
    """Return the assignments in force at the actor's facility for these legs."""
    return Assignment.objects.filter(
        referral__in=list(referral_ids), facility=by.facility_id, ended_at__isnull=True
    )
