"""Takes, holds and gives back the seats of pools: the pool's row is locked first, then the referral."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from audit import record
from facilities import capacity, hierarchy
from facilities.models import Pool
from facilities.vocabulary import PoolKind
from referral.actions import seats, sending
from referral.actions.moving import demand, locked
from referral.codes import ReleaseReason
from referral.models import Booking, BookingState, Referral
from referral.policy import booking as policy_booking
from referral.policy import referrals as policy
from referral.queries import holds
from referral.queries import referrals as queries
from referral.states import PREPARING, Status

APPOINTMENTS: Final = frozenset({PoolKind.SLOT.value, PoolKind.EQUIPMENT.value})
BEDS: Final = frozenset({PoolKind.BED.value})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that somebody asked for by its id; `pool` is None where there is none."""

    pool: Pool | None
    kinds: frozenset[str]


def lock_wanted(*, pool_id: UUID | None = None, bed_id: UUID | None = None) -> Wanted | None:
    """Lock the session asked for, before anything else (ADR 0004); None where none was asked for.

    Whether it exists is said only after the referral was found and the verb allowed.
    """
    if pool_id is not None:
        return Wanted(capacity.locked_pool(pool_id), APPOINTMENTS)
    if bed_id is not None:
        return Wanted(capacity.locked_pool(bed_id), BEDS)
    return None


def visit(
    referral: Referral,
    wanted: Wanted | None,
    scheduled_for: datetime | None,
    *,
    by: Actor,
    now: datetime,
) -> dict[str, datetime] | None:
    """Book the session, or fix a plain time and let the seat go; returns what changes on the leg.

    A plain time at which the session of its seat begins is that session: pages know times alone. None where
    neither is asked for. Raises Refused: `unknown-slot`, `slot-over`, `slot-taken`,
    `visit-time`.
    """
    if wanted is not None:
        pool = _offered(referral, wanted, now)
        _take(referral, pool, by=by, now=now)
        return {"scheduled_for": pool.starts_at}
    if scheduled_for is None:
        return None
    demand(policy.may_visit(scheduled_for, now))
    if not _keeps_for(referral, scheduled_for, now):
        seats.release(referral, ReleaseReason.MOVED, now)
    return {"scheduled_for": scheduled_for}


def _keeps_for(referral: Referral, at: datetime, now: datetime) -> bool:
    """Book the seat that a leg keeps where its session begins at that time; say whether there is one."""
    kept = None if referral.keeps_seat is False else seats.of(referral)
    if kept is None or kept.pool.starts_at != at or not seats.is_live(kept, now):
        return False
    if kept.state == BookingState.HELD:
        seats.keep(kept, held_until=None)
    return True


def confirm(referral: Referral, *, now: datetime) -> dict[str, datetime] | None:
    """Book the seat that the sender holds for a leg; returns what changes on the leg, None without a live one.

    The pool need not be locked: a live hold counts as taken before and after. What has run out stays so,
    since somebody else may be told of it as free at this moment.
    """
    kept = seats.of(referral) if referral.keeps_seat else None
    if kept is None or kept.state != BookingState.HELD or not seats.is_live(kept, now):
        return None
    if not policy_booking.may_take(kept.pool, referral, APPOINTMENTS | BEDS, now).allowed:
        return None
    seats.keep(kept, held_until=None)
    return {"scheduled_for": kept.pool.starts_at}


def confirm_accepted(*, now: datetime, limit: int) -> int:
    """Confirm live holds of legs that are accepted; returns how many. The visit is their receiver's to fix.

    A hold that is committed while an acceptance waits for its leg is not seen by it. Rows that somebody
    works on are left for the next time.
    """
    live = Booking.objects.filter(state=BookingState.HELD, held_until__gt=now)
    accepted = live.filter(referral__status=Status.ACCEPTED)
    rows = accepted.select_for_update(skip_locked=True, of=("self",)).order_by("held_until", "id")
    return Booking.objects.filter(pk__in=[row.pk for row in rows[:limit]]).update(
        state=BookingState.BOOKED, held_until=None
    )


def _offered(referral: Referral, wanted: Wanted, now: datetime) -> Pool:
    """Return the locked pool, where it is one that the leg could take a seat of; raises Refused."""
    demand(policy_booking.may_take(wanted.pool, referral, wanted.kinds, now))
    assert wanted.pool is not None
    return wanted.pool


