"""The first page: what waits for each kind of post, how much of it, and the way to the whole list."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.queries import about_referral
from referral import clocks, today_views, wording
from referral.models import FollowUp, Referral
from referral.queries import desk, work
from referral.states import Status
from tests.factories import Person, World, as_system, reload
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_desk_ready import ready
from tests.referral.many import copies
from tests.referral.ordering import done, make_reader, placed
from tests.referral.test_consents import emergency
from tests.referral.test_documentation import rushed

Counter = Callable[[int], Any]


def today(person: Person) -> str:
    answer = browser_of(person).get("/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def sections(person: Person) -> dict[str, str]:
    """Return the sections of a person's first page by name, with what stands in each."""
    parts = re.split(r'<section class="card section section-([a-z-]+)"', today(person))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def late(leg: Referral) -> Referral:
    """Let a leg be submitted so long ago that its answer is overdue."""
    as_system()
    Referral.objects.filter(pk=leg.pk).update(submitted_at=timezone.now() - timedelta(days=30))
    return reload(leg)


def due_contact(world: World) -> Referral:
    """Return a returned patient of whom a contact is due today."""
    leg = world.returning(Status.ARRIVED)
    as_system()
    FollowUp.objects.filter(referral=leg).update(due_on=timezone.localdate())
    return leg


def arriving(world: World) -> Referral:
    leg = world.at(Status.ACCEPTED)
    end = timezone.localtime().replace(hour=23, minute=59)
    return world.move(leg, "schedule", world.office, scheduled_for=end)


def put_off(world: World) -> Referral:
    return world.move(world.at(Status.SCHEDULED), "put_off", world.doctor, reason="cost")


def reviewed(world: World) -> Referral:
    return world.at(Status.INTERNAL_REVIEW)


# What makes each kind, and who then finds it.
MADE: dict[str, tuple[Callable[[World], Referral], str]] = {
    "overdue": (lambda world: late(world.at(Status.SUBMITTED)), "office"),
    "stuck": (lambda world: late(world.at(Status.SUBMITTED)), "manager"),
    "waiting": (lambda world: world.at(Status.SUBMITTED), "office"),
    "asked": (lambda world: world.at(Status.INFORMATION_REQUESTED), "doctor"),
    "declined": (lambda world: world.at(Status.DECLINED), "doctor"),
    "returned": (lambda world: world.returning(), "doctor"),
    "put-off": (put_off, "office"),
    "arriving": (arriving, "office"),
    "follow-ups": (due_contact, "doctor"),
    "documentation": (rushed, "doctor"),
    "consents": (emergency, "doctor"),
    "ready": (ready, "office"),
    "review": (reviewed, "chief"),
    "drafts": (lambda world: world.draft(), "doctor"),
}


@pytest.mark.parametrize("kind", sorted(MADE))
def test_each_kind_is_found_by_who_has_it(world: World, kind: str) -> None:
    make, who = MADE[kind]
    leg = make(world)
    as_system()
    person: Person = getattr(world, who)
    found = sections(person)
    assert leg.number in found[kind], sorted(found)
    assert str(wording.WORK[kind].title) in found[kind]
    assert '<span class="count">1</span>' in found[kind]
    [whole] = re.findall(r'<a href="([^"]+)">(?:打开列表|查看全部)', found[kind])
    whole_list = browser_of(person).get(whole.replace("&amp;", "&"))
    assert whole_list.status_code == 200
    assert leg.number in text_of(whole_list)
    assert leg.number not in text_of(browser_of(world.stranger).get("/"))


def test_every_kind_has_its_words_and_its_place() -> None:
    assert set(work.KINDS) == set(wording.WORK)
    assert set(work.KINDS) == set(MADE)


def test_what_others_have_to_do_is_not_ones_own(world: World) -> None:
    world.at(Status.SUBMITTED)
    world.at(Status.INFORMATION_REQUESTED)
    world.draft()
    assert set(sections(world.doctor)) == {"asked", "drafts"}
    assert set(sections(world.office)) == {"waiting"}
    assert set(sections(world.chief)) == set()


