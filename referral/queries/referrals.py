"""Reads referrals, always from what the actor may see."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from accounts.ids import array_of, uuid7
from accounts.rows import Kept
from facilities.models import Department, Facility
from facilities.queries import directory
from facilities.vocabulary import Direction
from referral import clocks, consents, documentation, sla
from referral.models import (
    Attachment,
    Booking,
    Episode,
    ExaminationFile,
    FollowUp,
    LegClock,
    Link,
    LinkKind,
    Message,
    Referral,
    Transition,
)
from referral.models.booking import TAKEN
from referral.states import LIVE, PREPARING, Status

_ANSWER_TIMES = """SELECT facility_id, median_seconds FROM referral_answertime
WHERE facility_id = ANY(%(facilities)s::uuid[]) AND answered >= %(least)s"""
# Its patient cannot come to the visit that was fixed, and another is to be found (Referral.visit).
PUT_OFF = Q(status=Status.ACCEPTED, scheduled_for__isnull=False)
INBOX_ORDER = ("urgency", "submitted_at", "id")
INSIDE_THE_SENDER = ("request_review", "send_back")
# The box of all that is seen, whatever became of it.
EVERYTHING = "all"
NEWEST_FIRST = ("-created_at", "-id")
LONG_TEXTS = (
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "results",
    "plan",
    "rehabilitation",
)
# As text, so that the type of the rows stays that of the model.
KEEPS_SEAT: str = "keeps_seat"
FACILITIES = ("from_facility", "to_facility", "from_department", "to_department")


def visible_to(by: Actor) -> QuerySet[Referral]:
    """Return the legs this actor's facility sends, receives or began, and those of its alliances.

    A leg reaches its receiver, its origin and its alliance only once it is submitted. Row-level
    security holds the same rule again (migration 0002).
    """
    if by.is_system:
        return Referral.objects.all()
    if by.facility_id is None:
        return Referral.objects.none()
    beyond = Q(to_facility=by.facility_id) | Q(origin=by.facility_id)
    if by.alliance_ids:
        beyond |= Q(alliance__in=by.alliance_ids)
    return Referral.objects.filter(
        Q(from_facility=by.facility_id) | (Q(submitted_at__isnull=False) & beyond)
    )


def box(name: str, by: Actor, *, at: datetime) -> tuple[QuerySet[Referral], tuple[str, ...]]:
    """Return a box of the actor's facility and its order: inbox, sent, tracking, overdue, drafts.

    In `documentation` are the emergencies that it still has to complete.
    """
    here = by.facility_id
    live = sorted(LIVE)
    if name == "inbox":
        return Referral.objects.filter(to_facility=here, status__in=live), INBOX_ORDER
    if name == "overdue":
        mine = Referral.objects.filter(to_facility=here, status__in=live)
        return mine.filter(sla.overdue_filter(at, clocks.rules())), INBOX_ORDER
    if name == "sent":
        sent = Referral.objects.filter(from_facility=here, submitted_at__isnull=False)
        return sent, NEWEST_FIRST
    if name == "tracking":
        return Referral.objects.filter(origin=here, status__in=live), NEWEST_FIRST
    if name == "documentation":
        return documentation.awaited_by(by), consents.OLDEST_FIRST
    if name == "drafts":
        drafts = Referral.objects.filter(from_facility=here, status__in=sorted(PREPARING))
        return drafts, NEWEST_FIRST
    return visible_to(by), NEWEST_FIRST


def ways(by: Actor) -> tuple[Q, ...]:
    """Return the reasons for which this actor's facility sees a leg: together they find what `visible_to` finds.

    Each has an index in the order NEWEST_FIRST, one for each alliance of a manager too.
    """
    here = by.facility_id
    beyond = Q(to_facility=here), Q(origin=here), *(Q(alliance=each) for each in by.alliance_ids)
    return Q(from_facility=here), *(each & Q(submitted_at__isnull=False) for each in beyond)


def walked(
    name: str, by: Actor, *, at: datetime
) -> tuple[QuerySet[Referral], tuple[str, ...], tuple[Q, ...]]:
    """Return a box, its order, and the ways in which a page of it is walked (accounts.rest.keyset).

    Where there are ways they alone say what is in the box. With the condition of `visible_to` beside each,
    PostgreSQL would take every one for so rare that it reads and sorts all of it.
    """
    rows, order = box(name, by, at=at)
    if name != EVERYTHING or by.is_system or by.facility_id is None:
        return rows, order, ()
    return Referral.objects.all(), order, ways(by)


def for_display(queryset: QuerySet[Referral]) -> QuerySet[Referral]:
    """Bring the names of both ends along; the patient is read apart, since it may be hidden."""
    return queryset.select_related(*FACILITIES, "filed_by", "received_by", "clock")


def for_list(queryset: QuerySet[Referral]) -> QuerySet[Referral]:
    """Leave out what a list does not show; `hang_places` brings the names of a page.

    Alone, the table is walked in the order of its index, and a page costs the same in a box of any
    size; joined to six others under row-level security it would be read and sorted whole.
    """
    return queryset.defer(*LONG_TEXTS)


def hang_places(rows: Sequence[Referral]) -> Sequence[Referral]:
    """Hang the facilities and departments of these legs on them, all read by one statement.

    A place that does not exist hangs as None while its id stays. The clocks come along where they matter.
    """
    found = directory.places(getattr(row, f"{side}_id") for row in rows for side in FACILITIES)
    for row in rows:
        for side in FACILITIES:
            place = found.get(getattr(row, f"{side}_id"))
            wanted = Facility if side.endswith("facility") else Department
            row._state.fields_cache[side] = place if isinstance(place, wanted) else None
    hang_clocks(rows)
    return rows


def hang_clocks(rows: Sequence[Referral]) -> None:
    """Hang the clocks of a page on its legs: one statement, none where no leg can have one that matters.

    Joined to the list, the clock cost half as much again as the list itself.
    """
    asked = [row for row in rows if sla.may_have_clock(row)]
    found = LegClock.objects.in_bulk([row.pk for row in asked]) if asked else {}
    for row in asked:
        sla.hang_clock(row, found.get(row.pk))


def find(referral_id: UUID, by: Actor) -> Referral | None:
    """Return a visible leg with the names of both ends and `consent_gone`, or None."""
    return _one(_shown, referral_id, by)


def _shown(by: Actor) -> QuerySet[Referral]:
    return consents.with_standing(for_display(visible_to(by)))


def several(referral_ids: Sequence[UUID], by: Actor) -> list[Referral]:
    """Return the visible ones of these legs, in their order."""
    found = for_list(visible_to(by)).in_bulk(referral_ids)
    return [found[pk] for pk in referral_ids if pk in found]


def numbers(referral_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the numbers of these legs within the scope that holds, by one statement."""
    rows = Referral.objects.filter(pk__in=set(referral_ids))
    return dict(rows.values_list("pk", "number"))


