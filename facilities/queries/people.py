"""Reads who works at a facility today and who acts for whom there."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from accounts.models import User
from facilities.models import Delegation, StaffPost
from facilities.models.dated import in_force
from facilities.policy.people import sees_all_delegations


def live_roles(user_ids: Iterable[UUID], *, at: UUID, on: date) -> dict[UUID, str]:
    """Return the role of each of these people who holds a live post at a facility, the first of several.

    It is the post by which a request acts (facilities.sign_in); people switched off are left out.
    """
    posts = StaffPost.objects.filter(
        in_force(on), user__in=list(user_ids), facility=at, user__is_active=True
    )
    rows = posts.order_by("-starts", "-id").values_list("user_id", "role")
    return dict(rows)


def staff(facility_id: UUID, on: date) -> QuerySet[User]:
    """Return the people who hold a live post at a facility on a day."""
    posts = StaffPost.objects.filter(in_force(on), facility=facility_id)
    return User.objects.filter(is_active=True, pk__in=posts.values("user"))


def colleagues(by: Actor, on: date) -> QuerySet[StaffPost]:
    """Return the posts in force at the actor's facility on a day, with their people."""
    posts = StaffPost.objects.filter(in_force(on), facility=by.facility_id, user__is_active=True)
    return posts.select_related("user", "department")


def _visible(by: Actor) -> QuerySet[Delegation]:
    here = Delegation.objects.filter(facility=by.facility_id)
    if sees_all_delegations(by):
        return here
    return here.filter(Q(principal=by.user_id) | Q(deputy=by.user_id))


def delegations(by: Actor) -> QuerySet[Delegation]:
    """Return the delegations at the actor's facility: his own, or for its manager and office all."""
    return _visible(by).select_related("principal", "deputy", "granted_by", "ended_by")


def delegation(delegation_id: UUID, by: Actor) -> Delegation | None:
    """Return one delegation that the actor sees, or None."""
    return delegations(by).filter(pk=delegation_id).first()


def lock_delegation(delegation_id: UUID, by: Actor) -> Delegation | None:
    """Return one delegation that the actor sees, locked, or None. Needs a transaction."""
    return (
        _visible(by).select_for_update(of=("self",), no_key=True).filter(pk=delegation_id).first()
    )
