"""Puts people to their posts and takes them off."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from facilities.actions.writing import end, locked, write
from facilities.models import Department, StaffPost
from facilities.policy.directory import may_edit_directory, require
from facilities.queries.directory import posts_of
from notifications import outbox
from notifications.models import Priority


@transaction.atomic
def appoint(
    user_id: UUID,
    *,
    by: Actor,
    facility_id: UUID,
    role: str,
    starts: date,
    ends: date | None = None,
    department_id: UUID | None = None,
    title: str = "",
) -> StaffPost:
    """Give a person a role at a facility for a term; several posts a person are normal.

    Raises Refused: directory-forbidden, directory-invalid, directory-missing for a department of
    another facility.
    """
    require(may_edit_directory(by))
    departments = Department.objects.filter(facility=facility_id)
    department = locked(departments, department_id) if department_id else None
    return write(
        StaffPost(
            user_id=user_id,
            facility_id=facility_id,
            department=department,
            role=role,
            title=title,
            starts=starts,
            ends=ends,
        )
    )


@transaction.atomic
def end_post(post_id: UUID, *, by: Actor, on: date) -> StaffPost:
    """Record the first day on which a person no longer holds a post. Raises Refused."""
    require(may_edit_directory(by))
    ended = end(locked(StaffPost.objects.all(), post_id), on)
    tell_of_departures([ended], now=timezone.now())
    return ended


def tell_of_departures(posts: Iterable[StaffPost], *, now: datetime) -> None:
    """Tell a facility of each post with an end, so that its office hands on what the person leaves open.

    Rights end by themselves: each request reads the posts of its day (facilities.sign_in). Needs a
    transaction.
    """
    for post in posts:
        outbox.post(
            "staff.post_ended",
            {
                "user_id": post.user_id,
                "ends_on": post.ends or timezone.localdate(now),
                "occurred_at": now,
            },
            [post.facility_id],
            priority=Priority.ROUTINE,
            subject=post.pk,
            sequence=1,
        )


def tell_of_switched_off(user_id: UUID, *, now: datetime) -> None:
    """Tell every facility where a person who was switched off holds a post today."""
    tell_of_departures(posts_of(user_id, timezone.localdate(now)), now=now)