def lock(
    referral_id: UUID, by: Actor, *, with_consent: bool = False, with_seat: bool = False
) -> Referral | None:
    """Return a visible leg, locked with its episode, or None; if asked, with `consent_gone` and `keeps_seat`.

    The lock order is: capacity limit, referral, episode (docs/adr/0004-lock-order.md).
    """
    return _one(_locked, referral_id, by, with_consent, with_seat)


def _locked(by: Actor, with_consent: bool, with_seat: bool) -> QuerySet[Referral]:
    seen = visible_to(by)
    if with_consent:
        seen = consents.with_standing(seen)
    if with_seat:
        kept = Booking.objects.filter(TAKEN, referral=OuterRef("pk"))
        seen = seen.annotate(**{KEEPS_SEAT: Exists(kept)})
    legs = seen.select_related("episode", *FACILITIES, "filed_by", "received_by")
    return legs.select_for_update(of=("self", "episode"), no_key=True)


def lock_idle(referral_id: UUID, by: Actor) -> Referral | None:
    """Return a visible leg, locked, or None where somebody is moving it right now; for sweeps."""
    return _one(_idle, referral_id, by)


def _idle(by: Actor) -> QuerySet[Referral]:
    legs = visible_to(by).select_related("alliance")
    return legs.select_for_update(of=("self",), no_key=True, skip_locked=True)


def _one(
    rows: Callable[..., QuerySet[Referral]], referral_id: UUID, by: Actor, *wishes: bool
) -> Referral | None:
    """Return one leg among those that `rows` finds for the actor, by a text that is made once (accounts.rows)."""
    if by.facility_id is None and not by.is_system:
        return None
    alliances = _padded(by.alliance_ids)
    kept = _kept(rows, by.is_system, len(alliances), *wishes)
    return next(iter(kept.ask((referral_id, by.facility_id, *alliances))), None)


