"""What a facility offers on its pages: the week, one session with what is taken of it, a weekly pattern."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Pool
from facilities.vocabulary import PoolKind
from referral.states import Status
from tests.facilities.factories import make_capability
from tests.factories import World, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.pools import ahead, department_of, make_pool, take

WEEK = "/settings/capacity/"
PLAN = "/settings/capacity/plan/"


def one(pool: Pool) -> str:
    return f"{WEEK}{pool.pk}/"


def week_of(pool: Pool, **words: str) -> dict[str, str]:
    return {"week": pool.day.isoformat(), "kind": pool.kind, **words}


def change(pool: Pool, places: int, percent: int = 0, **said: Any) -> dict[str, Any]:
    return {"version": pool.version, "places": places, "reserved_percent": percent, **said}


def pattern(world: World, **said: Any) -> dict[str, Any]:
    return {
        "department": str(department_of(world.hospital).pk),
        "doctor_grade": "chief",
        "start": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "weeks": 2,
        "weekdays": [1, 4],
        "session": "morning",
        "begins": "08:00",
        "ends": "11:30",
        "places": 10,
        **said,
    }


def test_a_week_says_what_is_taken_free_and_reserved(world: World) -> None:
    pool = make_pool(world.hospital, places=10, reserved_percent=25)
    take(pool, world.at(Status.SUBMITTED))
    browser = browser_of(world.office)
    answer = browser.get(WEEK, data=week_of(pool))
    [row] = answer.context["offered"]
    assert (row.sessions, row.places, row.taken, row.free, row.reserved) == (1, 10, 1, 9, 3)
    assert answer.context["sessions"] == (), "none is unfolded yet"
    answer = browser.get(WEEK, data=week_of(pool, of=str(pool.department_id)))
    assert [each.pk for each in answer.context["sessions"]] == [pool.pk]
    assert "余9" in text_of(answer)


def test_beds_and_equipment_are_weeks_of_their_own(world: World) -> None:
    bed = make_pool(world.hospital, kind=PoolKind.BED, places=3)
    scanner = make_pool(
        world.hospital, kind=PoolKind.EQUIPMENT, capability="ct", alliance=world.alliance
    )
    browser = browser_of(world.office)
    assert [each.places for each in browser.get(WEEK, data=week_of(bed)).context["offered"]] == [3]
    answer = browser.get(WEEK, data=week_of(scanner, of="ct"))
    assert [each.pk for each in answer.context["sessions"]] == [scanner.pk]
    assert "CT" in text_of(answer)


@pytest.mark.parametrize(
    "query", ["?week=x", "?week=9999-12-31", "?week=0001-01-01", "?kind=x", "?of=x", "?of=%00"]
)
def test_what_is_no_week_shows_this_one(world: World, query: str) -> None:
    answer = browser_of(world.office).get(WEEK + query)
    assert answer.status_code == 200
    monday = answer.context["monday"]
    assert monday <= timezone.localdate() < monday + timedelta(days=7)


def test_the_week_costs_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    first = make_pool(world.hospital)
    browser, words = browser_of(world.office), week_of(first, of=str(first.department_id))
    for turn in range(2):
        with django_assert_num_queries(10):
            browser.client.get(WEEK, data=words)
        for hour in range(9 + turn * 3, 12 + turn * 3):
            make_pool(world.hospital, starts_at=ahead(hour=hour))
            make_pool(world.hospital, code=f"0{hour % 9 + 1}", starts_at=ahead(hour=hour))


def test_nothing_is_changed_before_it_was_looked_at(world: World) -> None:
    pool = make_pool(world.hospital, places=10, reserved_percent=30)
    take(pool, world.at(Status.SUBMITTED))
    browser = browser_of(world.office)
    answer = browser.post(one(pool), change(pool, 4, 50), follow=False)
    preview = answer.context["preview"]
    assert preview == {"taken": 1, "places": 4, "free": 3, "fewer": 6, "reserved": 2}
    assert Pool.objects.get(pk=pool.pk).places == 10
    answer = browser.post(one(pool), change(pool, 4, 50, sure="1"))
    assert "已修改" in text_of(answer)
    row = Pool.objects.get(pk=pool.pk)
    assert (row.places, row.reserved_percent, row.version) == (4, 50, pool.version + 1)
    assert Event.objects.filter(what="capacity.alter").count() == 1


def test_a_session_is_closed_around_those_who_have_a_place(world: World) -> None:
    pool = make_pool(world.hospital, places=10)
    leg = world.at(Status.SUBMITTED)
    take(pool, leg)
    browser = browser_of(world.office)
    answer = browser.post(one(pool), change(pool, 10, close="1"), follow=False)
    said = text_of(answer)
    assert answer.context["preview"]["places"] == 1
    assert "将减少9个" in said
    assert "已占用1个，这些患者的预约保留" in said
    assert leg.number in said, "the office opens it from here to fix another visit"
    browser.post(one(pool), {**change(pool, 1), "sure": "1"})
    assert Pool.objects.get(pk=pool.pk).places == 1


def test_never_below_what_is_taken(world: World) -> None:
    pool = make_pool(world.hospital, places=3)
    for _each in range(2):
        take(pool, world.at(Status.SUBMITTED))
    browser = browser_of(world.office)
    for said in (change(pool, 1), change(pool, 1, sure="1")):
        answer = browser.post(one(pool), said, follow=False)
        assert answer.status_code == 422
        assert Pool.objects.get(pk=pool.pk).places == 3


def test_what_somebody_changed_meanwhile_is_not_written_over(world: World) -> None:
    pool = make_pool(world.hospital, places=3)
    Pool.objects.filter(pk=pool.pk).update(version=7, places=5)
    answer = browser_of(world.office).post(one(pool), change(pool, 4, sure="1"))
    assert answer.status_code == 422
    assert Pool.objects.get(pk=pool.pk).places == 5


def test_sessions_of_others_are_not_there(world: World) -> None:
    _ = world.alliance
    pool = make_pool(world.hospital)
    for person in (world.chief, make_person(world.lead, Role.REFERRAL_OFFICE)):
        assert browser_of(person).get(one(pool)).status_code == 404
        assert browser_of(person).post(one(pool), change(pool, 9, sure="1")).status_code == 404
    stranger = make_person(world.stranger_clinic, Role.CLINIC_MANAGER)
    assert browser_of(stranger).get(WEEK, data=week_of(pool)).context["offered"] == []
    assert browser_of(world.doctor).get(WEEK).status_code == 403


def test_a_pattern_is_counted_then_made(world: World) -> None:
    browser, words = browser_of(world.office), pattern(world)
    answer = browser.post(PLAN, words, follow=False)
    assert "星期 星期一、星期四" in text_of(answer), "what would be made is said, too"
    planned = answer.context["planned"]
    assert planned.made + planned.off == 4
    assert planned.made > 0
    assert not Pool.objects.exists(), "it was only counted"
    assert not Event.objects.filter(what="capacity.plan").exists()
    browser.post(PLAN, {**words, "sure": "1"})
    assert Pool.objects.filter(facility=world.hospital).count() == planned.made
    again = browser.post(PLAN, words, follow=False).context["planned"]
    assert (again.made, again.left) == (0, planned.made)


def test_a_pattern_is_mended_before_it_is_made(world: World) -> None:
    browser = browser_of(world.office)
    wrong: list[dict[str, Any]] = [
        {"ends": "07:00"},
        {"weekdays": []},
        {"places": 0},
        {"weeks": 99},
    ]
    for said in [*wrong, {"start": "x"}]:
        answer = browser.post(PLAN, {**pattern(world, **said), "sure": "1"})
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == set(said)
    other = pattern(world, department=str(department_of(world.lead).pk))
    assert browser.post(PLAN, {**other, "sure": "1"}).status_code == 422
    assert not Pool.objects.exists()
    answer = browser.post(PLAN, {**pattern(world), "again": "1"})
    assert answer.context["planned"] is None
    assert answer.context["form"]["places"].value() == "10", "what was typed is kept"


def test_equipment_is_planned_for_an_alliance(world: World) -> None:
    _ = world.alliance
    make_capability(world.hospital, "ct")
    words = pattern(world, capability="ct", alliance=str(world.alliance.pk))
    browser = browser_of(world.office)
    browser.post(f"{PLAN}?kind=equipment", {**words, "sure": "1"})
    rows = Pool.objects.all()
    assert {(row.kind, row.capability, row.doctor_grade) for row in rows} == {
        ("equipment", "ct", "")
    }
    assert not any(row.department_id for row in rows)
    words["alliance"] = str(world.outside.led_alliances.get().pk)
    assert browser.post(f"{PLAN}?kind=equipment", {**words, "sure": "1"}).status_code == 422
