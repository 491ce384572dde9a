"""Where a place is free: the earliest appointment by facility, in one statement, and idle equipment."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from facilities.vocabulary import PoolKind
from referral import availability
from referral.availability import Opening
from tests.factories import World
from tests.referral.pools import ahead, make_pool, take


def openings(
    world: World, *, code: str | None = None, sender: UUID | None = None, days: float = 14
) -> dict[UUID, Opening]:
    now = timezone.now()
    return availability.earliest(
        [world.hospital.pk, world.second.pk, world.outside.pk],
        department_code=code,
        sender=sender or world.clinic.pk,
        start=now,
        until=now + timedelta(days=days),
    )


def test_the_earliest_place_of_each_facility(world: World) -> None:
    make_pool(world.hospital, starts_at=ahead(3))
    first = make_pool(world.hospital, starts_at=ahead(2), places=3)
    other = make_pool(world.second, starts_at=ahead(4))
    found = openings(world)
    assert found == {
        world.hospital.pk: Opening(first.pk, first.department_id, first.starts_at, 3),  # type: ignore[arg-type]
        world.second.pk: Opening(other.pk, other.department_id, other.starts_at, 1),  # type: ignore[arg-type]
    }


def test_a_full_session_is_passed_over_whoever_took_it(world: World) -> None:
    full, later = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    take(full, world.draft())
    # The sister clinic may not see the draft, and is counted right all the same.
    scope.enter(world.nurse.actor)
    assert openings(world, sender=world.sister.pk)[world.hospital.pk].pool_id == later.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('scope.system', true)")
        assert cursor.fetchone() == ("",)


def test_a_hold_counts_until_it_runs_out(world: World) -> None:
    pool = make_pool(world.hospital)
    now = timezone.now()
    hold = take(pool, world.draft(), state="held", held_until=now + timedelta(minutes=5))
    assert openings(world) == {}
    hold.held_until = now - timedelta(seconds=1)
    hold.save(update_fields=["held_until"])
    assert openings(world)[world.hospital.pk].pool_id == pool.pk


def test_no_place_before_it_opens_or_after_it_began_or_beyond_the_window(world: World) -> None:
    now = timezone.now()
    make_pool(world.hospital, opens_at=now + timedelta(minutes=5))
    make_pool(world.hospital, starts_at=ahead(-1), opens_at=ahead(-9))
    make_pool(world.hospital, starts_at=ahead(5))
    make_pool(world.hospital, kind=PoolKind.BED)
    assert openings(world, days=4) == {}


def test_only_in_a_common_alliance(world: World) -> None:
    make_pool(world.hospital)
    make_pool(world.outside)
    assert set(openings(world)) == {world.hospital.pk}
    assert openings(world, sender=world.stranger_clinic.pk).keys() == {world.outside.pk}


def test_the_department_with_its_parts(world: World) -> None:
    make_pool(world.hospital, code="04.01")
    heart = make_pool(world.hospital, code="03.04", starts_at=ahead(2))
    for code in ("03.04", "03"):
        assert openings(world, code=code)[world.hospital.pk].pool_id == heart.pk
    assert openings(world, code="05") == {}
    assert openings(world, code="0%") == {}


def test_the_reserved_share_is_for_primary_care_until_it_is_released(world: World) -> None:
    pool = make_pool(world.hospital, places=10, reserved_percent=30, released_at=ahead(1, hour=7))
    clinic, hospital = world.clinic.pk, world.second.pk
    assert openings(world, sender=clinic)[world.hospital.pk].free == 10
    assert openings(world, sender=hospital)[world.hospital.pk].free == 7
    # What primary care took already is no longer kept for it; what others took is.
    take(pool, world.draft(), from_primary=True)
    take(pool, world.draft(), from_primary=False)
    assert openings(world, sender=clinic)[world.hospital.pk].free == 8
    assert openings(world, sender=hospital)[world.hospital.pk].free == 6
    pool.released_at = timezone.now()
    pool.save(update_fields=["released_at"])
    assert openings(world, sender=hospital)[world.hospital.pk].free == 8


def test_one_statement_however_many(world: World) -> None:
    make_pool(world.hospital)
    make_pool(world.second)
    openings(world)
    with CaptureQueriesContext(connection) as captured:
        assert len(openings(world)) == 2
    assert len(captured) == 1
    assert (
        availability.earliest(
            [], department_code=None, sender=world.clinic.pk, start=ahead(), until=ahead(2)
        )
        == {}
    )


def test_idle_equipment_is_offered_to_the_members(world: World) -> None:
    shared: dict[str, Any] = {
        "kind": PoolKind.EQUIPMENT,
        "capability": "mri",
        "alliance": world.alliance,
    }
    later = make_pool(world.second, starts_at=ahead(3), places=2, **shared)
    first = make_pool(world.hospital, starts_at=ahead(2), **shared)
    make_pool(world.hospital, starts_at=ahead(1), **{**shared, "capability": "ct"})
    full = make_pool(world.second, starts_at=ahead(1), **shared)
    take(full, world.draft())
    now = timezone.now()
    asked: dict[str, Any] = {"capability": "mri", "start": now, "at": now}
    found = availability.offered([world.alliance.pk], **asked).order_by("starts_at")
    assert [(pool.pk, pool.free) for pool in found] == [(first.pk, 1), (later.pk, 2)]
    assert not availability.offered([], **asked).exists()
