"""Pins how many SQL statements the hot requests take, so that a new one is noticed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referral.states import Status
from tests.api import Answer
from tests.facilities.factories import make_hospital
from tests.factories import World, join, new_key
from tests.referral.pools import ahead, make_pool

# Statements that only frame a transaction; tests run inside one, where they are savepoints.
FRAMES = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT")


def statements(request: Callable[[], Answer], status: int) -> list[str]:
    """Return the statements of a request that is answered as expected, the second time it is made."""
    request()
    with CaptureQueriesContext(connection) as captured:
        answer = request()
    assert answer.status == status, answer
    found = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in found if not sql.upper().startswith(FRAMES)]


def at_most(limit: int, found: list[str]) -> None:
    lines = "\n".join(f"{number}: {sql[:150]}" for number, sql in enumerate(found, start=1))
    assert len(found) <= limit, f"{len(found)} statements instead of {limit}:\n{lines}"


def test_submit_takes_at_most_16_statements(world: World) -> None:
    bodies = [world.body(patient=str(world.make_patient().pk), submit=True) for _each in range(2)]
    path = "/referrals/"
    found = statements(lambda: world.doctor.api.post(path, bodies.pop(), key=new_key()), 201)
    at_most(16, found)


@pytest.mark.parametrize("held", [False, True])
def test_only_a_draft_that_keeps_a_seat_pays_for_it(world: World, held: bool) -> None:
    drafts = [world.draft() for _each in range(2)]
    pool = make_pool(world.hospital, places=2)
    if held:
        for draft in drafts:
            world.doctor.api.post(f"/referrals/{draft.pk}/hold/", {"pool": str(pool.pk)})

    def submit() -> Answer:
        return world.doctor.api.post(f"/referrals/{drafts.pop().pk}/submit/", {}, key=new_key())

    found = statements(submit, 200)
    at_most(17 if held else 15, found)
    assert any(sql.startswith('UPDATE "referral_booking"') for sql in found) == held


@pytest.mark.parametrize("visit", [False, True])
def test_accept_takes_at_most_14_statements(world: World, visit: bool) -> None:
    legs = [world.at(Status.RECEIVED), world.at(Status.RECEIVED)]
    day = (timezone.now() + timedelta(days=1)).isoformat()

    def accept() -> Answer:
        path = f"/referrals/{legs.pop().pk}/accept/"
        return world.office.api.post(path, {"scheduled_for": day} if visit else {}, key=new_key())

    # A visit in the same step is a second move with its own history, messages and audit.
    at_most(14 if not visit else 19, statements(accept, 200))


@pytest.mark.parametrize("size", [1, 20])
def test_the_inbox_takes_at_most_6_statements_whatever_its_size(world: World, size: int) -> None:
    for _each in range(size):
        world.at(Status.SUBMITTED)
    found = statements(lambda: world.office.api.get("/referrals/", {"box": "inbox"}), 200)
    at_most(6, found)


def test_the_clocks_of_a_page_take_one_statement(world: World) -> None:
    for _each in range(5):
        world.at(Status.INFORMATION_REQUESTED)
        world.at(Status.ARRIVED)
    found = statements(lambda: world.office.api.get("/referrals/", {"box": "inbox"}), 200)
    at_most(6, found)
    assert sum('"referral_legclock"' in sql for sql in found) == 1


@pytest.mark.parametrize("size", [1, 70])
def test_destinations_take_at_most_8_statements_however_many_there_are(
    world: World, size: int
) -> None:
    """Of these the matching takes four: home, reach, times of answering, appointments of the best."""
    for number in range(size):
        hospital = make_hospital(f"县医院{number}", tier=2, region=world.region)
        join(world.alliance, hospital)
        make_pool(hospital, starts_at=ahead(2))
    asked = {"patient": str(world.patient.pk), "diagnosis": "I10"}
    found = statements(lambda: world.doctor.api.post("/destinations/", asked), 200)
    at_most(8, found)
    assert sum("referral_places_free" in sql for sql in found) == 1
