"""What a page of a long list reads: as many rows as it shows, from whichever side they come, not the list."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from accounts.rest.paging import Page
from referral.models import Referral
from referral.queries import alliance
from referral.queries import referrals as queries
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of
from tests.referral.many import copies

LONG: Final = 600
PAGE: Final = 51
READERS: Final = ("doctor", "office", "manager")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the steps of a plan."""
    yield plan
    for each in plan.get("Plans", []):
        yield from nodes(each)


def most_read(sql: str) -> int:
    """Return how many rows the step of a statement reads that reads most."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (answer,) = cursor.fetchone()
    plan = (answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"]
    return max(
        int((each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"])
        for each in nodes(plan)
    )


def lists(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements that read a page of referrals."""
    asked = [each["sql"] for each in captured.captured_queries]
    return [sql for sql in asked if f"LIMIT {PAGE}" in sql and "referral_referral" in sql]


def opened(person: Person, address: str) -> tuple[Any, list[str]]:
    """Open a page as a person; return the answer and its statements that read a page of referrals."""
    with CaptureQueriesContext(connection) as captured:
        answer = browser_of(person).get(address)
    assert answer.status_code == 200
    return answer, lists(captured)


def read_by(person: Person, asked: list[str]) -> int:
    """Return how many rows the step of these statements reads that reads most, in the scope of a person."""
    scope.enter(person.actor)
    with connection.cursor() as cursor:
        # A table as small as here is rightly read whole; the question is whether an index leads to a page of it.
        for way in ("seqscan", "bitmapscan", "hashjoin", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    most = max(most_read(sql) for sql in asked)
    as_system()
    return most


def everything(person: Person) -> QuerySet[Referral]:
    """Return what a person sees by the rule itself, newest first."""
    scope.enter(person.actor)
    return queries.visible_to(person.actor).order_by(*queries.NEWEST_FIRST)


def many(world: World) -> None:
    """Make a long history between the clinic and the hospital."""
    copies(world.at(Status.SUBMITTED), LONG, created_at="now() - n * interval '1 minute'")
    world.draft()
    world.returning(Status.ARRIVED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE referral_referral")


@pytest.mark.parametrize("reader", READERS)
def test_a_page_of_everything_costs_a_page(world: World, reader: str) -> None:
    """Each row is met in at most four ways: sent, received, begun, of an alliance."""
    many(world)
    person: Person = getattr(world, reader)
    answer, first = opened(person, "/boxes/all/")
    page: Page[Referral] = answer.context["page"]
    answer, second = opened(person, page.next or "")
    next_page: Page[Referral] = answer.context["page"]
    shown = [row.pk for row in (*page.rows, *next_page.rows)]
    assert shown == [row.pk for row in everything(person)[: 2 * len(page.rows)]]
    as_system()
    assert read_by(person, first + second) <= 4 * PAGE


@pytest.mark.parametrize("reader", READERS)
def test_the_ways_lead_to_all_that_is_seen(world: World, reader: str) -> None:
    many(world)
    person: Person = getattr(world, reader)
    seen = set(everything(person).values_list("pk", flat=True))
    found: set[Any] = set()
    for way in queries.ways(person.actor):
        found.update(Referral.objects.filter(way).values_list("pk", flat=True))
    assert found == seen
    assert len(seen) >= LONG


def test_what_is_under_way_in_an_alliance_costs_nothing_of_its_history(world: World) -> None:
    world.at(Status.SUBMITTED)
    copies(world.at(Status.CANCELLED), LONG)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE referral_referral")
    _answer, asked = opened(world.manager, "/alliance/referrals/")
    assert read_by(world.manager, asked) <= PAGE
    scope.enter(world.manager.actor)
    now: datetime = timezone.now()
    assert alliance.under_way(world.manager.actor, now).count() < PAGE
    as_system()
