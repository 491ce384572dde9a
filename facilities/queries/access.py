"""Finds who signs in, and the sign-ins of a facility's staff for its security administrator."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts import identities
from accounts.models import SecondFactor, Session, User
from facilities.models import StaffPost
from facilities.models.dated import in_force
from facilities.queries.directory import person_starts

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the staff with the posts held here, and how they sign in."""

    user: User
    roles: tuple[str, ...]
    sessions: int
    has_factor: bool
    is_linked: bool


def user_named(name: str) -> UUID | None:
    """Return the id of the person with this user name, whether active or not."""
    return User.objects.filter(username=name).values_list("pk", flat=True).first()


def active_user(user_id: UUID) -> User | None:
    """Return a person who may sign in."""
    return User.objects.filter(pk=user_id, is_active=True).first()


def staff(
    facility_id: UUID, *, on: date, now: datetime, text: str = "", after: str = ""
) -> tuple[list[Entry], bool]:
    """Return a page of the people with a post here on a day, by user name, and whether more follow."""
    posts = StaffPost.objects.filter(in_force(on), facility=facility_id)
    people = User.objects.filter(pk__in=posts.values("user"), username__gt=after)
    if text:
        people = people.filter(person_starts(text))
    found = list(people.order_by("username")[: PAGE + 1])
    return _with_sign_ins(found[:PAGE], facility_id, on, now), len(found) > PAGE


def ever_here(facility_id: UUID, text: str, *, most: int) -> list[User]:
    """Return the people who have or had a post here and whose name or user name begins so, `most` of them."""
    posts = StaffPost.objects.filter(facility=facility_id)
    people = User.objects.filter(person_starts(text), pk__in=posts.values("user"))
    return list(people.order_by("username")[:most])


def named(user_ids: Iterable[UUID]) -> dict[UUID, User]:
    """Return people by id with their names alone, in one statement."""
    return User.objects.only("id", "full_name", "username").in_bulk(set(user_ids))


def works_here(user_id: UUID, facility_id: UUID, *, on: date) -> bool:
    """Say whether a person holds a post at a facility on a day."""
    return StaffPost.objects.filter(in_force(on), facility=facility_id, user=user_id).exists()


def _with_sign_ins(
    people: Sequence[User], facility_id: UUID, on: date, now: datetime
) -> list[Entry]:
    ids = [person.pk for person in people]
    live = Session.objects.filter(user__in=ids, expire_date__gt=now)
    sessions = Counter(live.values_list("user", flat=True))
    issuer = settings.OIDC_ISSUER
    linked = identities.linked(ids, issuer) if issuer else set()
    factors = set(SecondFactor.objects.filter(user__in=ids).values_list("user", flat=True))
    posts = StaffPost.objects.filter(in_force(on), facility=facility_id, user__in=ids)
    roles: dict[UUID, list[str]] = {}
    for post in posts.order_by("starts", "id"):
        roles.setdefault(post.user_id, []).append(post.get_role_display())
    return [
        Entry(
            each,
            tuple(roles.get(each.pk, ())),
            sessions[each.pk],
            each.pk in factors,
            each.pk in linked,
        )
        for each in people
    ]
