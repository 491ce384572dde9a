"""The sessions of a facility: who could book what, and the plans of its office."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from facilities import capacity
from facilities.models import Pool
from facilities.vocabulary import DoctorGrade, PoolKind
from tests.api import Answer
from tests.facilities.factories import make_capability
from tests.factories import Person, World, new_key
from tests.referral.pools import ahead, department_of, make_pool, take

MORNING = {"weekday": 1, "session": "morning", "begins": "08:00", "ends": "11:30", "places": 20}
NOON = {"weekday": 4, "session": "afternoon", "begins": "13:30", "ends": "17:00", "places": 10}


def slots(who: Person, world: World, **query: Any) -> Answer:
    return who.api.get(f"/facilities/{world.hospital.pk}/slots/", query)


def free(answer: Answer) -> list[tuple[str, int]]:
    return [(row["id"], row["free"]) for row in answer.results]


def plan(who: Person, world: World, *, key: str | None = None, **changes: Any) -> Answer:
    body = {
        "department": str(department_of(world.hospital).pk),
        "doctor_grade": "chief",
        "start": str(timezone.localdate() + timedelta(days=1)),
        "weeks": 4,
        "sessions": [MORNING, NOON],
        **changes,
    }
    given = {name: value for name, value in body.items() if value is not None}
    return who.api.post(f"/facilities/{world.hospital.pk}/slots/", given, key=key)


def alter(who: Person, pool: Pool, body: dict[str, Any], **words: Any) -> Answer:
    return who.api.patch(f"/facilities/{pool.facility_id}/slots/{pool.pk}/", body, **words)


def test_a_sender_sees_what_it_could_book_now(world: World) -> None:
    _ = world.alliance
    later = make_pool(world.hospital, starts_at=ahead(3), places=4)
    first = make_pool(world.hospital, starts_at=ahead(1), places=2)
    take(make_pool(world.hospital, starts_at=ahead(2)), world.draft())
    make_pool(world.hospital, starts_at=ahead(4), opens_at=timezone.now() + timedelta(minutes=1))
    answer = slots(world.doctor, world)
    assert free(answer) == [(str(first.pk), 2), (str(later.pk), 4)]
    assert answer.results[0]["department"]["id"] == str(first.department_id)
    # Its own office sees the full one and the one not open yet as well.
    assert [count for _id, count in free(slots(world.office, world))] == [2, 0, 4, 1]


def test_the_reserved_share_shows_to_primary_care_alone(world: World) -> None:
    make_pool(world.hospital, places=10, reserved_percent=35, released_at=ahead(1, hour=7))
    _ = world.alliance
    assert [count for _id, count in free(slots(world.doctor, world))] == [10]
    # 35 % of ten are three and a half, and half a place is none: four are reserved.
    assert [count for _id, count in free(slots(world.second_office, world))] == [6]
    Pool.objects.update(released_at=timezone.now())
    assert [count for _id, count in free(slots(world.second_office, world))] == [10]


def test_without_a_common_alliance_there_is_nothing(world: World) -> None:
    _ = world.alliance
    pool = make_pool(world.hospital)
    path = f"/facilities/{world.hospital.pk}/slots/{pool.pk}/"
    for who in (world.stranger, world.outsider):
        assert slots(who, world).results == []
        assert who.api.get(path).status == 404
    assert world.doctor.api.get(path).body["free"] == 1
    assert world.doctor.api.get(f"/facilities/{pool.pk}/slots/").status == 404


def test_filters_and_pages(world: World) -> None:
    _ = world.alliance
    heart = [make_pool(world.hospital, starts_at=ahead(day)) for day in (1, 2, 3)]
    bone = make_pool(world.hospital, code="04.03", starts_at=ahead(2))
    bed = make_pool(world.hospital, kind=PoolKind.BED, starts_at=ahead(2, hour=9))
    of_heart = {"department": heart[0].department_id, "kind": "slot"}
    assert slots(world.doctor, world, **of_heart).ids == [pool.pk for pool in heart]
    assert slots(world.doctor, world, department=bone.department_id).ids == [bone.pk]
    assert slots(world.doctor, world, kind="bed").ids == [bed.pk]
    days = {"from": str(ahead(2).date()), "to": str(ahead(3).date())}
    assert set(slots(world.doctor, world, **days).ids) == {heart[1].pk, bone.pk, bed.pk}
    assert slots(world.doctor, world, **{"from": "2027-01-02", "to": "2027-01-02"}).status == 400
    assert slots(world.doctor, world, colour="red").status == 400
    first = slots(world.doctor, world, limit=2, **of_heart)
    assert first.ids == [pool.pk for pool in heart[:2]]
    assert world.doctor.api.get(first.body["next"]).ids == [heart[2].pk]


def test_a_weekly_pattern_is_made_once(world: World) -> None:
    answer = plan(world.office, world)
    assert (answer.status, answer.body) == (201, {"made": 8, "left": 0, "off": 0, "unsettled": 8})
    assert plan(world.office, world).body == {"made": 0, "left": 8, "off": 0, "unsettled": 8}
    first = Pool.objects.order_by("starts_at").first()
    assert first is not None
    assert first.places in {10, 20}
    assert (first.reserved_percent, first.doctor_grade) == (30, DoctorGrade.CHIEF)
    assert first.starts_at - first.opens_at == timedelta(days=14)
    assert first.starts_at - first.released_at == timedelta(hours=24)
    assert timezone.localtime(first.starts_at).strftime("%H:%M") in {"08:00", "13:30"}
    assert {pool.day.isoweekday() for pool in Pool.objects.all()} == {1, 4}


def test_with_its_key_it_answers_as_before(world: World) -> None:
    key = new_key()
    start = str(timezone.localdate() + timedelta(days=1))
    first, again = (plan(world.office, world, key=key, start=start) for _each in range(2))
    assert first.content == again.content


def test_what_the_office_says_goes_before_the_rule(world: World) -> None:
    words: dict[str, Any] = {
        "reserved_percent": 60,
        "opens_days_before": 28,
        "release_hours_before": 0,
    }
    assert plan(world.office, world, **words).status == 201
    pool = Pool.objects.first()
    assert pool is not None
    assert (pool.reserved_percent, pool.released_at) == (60, pool.starts_at)
    assert pool.starts_at - pool.opens_at == timedelta(days=28)


def test_sessions_that_have_begun_are_not_made(world: World) -> None:
    week_ago = str(timezone.localdate() - timedelta(days=7))
    past = plan(world.office, world, start=week_ago, weeks=1)
    assert (past.body["made"], past.body["left"]) == (0, 2)


def test_beds_and_shared_equipment(world: World) -> None:
    _ = world.alliance
    beds = {"kind": "bed", "doctor_grade": None}
    assert plan(world.office, world, **beds).body["made"] == 8
    shared: dict[str, Any] = {
        "kind": "equipment",
        "doctor_grade": None,
        "department": None,
        "capability": "mri",
        "alliance": str(world.alliance.pk),
    }
    assert plan(world.office, world, **shared).code == "unknown-equipment"
    make_capability(world.hospital, "mri")
    outside = {**shared, "alliance": str(world.outsider.actor.alliance_ids[0])}
    assert plan(world.office, world, **outside).code == "unknown-alliance-here"
    assert plan(world.office, world, **shared).body["made"] == 8
    path = f"/alliances/{world.alliance.pk}/equipment/"
    offered = world.nurse.api.get(path, {"capability": "mri"}).results
    assert {row["kind"] for row in offered} == {"equipment"}
    assert offered[0]["free"] in {10, 20}
    assert world.nurse.api.get(path, {"capability": "ct"}).results == []
    assert world.stranger.api.get(path).results == []
    assert world.stranger.api.get(f"/alliances/{world.clinic.pk}/equipment/").status == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"doctor_grade": None}, "doctor_grade"),
        ({"capability": "mri"}, "capability"),
        ({"kind": "equipment"}, "doctor_grade"),
        ({"kind": "bed"}, "doctor_grade"),
        ({"weeks": 14}, "weeks"),
        ({"sessions": []}, "sessions"),
        ({"sessions": [{**MORNING, "weekday": 8}]}, "sessions"),
        ({"sessions": [{**MORNING, "ends": "08:00"}]}, "sessions"),
        ({"sessions": [{**MORNING, "places": 0}]}, "sessions"),
        ({"sessions": [{**MORNING, "colour": "red"}]}, "sessions"),
        ({"start": "1999-01-01"}, "start"),
        ({"reserved_percent": 101}, "reserved_percent"),
    ],
)
def test_a_pattern_that_is_none(world: World, changes: dict[str, Any], field: str) -> None:
    answer = plan(world.office, world, **changes)
    assert answer.status == 400, answer
    assert any(name.startswith(field) for name in answer.body["errors"]), answer.body
    assert not Pool.objects.exists()


def test_whose_department(world: World) -> None:
    other = department_of(world.second)
    assert plan(world.office, world, department=str(other.pk)).code == "unknown-department-here"


def test_only_its_own_office_and_manager_plan(world: World) -> None:
    _ = world.alliance
    pool = make_pool(world.hospital)
    for who in (world.second_office, world.chief, world.manager, world.doctor, world.auditor):
        assert plan(who, world).status == 403
        assert alter(who, pool, {"places": 5}).status == 403
    missing = f"/facilities/{world.hospital.pk}/slots/{world.clinic.pk}/"
    assert world.chief.api.patch(missing, {"places": 5}).code == "capacity-forbidden"
    assert world.office.api.patch(missing, {"places": 5}).status == 404
    foreign = make_pool(world.second)
    own = f"/facilities/{world.hospital.pk}/slots/{foreign.pk}/"
    assert world.office.api.patch(own, {"places": 5}).status == 404


def test_a_session_is_altered_by_who_has_seen_it(world: World) -> None:
    pool = make_pool(world.hospital, places=5)
    seen = world.office.api.get(f"/facilities/{world.hospital.pk}/slots/{pool.pk}/")
    answer = alter(world.office, pool, {"places": 8}, if_match=seen.headers["ETag"])
    assert (answer.status, answer.body["places"], answer.body["free"]) == (200, 8, 8)
    stale = alter(world.office, pool, {"places": 9}, if_match=seen.headers["ETag"])
    assert (stale.status, stale.code) == (412, "stale-pool")
    late = {"released_at": str(pool.starts_at + timedelta(hours=1))}
    assert alter(world.office, pool, late).code == "pool-invalid"
    assert alter(world.office, pool, {}).status == 400
    assert alter(world.office, pool, {"starts_at": str(ahead(2))}).status == 400


def test_never_below_what_is_taken(world: World) -> None:
    pool = make_pool(world.hospital, places=5)
    take(pool, world.draft())
    take(pool, world.draft(), state="held", held_until=ahead(1))
    answer = alter(world.office, pool, {"places": 1})
    assert (answer.status, answer.code) == (409, "below-taken")
    assert alter(world.office, pool, {"places": 2}).body["free"] == 0
    # The database says the same to whoever forgets to ask.
    with pytest.raises(IntegrityError, match="places are taken"), transaction.atomic():
        Pool.objects.filter(pk=pool.pk).update(places=1)


# How many sessions lie in the days looked at depends on the weekday.
@time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=True)
def test_the_rule_of_beijing(world: World) -> None:
    path = f"/facilities/{world.hospital.pk}/reservation/"
    assert world.doctor.api.get(path).body["meets"] is False
    plan(world.office, world, reserved_percent=30)
    found = world.doctor.api.get(path).body
    assert (found["places"], found["reserved"], found["expert_reserved"]) == (120, 36, 36)
    assert (found["needed_percent"], found["needed_expert_percent"]) == (30, 50)
    assert (found["days_ahead"], found["meets"], found["verified"]) == (14, True, False)
    # Twice as many ordinary numbers as before: the experts are fewer than half of what is reserved.
    plan(world.office, world, doctor_grade="ordinary", sessions=[{**MORNING, "places": 80}])
    found = world.doctor.api.get(path).body
    assert (found["reserved"], found["expert_reserved"]) == (36 + 96, 36)
    assert found["meets"] is False
    # And what is opened too late does not count at all.
    Pool.objects.update(opens_at=timezone.now() - timedelta(days=1))
    late = world.doctor.api.get(path).body
    assert late["reserved"] < 132


def test_the_days_at_the_end_of_the_calendar_have_no_sessions(world: World) -> None:
    path = f"/facilities/{world.hospital.pk}/reservation/"
    for day in ("0001-01-01", "9999-12-31"):
        answer = world.doctor.api.get(path, {"from": day})
        assert (answer.status, answer.body["places"]) == (200, 0), day


def test_every_number_of_the_data_file_is_read() -> None:
    rules = capacity.rules()
    assert (rules.reserved_percent, rules.expert_percent) == (30, 50)
    assert rules.opens_before == timedelta(days=14)
    assert rules.source