def _take(
    referral: Referral,
    pool: Pool,
    *,
    by: Actor,
    now: datetime,
    held_until: datetime | None = None,
) -> None:
    """Give a leg a seat of the locked pool; one that it keeps elsewhere goes back."""
    kept = seats.of(referral)
    if kept is not None and kept.pool_id == pool.pk and seats.is_live(kept, now):
        if kept.state == BookingState.HELD:
            seats.keep(kept, held_until=held_until)
        return
    if kept is not None:
        seats.release(referral, ReleaseReason.MOVED, now)
    primary = _is_primary(referral, now)
    seat = seats.next_free(pool.pk, primary=primary, at=now)
    if seat is None:
        demand(policy_booking.SLOT_TAKEN)
    else:
        booking = Booking(
            referral=referral,
            pool=pool,
            seat=seat,
            from_primary=primary,
            state=BookingState.BOOKED if held_until is None else BookingState.HELD,
            held_until=held_until,
            made_at=now,
        )
        seats.insert(booking, by=by)


def _is_primary(referral: Referral, now: datetime) -> bool:
    """Say whether the leg comes from primary care of a common alliance, as of its submission or today.

    Raises Refused where the destination may not be chosen at all.
    """
    if referral.from_tier is not None:
        return referral.alliance_id is not None and capacity.is_primary(referral.from_tier)
    today = timezone.localdate(now)
    route = sending.route_to(referral, referral.to_facility_id, None, on=today)
    demand(policy.may_send(route))
    assert route is not None
    return capacity.is_primary(route.from_tier)


def hold(
    referral_id: UUID,
    *,
    by: Actor,
    pool_id: UUID | None = None,
    bed_id: UUID | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Booking:
    """Keep a seat at the destination while a referral is filed and waits for its answer.

    Held again, it is kept longer; another session takes the place of the first. Drafts of one facility
    are counted one after another, under a lock that comes after all others but the audit chain's. Raises Refused:
    `unknown-slot`, `slot-over`, `slot-not-open`, `slot-taken`, `too-many-holds`, or as `submit` does
    for the destination.
    """
    moment = now or timezone.now()
    wanted = lock_wanted(pool_id=pool_id, bed_id=bed_id)
    assert wanted is not None
    referral = locked(referral_id, by=by, version=version)
    demand(policy_booking.may_hold(referral, by))
    pool = _offered(referral, wanted, moment)
    demand(_is_for(pool, by, moment))
    filing = referral.status in PREPARING
    if filing:
        others = holds.held_by_drafts(by, but=referral, at=moment)
        demand(policy_booking.may_hold_more(others))
    ends = policy_booking.hold_ends(pool, filing=filing, at=moment)
    _take(referral, pool, by=by, now=moment, held_until=ends)
    record.change(by, patient=referral.patient_id, referral=referral.id, what="referral.hold")
    booking = queries.booking(referral, at=moment)
    assert booking is not None
    return booking


def _is_for(pool: Pool, by: Actor, now: datetime) -> policy.Verdict:
    """Say whether a session is there for the sender: open, and shared equipment for its alliances."""
    if pool.alliance_id is not None:
        around = hierarchy.alliances_around(by.place, timezone.localdate(now))
        if pool.alliance_id not in around:
            return policy_booking.UNKNOWN_SLOT
    return policy_booking.is_open(pool, now)


def give_back(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> None:
    """Give a held seat back; raises Refused `not-held` where none is, or where it is booked already."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy_booking.may_hold(referral, by))
    kept = seats.of(referral)
    held = kept is not None and kept.state == BookingState.HELD and seats.is_live(kept, moment)
    demand(policy.YES if held else policy_booking.NOT_HELD)
    seats.release(referral, ReleaseReason.GIVEN_BACK, moment)
    record.change(
        by, patient=referral.patient_id, referral=referral.id, what="referral.hold_given_back"
    )


def release_lapsed(*, now: datetime, limit: int) -> int:
    """Release holds that have run out; returns how many. They count as free without this too.

    Rows that somebody works on are left for the next time, so that this waits for nobody. Time alone did
    it, and the row says so: there is no entry in the audit trail.
    """
    lapsed = Booking.objects.filter(state=BookingState.HELD, held_until__lte=now)
    rows = lapsed.select_for_update(skip_locked=True, of=("self",)).order_by("held_until", "id")
    return Booking.objects.filter(pk__in=[row.pk for row in rows[:limit]]).update(
        state=BookingState.RELEASED,
        held_until=None,
        released_at=now,
        release_reason=ReleaseReason.LAPSED,
    )
