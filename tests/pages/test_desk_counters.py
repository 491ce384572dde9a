"""The numbers beside the boxes: right, bounded, each facility's own, and cheap to ask for again."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from referral import clocks
from referral.models import Referral
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of
from tests.pages.test_desk_arrivals import coming
from tests.referral.many import copies


def asked(person: Person, tag: str = "") -> Any:
    """Ask for the numbers, as a page does that knows those of `tag`."""
    headers = {"If-None-Match": tag} if tag else {}
    return browser_of(person).get("/counters/", headers=headers)


def counts(person: Person) -> dict[str, str]:
    """Return the numbers that a person is shown."""
    found: dict[str, str] = asked(person).json()["counts"]
    return found


def test_each_facility_has_its_own_numbers(world: World) -> None:
    world.at(Status.SUBMITTED)
    world.at(Status.RECEIVED)
    world.at(Status.ACCEPTED)
    coming(world)
    world.emergency()
    world.draft()
    assert counts(world.office) == {"inbox": "3", "arrivals": "1"}
    assert counts(world.doctor) == {"tracking": "5", "drafts": "1"}
    assert counts(world.second_office) == counts(world.stranger) == {}


def test_what_is_overdue_is_counted(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    late = timezone.now() - timedelta(days=20)
    Referral.objects.filter(pk=leg.pk).update(submitted_at=late, created_at=late)
    assert counts(world.office) == {"inbox": "1", "overdue": "1"}


def test_an_emergency_counts_until_it_is_acknowledged(world: World) -> None:
    leg = world.emergency()
    assert counts(world.office) == {"inbox": "1"}
    world.move(leg, "acknowledge", world.office)
    assert counts(world.office) == {}


def test_fifty_and_one_more(world: World) -> None:
    leg = world.draft()
    copies(leg, 50)
    assert counts(world.doctor)["drafts"] == "50+"
    world.move(leg, "cancel", world.doctor, reason="duplicate")
    assert counts(world.doctor)["drafts"] == "50"


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    world.at(Status.SUBMITTED)
    first = asked(world.office)
    again = asked(world.office, first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    world.at(Status.SUBMITTED)
    assert asked(world.office, first.headers["ETag"]).status_code == 200


def test_what_is_new_is_told_from_what_was_there(world: World) -> None:
    """One that leaves and one that comes are the same number; their marks are not."""
    gone, stays = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    before = asked(world.office).json()["waiting"]
    world.move(gone, "decline", world.office, reason="capacity")
    world.at(Status.SUBMITTED)
    after = asked(world.office).json()["waiting"]
    assert len(before) == len(after) == 2
    assert len(set(before) & set(after)) == 1
    assert stays.pk.hex.endswith((set(before) & set(after)).pop())


def test_the_most_urgent_are_among_those_that_are_told(world: World) -> None:
    copies(world.at(Status.SUBMITTED), 51)
    emergency = world.emergency()
    waiting = asked(world.office).json()["waiting"]
    assert len(waiting) == 51
    assert emergency.pk.hex.endswith(waiting[0])


def test_all_numbers_take_one_statement(world: World, django_assert_num_queries: Any) -> None:
    for status in (Status.SUBMITTED, Status.ACCEPTED, Status.DRAFT):
        world.at(status)
    browser = browser_of(world.office)
    clocks.rules()
    # Transaction, session, user, posts, post with rights, scope, and the numbers.
    with django_assert_num_queries(8):
        browser.client.get("/counters/")
    as_system()


def test_a_post_without_referrals_and_nobody_are_told_nothing(world: World) -> None:
    assert asked(world.auditor).status_code == 403
    assert browser_of(None).get("/counters/").status_code == 302
