"""Bookings past every line of Python: who sees and writes them, and what must never be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from facilities.models import Pool
from referral.models import Referral
from referral.states import Status
from tests.factories import World
from tests.referral.pools import ahead, department_of, make_pool, take
from tests.referral.raw import insert, run, seen

NOBODY = Actor.without_post(user_id=UUID(int=1), name="")


def row(leg: Referral, pool: Pool, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "referral_id": leg.pk,
        "pool_id": pool.pk,
        "facility_id": leg.from_facility_id,
        "seat": 1,
        "from_primary": True,
        "state": "booked",
        "made_at": timezone.now(),
        "release_reason": "",
        **changes,
    }


def test_it_is_seen_with_its_referral(world: World) -> None:
    sent, draft = world.at(Status.SUBMITTED), world.draft()
    pool = make_pool(world.hospital, places=2)
    take(pool, sent)
    take(pool, draft)
    shown = [(world.doctor, 1, 1), (world.office, 1, 0), (world.manager, 1, 0)]
    for who, of_sent, of_draft in shown:
        scope.enter(who.actor)
        assert seen("booking", "referral_id", sent.pk) == of_sent
        assert seen("booking", "referral_id", draft.pk) == of_draft
    for actor in (NOBODY, world.stranger.actor, world.nurse.actor, world.outsider.actor):
        scope.enter(actor)
        assert run("SELECT 1 FROM referral_booking") == 0
        assert run("UPDATE referral_booking SET made_at = made_at") == 0
        assert run("DELETE FROM referral_booking") == 0


def test_nobody_books_for_what_they_do_not_see_or_in_anothers_name(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    for who, facility in (
        (world.stranger, world.stranger_clinic.pk),
        (world.stranger, world.clinic.pk),
        (world.office, world.clinic.pk),
    ):
        scope.enter(who.actor)
        with pytest.raises(DatabaseError, match="row-level security"):
            insert("booking", row(sent, pool, facility_id=facility))


def test_the_owner_obeys_too(db: None) -> None:
    flags = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s"
    with connection.cursor() as cursor:
        cursor.execute(flags, ["referral_booking"])
        assert cursor.fetchone() == (True, True)


@pytest.mark.parametrize("former", ["", "on"])
def test_counting_leaves_the_scope_as_it_was(world: World, former: str) -> None:
    pool = make_pool(world.hospital)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('scope.system', %s, true)", [former])
        cursor.execute("SELECT referral_next_seat(%s, true, now())", [pool.pk])
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT referral_places_free(p, true, now()) FROM facilities_pool p")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT current_setting('scope.system', true)")
        assert cursor.fetchone() == (former,)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"seat": 1}, "booking_one_a_seat"),
        ({"seat": 3}, "has no seat"),
        ({"seat": 0}, "booking_seats_begin_at_1"),
        ({"seat": 2, "state": "sold"}, "booking_state_known"),
        ({"seat": 2, "state": "held"}, "booking_held_until"),
        ({"seat": 2, "held_until": ahead(1)}, "booking_held_until"),
        ({"seat": 2, "state": "released"}, "booking_release"),
        ({"seat": 2, "release_reason": "cancel"}, "booking_release_coded"),
    ],
)
def test_what_must_never_be(world: World, changes: dict[str, Any], constraint: str) -> None:
    pool = make_pool(world.hospital, places=2)
    take(pool, world.draft())
    other = world.draft()
    with pytest.raises(DatabaseError, match=constraint):
        insert("booking", row(other, pool, **changes))


def test_one_seat_a_leg(world: World) -> None:
    pool = make_pool(world.hospital, places=2)
    draft = world.draft()
    take(pool, draft)
    with pytest.raises(DatabaseError, match="booking_one_a_referral"):
        insert("booking", row(draft, pool, seat=2))


@pytest.mark.parametrize(
    "change",
    [
        "seat = 2",
        "from_primary = false",
        "state = 'held', held_until = now()",
        "made_at = now() + interval '1 day'",
    ],
)
def test_a_booking_is_only_confirmed_or_released(world: World, change: str) -> None:
    take(make_pool(world.hospital, places=2), world.draft())
    with pytest.raises(DatabaseError, match="only confirmed or released"):
        run(f"UPDATE referral_booking SET {change}")


def test_what_is_released_stays_released(world: World) -> None:
    now = timezone.now()
    booking = take(make_pool(world.hospital), world.draft())
    run(
        "UPDATE referral_booking SET state = 'released', released_at = %s, release_reason = 'void'",
        [now],
    )
    with pytest.raises(DatabaseError, match="only confirmed or released"):
        run("UPDATE referral_booking SET state = 'booked', released_at = NULL, release_reason = ''")
    assert seen("booking", "id", booking.pk) == 1


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"places": 501}, "pool_places"),
        ({"reserved_percent": 101}, "pool_reserved"),
        ({"ends_at": ahead(1)}, "pool_ends_after_start"),
        ({"opens_at": ahead(2)}, "pool_opens_before_start"),
        ({"released_at": ahead(2)}, "pool_opens_before_start"),
        ({"doctor_grade": ""}, "pool_whole"),
        ({"department": None}, "pool_whole"),
        ({"capability": "mri"}, "pool_whole"),
        ({"doctor_grade": "wizard"}, "pool_grade_known"),
        ({"session": "noon"}, "pool_session_known"),
        ({"day": timezone.localdate() + timedelta(days=9)}, "pool_day_of_its_start"),
    ],
)
def test_pools_that_are_none(world: World, changes: dict[str, Any], constraint: str) -> None:
    with pytest.raises(DatabaseError, match=constraint):
        make_pool(world.hospital, starts_at=ahead(1), **changes)


def test_one_pool_a_session_and_its_own_department(world: World) -> None:
    pool = make_pool(world.hospital, starts_at=ahead(1))
    with pytest.raises(DatabaseError, match="stays where it is"):
        run("UPDATE facilities_pool SET facility_id = %s WHERE id = %s", [world.clinic.pk, pool.pk])
    with pytest.raises(DatabaseError, match="pool_once"), transaction.atomic():
        make_pool(world.hospital, starts_at=ahead(1))
    foreign = department_of(world.second)
    make_pool(world.hospital, starts_at=ahead(2), department=foreign)
    with pytest.raises(DatabaseError, match="pool_department_at_facility"), transaction.atomic():
        connection.check_constraints()
    Pool.objects.filter(department=foreign).delete()
