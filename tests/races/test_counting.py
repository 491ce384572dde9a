"""Counting beside writers: commits that become visible out of order, counters that meet, legs that move meanwhile."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, Final

import pytest
from django.db import connection, transaction

from accounts import scope
from accounts.actors import Actor
from insights import facts
from insights.actions import count_changes, counting, rebuild
from insights.models import Change, LegFact, Rollup
from insights.vocabulary import Dim, Grain, Scope
from referral import actions
from tests.races.racers import RACERS, Racers
from tests.security.world import SLIP, Person, World, act

ROUNDS: Final = 12
WAIT: Final = 20.0


def counters() -> list[Any]:
    return list(Rollup.objects.order_by("pk").values())


def submitted() -> int:
    row = Rollup.objects.filter(scope=Scope.ALL, dim=Dim.NONE, grain=Grain.YEAR).first()
    return 0 if row is None else row.up_submitted + row.lateral_submitted


def anew() -> list[Any]:
    """Return the counters as they are when built anew."""
    list(rebuild())
    return counters()


def drain() -> None:
    while count_changes():
        pass
    assert not Change.objects.exists()


def file(world: World, number: int, relation: str = "sender") -> Callable[[], object]:
    """Return the filing of one more illness; two of one facility would wait for its audit chain."""
    words = {
        **SLIP,
        "to_facility_id": world.facilities["receiver"].pk,
        "diagnosis_code": f"{'IJ'[number // 100]}{number % 100:02}",
    }
    doctor, patient = world.doctor(relation), world.patient(relation)
    return partial(act, doctor, actions.create, patient, fields=words, submit=True)


def test_a_commit_that_becomes_visible_late_is_counted(world: World, team: Racers) -> None:
    """The earlier transaction, with the earlier note, commits after a later one was counted."""
    early, late = file(world, 1), file(world, 2, "former")
    written, may_commit = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            early()
            written.set()
            assert may_commit.wait(WAIT)

    def quick() -> None:
        assert written.wait(WAIT)
        try:
            late()
            drain()
            assert submitted() == 1
        finally:
            may_commit.set()

    team.race([slow, quick])
    drain()
    assert submitted() == 2
    assert counters() == anew()


def test_a_mark_by_the_last_id_would_lose_it(world: World, team: Racers) -> None:
    """The control: whoever reads on from the highest note that was seen never sees the earlier one."""
    early, late = file(world, 1), file(world, 2, "former")
    written, may_commit = Event(), Event()
    seen: list[int] = []

    def slow() -> None:
        with transaction.atomic():
            early()
            written.set()
            assert may_commit.wait(WAIT)

    def quick() -> None:
        assert written.wait(WAIT)
        try:
            late()
            seen.extend(Change.objects.order_by("id").values_list("id", flat=True))
        finally:
            may_commit.set()

    team.race([slow, quick])
    first = Change.objects.order_by("id").values_list("id", flat=True)[0]
    assert first < min(seen)


def test_counters_that_meet_count_once(world: World, team: Racers) -> None:
    for number in range(ROUNDS):
        file(world, number)()
    done = team.race([count_changes] * RACERS)
    assert None in done, "nobody met anybody"
    drain()
    assert submitted() == ROUNDS
    assert counters() == anew()


def test_legs_that_move_while_they_are_counted(
    world: World, doctors: list[Person], team: Racers
) -> None:
    legs = [file(world, number)() for number in range(ROUNDS)]

    def decide(number: int) -> object:
        by, leg = doctors[number].actor, legs[number].pk  # type: ignore[attr-defined]
        if number % 3 == 0:
            return act(by, actions.decline, leg, reason="capacity")
        act(by, actions.accept, leg)
        return act(by, actions.arrive, leg) if number % 2 else None

    moves: list[Callable[[], object]] = [partial(decide, number) for number in range(ROUNDS)]
    team.race(moves + [drain_some] * (RACERS - ROUNDS))
    drain()
    whole = counters()
    assert whole == anew()
    row = Rollup.objects.get(scope=Scope.ALL, dim=Dim.NONE, grain=Grain.YEAR)
    assert (row.up_submitted, row.up_submitted_declined, row.up_submitted_accepted) == (12, 4, 8)


def drain_some() -> None:
    for _round in range(ROUNDS):
        count_changes(most=2)


def test_notes_taken_twice_change_nothing(world: World) -> None:
    for number in range(3):
        file(world, number)()
    drain()
    before = counters()
    with scope.transaction_as(Actor.system()):
        ids = list(LegFact.objects.values_list("id", flat=True))
        Change.objects.bulk_create([Change(kind=0, subject=pk) for pk in ids * 3])
    drain()
    assert counters() == before


def test_a_counting_that_breaks_off_leaves_its_notes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(world, 1)()

    def broken(*_said: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(facts, "derive", broken)
        with pytest.raises(RuntimeError):
            count_changes()
    assert Change.objects.exists()
    assert not Rollup.objects.exists()
    drain()
    assert submitted() == 1


def test_while_all_is_built_anew_nobody_counts_and_everybody_reads(
    world: World, team: Racers
) -> None:
    for number in range(2):
        file(world, number)()
    drain()
    more = file(world, 2)
    begun, may_end = Event(), Event()

    def building() -> None:
        for _part in rebuild():
            begun.set()
            assert may_end.wait(WAIT)

    def reading() -> None:
        assert begun.wait(WAIT)
        try:
            more()
            assert count_changes() is None
            assert submitted() == 2
        finally:
            may_end.set()

    team.race([building, reading])
    drain()
    assert submitted() == 3
    assert counting.MOST > 0
    assert connection.vendor == "postgresql"
