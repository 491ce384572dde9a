"""Reads what waits for a post, by kind: each kind a list of its own, the beginning of all by one statement."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.utils import timezone

from accounts.actors import Actor
from accounts.permissions import Permission
from facilities.vocabulary import Direction
from referral import consents
from referral.models import FollowUp, Referral
from referral.queries import alliance, criteria, desk
from referral.queries import referrals as queries
from referral.states import OPEN, Status

Rows = QuerySet[Referral]
# What was declined longer ago is history, and stands in the box of what was sent. Own assumption.
DECLINED_FOR: Final = timedelta(days=30)
NEWLY_ENDED: Final = ("-created_at", "-id")


class Kind(NamedTuple):
    """One kind of work: who has it, what it is, and in which order."""

    right: Permission
    rows: Callable[[Actor, datetime], Rows]
    order: tuple[str, ...]


def _asked(by: Actor, at: datetime) -> Rows:
    """Return what a receiver has asked the actor's facility, and waits for."""
    return Referral.objects.filter(
        from_facility=by.facility_id, status=Status.INFORMATION_REQUESTED
    )


def _declined(by: Actor, at: datetime) -> Rows:
    """Return what was declined lately and has not been begun again."""
    again = Referral.objects.filter(
        previous=OuterRef("pk"),
        from_facility=OuterRef("from_facility"),
        status__in=sorted(OPEN),
    )
    ended = Referral.objects.filter(from_facility=by.facility_id, status=Status.DECLINED)
    # By the day it was made too, since that is the order of the index.
    lately = ended.filter(ended_at__gte=at - DECLINED_FOR, created_at__gte=at - 4 * DECLINED_FOR)
    return lately.filter(~Exists(again))


def _review(by: Actor, at: datetime) -> Rows:
    """Return what a colleague has filed and nobody has released."""
    return Referral.objects.filter(from_facility=by.facility_id, status=Status.INTERNAL_REVIEW)


def _waiting(by: Actor, at: datetime) -> Rows:
    """Return what came from below or beside and waits for a decision."""
    return desk.waiting(by).exclude(direction=Direction.DOWN)


def _returned(by: Actor, at: datetime) -> Rows:
    """Return the patients who are sent back here and whom nobody has taken over."""
    return desk.waiting(by).filter(direction=Direction.DOWN)


def _put_off(by: Actor, at: datetime) -> Rows:
    """Return the legs whose patients could not come and wait for another time."""
    return Referral.objects.filter(queries.PUT_OFF, to_facility=by.facility_id)


def _arriving(by: Actor, at: datetime) -> Rows:
    return desk.expected(by, timezone.localdate(at))


def _follow_ups(by: Actor, at: datetime) -> Rows:
    """Return the returned patients of whom a contact is due by today."""
    return _due(by, timezone.localdate(at))


def _due(by: Actor, today: date) -> Rows:
    due = FollowUp.objects.filter(referral=OuterRef("pk"), done_at__isnull=True, due_on__lte=today)
    here = Referral.objects.filter(to_facility=by.facility_id, status=Status.ARRIVED)
    return here.filter(Exists(due), direction=Direction.DOWN)


def _ready(by: Actor, at: datetime) -> Rows:
    return criteria.proposed(by, timezone.localdate(at))


def _box(name: str) -> Callable[[Actor, datetime], Rows]:
    return lambda by, at: queries.box(name, by, at=at)[0]


FILE, RECEIVE, VIEW = (
    Permission.REFERRAL_FILE,
    Permission.REFERRAL_RECEIVE,
    Permission.REFERRAL_VIEW,
)
OLDEST: Final = consents.OLDEST_FIRST
# In the order in which they are shown: what is late, what others wait for, what the day brings, what can wait.
KINDS: Final[dict[str, Kind]] = {
    "stuck": Kind(
        Permission.ALLIANCE_VIEW,
        lambda by, at: alliance.under_way(by, at, late=True),
        queries.NEWEST_FIRST,
    ),
    "overdue": Kind(VIEW, _box("overdue"), queries.INBOX_ORDER),
    "waiting": Kind(RECEIVE, _waiting, queries.INBOX_ORDER),
    "asked": Kind(FILE, _asked, OLDEST),
    "declined": Kind(FILE, _declined, NEWLY_ENDED),
    "returned": Kind(RECEIVE, _returned, queries.INBOX_ORDER),
    "put-off": Kind(RECEIVE, _put_off, desk.VISIT_ORDER),
    "arriving": Kind(RECEIVE, _arriving, desk.VISIT_ORDER),
    "follow-ups": Kind(RECEIVE, _follow_ups, OLDEST),
    "ready": Kind(RECEIVE, _ready, criteria.LONGEST_FIRST),
    "documentation": Kind(FILE, _box("documentation"), OLDEST),
    "consents": Kind(FILE, lambda by, at: consents.awaited_by(by, at=at), OLDEST),
    "review": Kind(Permission.REFERRAL_REVIEW, _review, queries.NEWEST_FIRST),
    "drafts": Kind(FILE, _box("drafts"), queries.NEWEST_FIRST),
}


def standing(by: Actor, *, at: datetime) -> dict[str, list[UUID]]:
    """Return up to 51 legs of each kind that the actor's post has and that has any, in order; one statement."""
    kinds = {name: kind for name, kind in KINDS.items() if by.can(kind.right)}
    parts = [_part(name, kind.rows(by, at).order_by(*kind.order)) for name, kind in kinds.items()]
    found: dict[str, list[UUID]] = {}
    if not parts:
        return found
    for name, pk in parts[0].union(*parts[1:], all=True):
        found.setdefault(name, []).append(pk)
    return {name: found[name] for name in kinds if name in found}


def _part(name: str, rows: Rows) -> QuerySet[Referral, tuple[str, UUID]]:
    named = rows.annotate(kind_of_work=Value(name, output_field=CharField()))
    return named.values_list("kind_of_work", "pk")[: desk.BOUND + 1]
