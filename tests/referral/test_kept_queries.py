"""One leg is read by a text that is made once; it must find and bring what the query set would."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.rows import Kept
from facilities import capacity
from facilities.models import Pool
from referral import actions
from referral.actions import seats
from referral.models import Booking, Referral
from referral.queries import referrals as queries
from referral.states import Status
from tests.factories import World, as_system
from tests.referral.pools import make_pool

WISHES: dict[Callable[..., QuerySet[Referral]], list[tuple[bool, ...]]] = {
    queries._shown: [()],
    queries._locked: [(False, False), (True, False), (False, True), (True, True)],
    queries._idle: [()],
}


def actors(world: World) -> dict[str, Actor]:
    """Return everybody who could ask, each with a scope of another kind."""
    seen = tuple(uuid7() for _each in range(2))
    manager = world.manager.actor
    return {
        "sender": world.doctor.actor,
        "receiver": world.office.actor,
        "manager": manager,
        "manager of more": Actor(
            manager.user_id,
            manager.facility_id,
            manager.role,
            manager.permissions,
            (*seen, *manager.alliance_ids),
        ),
        "stranger": world.stranger.actor,
        "without a post": Actor.without_post(user_id=uuid7(), name="x"),
        "system": Actor.system(),
    }


def told(row: Model | None) -> dict[str, Any] | None:
    """Return all that a leg carries: columns, annotations, and the same of what hangs on it."""
    if row is None:
        return None
    own = {name: value for name, value in vars(row).items() if name != "_state"}
    hanging = {
        name: value and {key: each for key, each in vars(value).items() if key != "_state"}
        for name, value in row._state.fields_cache.items()
    }
    return own | {"hanging": hanging}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RECEIVED, Status.SCHEDULED])
def test_it_finds_and_brings_the_same(world: World, status: Status) -> None:
    leg = world.at(status)
    found: dict[str, bool] = {}
    for who, by in actors(world).items():
        scope.enter(by)
        for rows, wishes in WISHES.items():
            for each in wishes:
                plain = rows(by, *each).filter(pk=leg.pk).first()
                kept = queries._one(rows, leg.pk, by, *each)
                assert told(kept) == told(plain), (who, rows.__name__, each)
                found[who] = kept is not None
    allied = status != Status.DRAFT
    assert found == {
        "sender": True,
        "receiver": allied,
        "manager": allied,
        "manager of more": allied,
        "stranger": False,
        "without a post": False,
        "system": True,
    }


def test_the_text_is_made_once_and_serves_everybody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = world.at(Status.RECEIVED)
    made: list[Callable[..., Any]] = []
    once = Kept.__init__

    def count(self: Any, rows: QuerySet[Referral], stand_ins: Any) -> None:
        made.append(once)
        once(self, rows, stand_ins)

    queries._kept.cache_clear()
    monkeypatch.setattr(Kept, "__init__", count)
    for _each in range(3):
        for by in (world.doctor.actor, world.office.actor):
            scope.enter(by)
            assert queries.lock(leg.pk, by) is not None
    assert len(made) == 1


def test_nobodys_id_stays_in_a_text(world: World) -> None:
    leg = world.at(Status.RECEIVED)
    queries._kept.cache_clear()
    scope.enter(world.doctor.actor)
    queries.find(leg.pk, world.doctor.actor)
    scope.enter(world.office.actor)
    with CaptureQueriesContext(connection) as captured:
        queries.find(leg.pk, world.office.actor)
    [query] = captured.captured_queries
    assert str(world.clinic.pk) not in query["sql"]
    assert world.clinic.pk.hex not in query["sql"]


def test_a_seat_and_its_pool_are_the_same(world: World) -> None:
    pool = make_pool(world.hospital)
    leg, other = world.at(Status.ACCEPTED), world.at(Status.ACCEPTED)
    scope.enter(world.office.actor)
    assert seats.of(leg) is None
    actions.schedule(leg.pk, by=world.office.actor, pool_id=pool.pk)
    as_system()
    row = Booking.objects.select_related("pool").get(referral=leg)
    assert told(seats.of(leg)) == told(row)
    assert seats.of(other) is None
    assert told(capacity.locked_pool(pool.pk)) == told(Pool.objects.get(pk=pool.pk))
    assert capacity.locked_pool(uuid7()) is None


def test_a_seat_and_its_pool_are_locked(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    with CaptureQueriesContext(connection) as captured:
        seats.of(leg)
        capacity.locked_pool(leg.pk)
    for query, table in zip(captured.captured_queries, (Booking, Pool), strict=True):
        assert query["sql"].endswith(f'FOR NO KEY UPDATE OF "{table._meta.db_table}"')


def test_a_moment_is_refused(world: World) -> None:
    pk = uuid7()
    with pytest.raises(ValueError, match="moment"):
        Kept(Referral.objects.filter(pk=pk, created_at__lt=timezone.now()), [pk])