def _padded(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Return the same ids, the last repeated up to a power of two, so that few texts serve all managers."""
    size = 1 << (len(ids) - 1).bit_length() if ids else 0
    return (*ids, *ids[-1:] * (size - len(ids)))


@cache
def _kept(
    rows: Callable[..., QuerySet[Referral]], is_system: bool, alliances: int, *wishes: bool
) -> Kept[Referral]:
    leg, here, *seen = stand_ins = [uuid7() for _each in range(2 + alliances)]
    by = Actor(None, here, None, alliance_ids=tuple(seen), is_system=is_system)
    return Kept(rows(by, *wishes).filter(pk=leg), stand_ins)


def episode(episode_id: UUID, by: Actor) -> Episode | None:
    """Return an episode of which the actor may see a leg, or None."""
    return Episode.objects.filter(
        pk=episode_id, pk__in=visible_to(by).filter(episode=episode_id).values("episode")
    ).first()


def legs(episode_id: UUID, by: Actor) -> list[Referral]:
    """Return the visible legs of an episode, oldest first."""
    rows = for_display(visible_to(by)).filter(episode=episode_id)
    return list(rows.order_by("created_at", "id"))


def sent_on(referral: Referral) -> QuerySet[Referral]:
    """Return the legs by which this leg's receiver sent the patient on, also where one was redirected.

    A redirected leg is followed by one of the same sender, so the sender tells, not `previous`. A
    patient may come a second time in one episode, so only what was filed later counts.
    """
    return Referral.objects.filter(
        episode=referral.episode_id,
        from_facility=referral.to_facility_id,
        created_at__gte=referral.created_at,
    )


def tried(referral: Referral) -> set[UUID]:
    """Return the facilities to which legs of this episode were sent, whatever became of them."""
    sent = Referral.objects.filter(episode=referral.episode_id, submitted_at__isnull=False)
    return set(sent.values_list("to_facility", flat=True))


def live_return(referral: Referral) -> Referral | None:
    """Return the leg that takes the patient back, submitted and not ended in failure, if any."""
    alive = [*sorted(LIVE), Status.COMPLETED]
    return sent_on(referral).filter(status__in=alive).exclude(direction=Direction.UP).first()


def timeline(legs: Sequence[Referral], by: Actor) -> QuerySet[Transition]:
    """Return the moves of one leg, or of all legs of an episode, first to last, with who made them and where.

    How a sender reviewed its own draft stays with the sender.
    """
    rows = Transition.objects.filter(referral__in=[leg.pk for leg in legs])
    if not by.is_system:
        others = [leg.pk for leg in legs if leg.from_facility_id != by.facility_id]
        rows = rows.exclude(referral__in=others, verb__in=INSIDE_THE_SENDER)
    people_and_places = ("by", "for_user", "facility", "on_behalf_of")
    return rows.select_related(*people_and_places).order_by("at", "referral_id", "version")


def opinion(referral: Referral) -> str:
    """Return what whoever released a referral at the sender said of it, empty where nobody did."""
    rows = referral.transitions.filter(verb="approve").order_by("-version")
    return rows.values_list("note", flat=True).first() or ""


def authors(referral: Referral) -> frozenset[UUID]:
    """Return the people behind the filing of a leg: who filed it, and for whom it was filed."""
    filed = Transition.objects.filter(referral=referral, verb="create")
    persons: set[UUID | None] = set()
    persons.update(*filed.values_list("by_id", "for_user_id"))
    return frozenset(each for each in persons if each is not None)


def messages(referral: Referral) -> QuerySet[Message]:
    """Return the messages of a referral, with their senders."""
    return Message.objects.filter(referral=referral).select_related("sender", "facility", "read_by")


def unread_by(by: Actor) -> QuerySet[Message]:
    """Return the messages that the other end wrote to this actor's facility and nobody here has read."""
    here = by.facility_id
    mine = Q(referral__from_facility=here) | Q(referral__to_facility=here)
    return Message.objects.filter(mine, read_at__isnull=True).exclude(facility=here)


def unread(referral_ids: Sequence[UUID], by: Actor) -> dict[UUID, int]:
    """Return how many unread messages the referrals of a page have, by one statement; none are left out."""
    rows = unread_by(by).filter(referral__in=referral_ids).values_list("referral")
    return dict(rows.annotate(Count("id")))


def follow_ups(referral: Referral) -> QuerySet[FollowUp]:
    """Return the follow-ups of a referral, with who recorded them."""
    return FollowUp.objects.filter(referral=referral).select_related("recorded_by", "facility")


def attachments(referral: Referral) -> QuerySet[Attachment]:
    """Return the documents of a referral."""
    return Attachment.objects.filter(referral=referral).select_related("uploaded_by", "facility")


def attachments_among(ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these ids are documents that the scope sees; for the sweep of files."""
    known = Attachment.objects.filter(pk__in=ids).values_list("pk", flat=True)
    of_orders = ExaminationFile.objects.filter(pk__in=ids).values_list("pk", flat=True)
    return {*known, *of_orders}


def patient_links(referral: Referral, side: str) -> list[Link]:
    """Return the links for the patient that one side has printed and that are not taken back, oldest first."""
    rows = Link.objects.filter(
        referral=referral,
        kind=LinkKind.PATIENT,
        purpose__startswith=f"{side}_",
        revoked_at__isnull=True,
    )
    return list(rows.order_by("created_at", "id"))


def answer_times(facility_ids: Sequence[UUID], *, least: int) -> dict[UUID, float]:
    """Return the median seconds until an answer, of the facilities that answered `least` times lately."""
    # One parameter for a thousand facilities: a list of a thousand takes longer to write than to look up.
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER_TIMES, {"facilities": array_of(facility_ids), "least": max(least, 1)}
        )
        return dict(cursor.fetchall())


def not_arrived(at: datetime, *, limit: int) -> list[UUID]:
    """Return legs whose arrival window has ended, oldest decision first; for the sweep.

    Who said that he cannot come has not stayed away: his leg is overdue, its receiver is called, and decides.
    """
    late = Referral.objects.filter(sla.not_arrived_filter(at, clocks.rules())).exclude(PUT_OFF)
    return list(late.order_by("decided_at", "id").values_list("pk", flat=True)[:limit])


def booking(referral: Referral, *, at: datetime) -> Booking | None:
    """Return the seat that is held or booked for a leg at this moment, with its session, or None."""
    kept = Booking.objects.filter(TAKEN, referral=referral).exclude(held_until__lte=at)
    return kept.select_related("pool__department").first()