def test_who_has_done_everything_is_told_so(world: World) -> None:
    text = today(world.doctor)
    assert "都处理完了" in text
    page = text_of(browser_of(world.manager).get("/"))
    assert "都处理完了" in page


def test_what_was_begun_again_is_declined_no_more(world: World) -> None:
    leg = world.at(Status.DECLINED)
    assert leg.number in sections(world.doctor)["declined"]
    browser_of(world.doctor).post(f"/referrals/{leg.pk}/resend/", {"key": str(leg.pk)})
    assert "declined" not in sections(world.doctor)


def test_what_was_declined_long_ago_is_history(world: World) -> None:
    leg = world.at(Status.DECLINED)
    as_system()
    Referral.objects.filter(pk=leg.pk).update(ended_at=timezone.now() - timedelta(days=31))
    assert "declined" not in sections(world.doctor)


def test_many_are_fifty_and_more_and_five_are_shown(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    as_system()
    copies(leg, desk.BOUND + 5)
    found = sections(world.office)["waiting"]
    assert '<span class="count">50+</span>' in found
    assert found.count("row-link") == today_views.GLIMPSE
    first = browser_of(world.office).get("/work/waiting/").content.decode()
    assert first.count('class="desk-row"') == 50


def test_a_manager_sees_where_it_is_late(world: World) -> None:
    late(world.at(Status.SUBMITTED))
    leg = late(world.at(Status.SUBMITTED))
    found = sections(world.manager)["stuck"]
    assert f"to={world.hospital.pk}" in found
    assert re.search(r"仁济医院 <strong>2</strong>", found)
    assert "欧阳" not in found
    assert leg.number in found


def test_a_post_without_the_right_opens_no_list(world: World) -> None:
    for person, kind in (
        (world.chief, "waiting"),
        (world.doctor, "review"),
        (world.doctor, "stuck"),
        (world.auditor, "overdue"),
    ):
        assert browser_of(person).get(f"/work/{kind}/").status_code == 403, kind
    assert browser_of(world.doctor).get("/work/secret/").status_code == 404
    assert browser_of(world.doctor).get("/work/asked/?cursor=x").status_code == 400


@pytest.mark.parametrize("kind", sorted(work.KINDS))
def test_an_empty_list_says_so(world: World, kind: str) -> None:
    right = work.KINDS[kind].right
    people = (world.office, world.manager, world.chief)
    person = next(each for each in people if each.actor.can(right))
    assert "没有待处理的事项" in text_of(browser_of(person).get(f"/work/{kind}/"))


@pytest.mark.parametrize("rows", [1, 8])
def test_it_costs_the_same_however_much_there_is(
    world: World, rows: int, django_assert_num_queries: Counter
) -> None:
    for _turn in range(rows):
        world.at(Status.SUBMITTED)
        world.at(Status.DECLINED)
        world.draft()
    clocks.rules()
    # Transaction, session, user, posts, post with rights, scope, what waits, legs, places, patients, orders,
    # advice, audit.
    for person in (world.doctor, world.office):
        browser = browser_of(person)
        with django_assert_num_queries(14):
            browser.client.get("/")


def test_who_was_looked_at_is_recorded(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    today(world.office)
    assert about_referral(leg.pk)[0].what == "referral.today"


def test_the_rows_of_a_list_open_a_quick_view_where_they_are_decided(world: World) -> None:
    put_off(world)
    page = browser_of(world.office).get("/work/put-off/").content.decode()
    assert "data-quick" in page
    world.at(Status.DECLINED)
    assert "data-quick" not in browser_of(world.doctor).get("/work/declined/").content.decode()


def test_a_centre_finds_the_orders_that_wait_there(world: World) -> None:
    reader = make_reader(world)
    assert "都处理完了" in today(reader)
    order = placed(world)
    found = sections(reader)["orders"]
    assert f"/orders/{order}/" in found
    assert "胸部CT" in found
    assert "欧阳" not in found
    assert "orders" not in sections(world.doctor)
    done(reader, order, "receive")
    assert "都处理完了" in today(reader)
