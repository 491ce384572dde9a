"""Puts people to their posts and takes them off."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.models import User
from facilities.actions import history
from facilities.actions.writing import end, locked, write
from facilities.models import Department, StaffPost, Subject
from facilities.policy.directory import demand_assignment, may_assign_staff, require
from facilities.queries.directory import posts_of
from notifications import outbox
from notifications.models import Priority

HELD: Final = ("role", "title", "starts", "ends")


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

    Raises Refused: directory-forbidden, post-own, post-role-forbidden, directory-invalid,
    directory-missing for a department of another facility.
    """
    demand_assignment(by, facility_id, user_id, role)
    departments = Department.objects.filter(facility=facility_id)
    department = locked(departments, department_id) if department_id else None
    post = write(
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
    _keep(post, None, by)
    return post


@transaction.atomic
def end_post(post_id: UUID, *, by: Actor, on: date) -> StaffPost:
    """Record the first day on which a person no longer holds a post. Raises Refused."""
    post = locked(StaffPost.objects.select_related("user"), post_id)
    demand_assignment(by, post.facility_id, post.user_id, post.role)
    before = history.state(post, HELD)
    end(post, on)
    tell_of_departures([post], now=timezone.now())
    _keep(post, before, by)
    return post


@transaction.atomic
def take_on(
    *,
    by: Actor,
    username: str,
    full_name: str,
    facility_id: UUID,
    role: str,
    starts: date,
    ends: date | None = None,
    department_id: UUID | None = None,
    title: str = "",
) -> StaffPost:
    """Give a person a post by user name and full name; who is not known yet is made, without a password.

    The name has to be that of the user name: nobody learns from here whose it is, and nobody takes on
    somebody else by a slip. Raises Refused: `person-other-name`, `person-switched-off` and as `appoint`.
    """
    require(may_assign_staff(by, facility_id))
    known = User.objects.filter(username=username).first()
    if known is not None and known.full_name != full_name:
        text = _("This user name belongs to somebody of another name.")
        raise Refused(
            "person-other-name", text, kind=Kind.INVALID, errors={"full_name": [str(text)]}
        )
    if known is not None and not known.is_active:
        text = _("This person is switched off: ask the system administrator.")
        raise Refused(
            "person-switched-off", text, kind=Kind.INVALID, errors={"username": [str(text)]}
        )
    person = known or write(
        User(username=username, full_name=full_name, password=make_password(None))
    )
    return appoint(
        person.pk,
        by=by,
        facility_id=facility_id,
        role=role,
        starts=starts,
        ends=ends,
        department_id=department_id,
        title=title,
    )


def _keep(post: StaffPost, before: dict[str, Any] | None, by: Actor) -> None:
    history.keep(
        post,
        before,
        HELD,
        by=by,
        facility_id=post.facility_id,
        subject=Subject.POST,
        label=post.user.full_name,
    )


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
