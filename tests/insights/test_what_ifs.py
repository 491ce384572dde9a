"""What-ifs as they are asked for: estimated from facts and sessions, run by a worker, kept to be repeated."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from django.utils import timezone

from audit.models import Event
from facilities.models import Department
from facilities.vocabulary import PoolKind
from insights.jobs_tasks import compute
from insights.models import LegFact, WhatIf
from insights.queries.history import read as history_of
from insights.whatif import kept
from referral.states import Urgency
from tests.factories import Person, World, as_system, new_key
from tests.insights.history import fact, keep, practise
from tests.referral.pools import department_of, make_pool

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/what-ifs/"
NOW: Final = datetime(2026, 9, 17, 10, tzinfo=timezone.get_default_timezone())
TODAY: Final = NOW.date()


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> Any:
    # Two repetitions show what a hundred do; how they spread has tests of its own.
    monkeypatch.setattr("insights.actions.trying.REPLICATIONS", (2,))
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def heart(world: World) -> Department:
    """A department of the hospital with ten weeks of practice, where referrals have more places than they need."""
    made = department_of(world.hospital, "03.04")
    practise(world.hospital, made, TODAY)
    return made


def ask(who: Person, department: Department | None = None, **said: Any) -> dict[str, Any]:
    named = {"department": department.pk} if department else {}
    body = {"kind": "places", "number": 2, **named, **said}
    answer = who.api.post(ADDRESS, body)
    assert answer.status == 202, answer.body
    return answer.body


def done(who: Person, asked: dict[str, Any]) -> dict[str, Any]:
    compute()
    answer = who.api.get(f"{ADDRESS}{asked['id']}/")
    as_system()
    assert answer.status == 200
    return answer.body


def measure(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in found["whole"] if row["measure"] == name)


def test_the_numbers_are_those_of_the_history(world: World, heart: Department) -> None:
    asked = ask(world.office, heart)
    assert (asked["state"], asked["departments"]) == ("waiting", [])
    found = done(world.office, asked)
    assert (found["state"], found["refusal"]) == ("done", None)
    [simulated] = found["departments"]
    # Two a day on five days of ten weeks, and as much of this one: from the first such day to yesterday.
    assert simulated["legs"] == 100
    assert simulated["referrals_a_week"] == pytest.approx(10 * 10 / 10.4, abs=0.5)
    assert (simulated["reserved_percent"], simulated["acceptance"]) == (67, 1)
    assert (simulated["answer_days"], simulated["no_show"]) == (1, 0)
    assert (found["last"], found["replications"], found["days"]) == ("2026-09-16", 2, 364)
    assert len(found["assumptions"]) > 10


def test_fewer_places_make_people_wait_and_more_do_not(world: World, heart: Department) -> None:
    fewer = done(world.office, ask(world.office, heart, number=-2))
    more = done(world.office, ask(world.office, heart, number=2))
    assert measure(fewer, "stuck")["difference"]["mean"] > 100
    assert measure(fewer, "wait-median")["difference"]["mean"] > 1
    assert measure(more, "stuck")["difference"]["mean"] <= 0
    for found in (fewer, more):
        part = measure(found, "wait-mean")["changed"]
        assert part["low"] <= part["mean"] <= part["high"]


def test_a_share_that_stays_changes_exactly_nothing(world: World, heart: Department) -> None:
    found = done(world.office, ask(world.office, heart, kind="share", number=67))
    assert {row["difference"]["mean"] for row in found["whole"]} <= {0, None}


def test_the_same_again_comes_to_the_same(world: World, heart: Department) -> None:
    """Also where the history has changed since: the inputs were kept."""
    first = done(world.office, ask(world.office, heart))
    practise(world.hospital, heart, TODAY - timedelta(days=77), weeks=5, referred=9)
    answer = world.office.api.post(f"{ADDRESS}{first['id']}/repeat/")
    assert answer.status == 202
    again = done(world.office, answer.body)
    assert (again["same"], again["repeats"], again["seed"]) == (True, first["id"], first["seed"])
    assert again["whole"] == first["whole"]
    another = done(world.office, ask(world.office, heart))
    assert another["whole"] != first["whole"], "another run estimates anew, with another seed"


def test_a_closure_sends_demand_to_the_departments_of_other_members(
    world: World, heart: Department
) -> None:
    other = department_of(world.second, "03.04")
    practise(world.second, other, TODAY)
    lungs = department_of(world.second, "03.01")
    practise(world.second, lungs, TODAY)
    asked = ask(world.manager, heart, facility=world.hospital.pk, kind="closure", number=8)
    found = done(world.manager, asked)
    assert {each["department"] for each in found["departments"]} == {str(heart.pk), str(other.pk)}
    assert measure(found, "unplaced")["changed"]["mean"] == 0
    kept_setting = kept.setting_of(WhatIf.objects.get().inputs["setting"])
    following = {each.key: each.following for each in kept_setting.departments}
    assert following[str(heart.pk)] == (str(other.pk),)
    parts = {part["department"]: part["measures"] for part in found["by_department"]}
    accepted = next(row for row in parts[str(other.pk)] if row["measure"] == "accepted")
    assert accepted["difference"]["mean"] > 0


def test_a_closure_without_anybody_to_take_over(world: World, heart: Department) -> None:
    asked = ask(world.manager, facility=world.hospital.pk, kind="closure", number=0)
    found = done(world.manager, asked)
    assert (
        measure(found, "unplaced")["changed"]["mean"] == measure(found, "stuck")["changed"]["mean"]
    )
    assert measure(found, "unplaced")["changed"]["mean"] > 100


def test_a_house_alone_tries_no_closure(world: World, heart: Department) -> None:
    body = {"kind": "closure", "number": 4, "department": heart.pk}
    assert world.office.api.post(ADDRESS, body).code == "what-if-closure"


@pytest.mark.parametrize(
    ("days", "sessions", "there"), [(9, True, 18), (40, False, 80), (0, True, 0)]
)
def test_where_too_little_is_known_it_says_so(
    world: World, days: int, sessions: bool, there: int
) -> None:
    """With fewer than 20 answered referrals, or without sessions, nothing is guessed."""
    made = department_of(world.hospital)
    if sessions:
        practise(world.hospital, made, TODAY, referred=0)
    answered = {"accepted": True, "answer_minutes": 60}
    keep(
        fact(world.hospital, TODAY - timedelta(days=1 + n), department=made, **answered)
        for n in range(days)
        for _twice in range(2)
    )
    found = done(world.office, ask(world.office, made))
    assert (found["state"], found["refusal"]["code"]) == ("refused", "what-if-too-little")
    assert str(there) in found["refusal"]["detail"]
    assert found["whole"] == []
    assert world.office.api.post(f"{ADDRESS}{found['id']}/repeat/").code == "what-if-unfinished"


def test_who_tries_and_who_sees(world: World, heart: Department) -> None:
    own = ask(world.office, heart)
    wide = ask(world.manager, heart, facility=world.hospital.pk)
    for who, seen in (
        (world.office, {own["id"]}),
        (world.manager, {own["id"], wide["id"]}),
        (world.doctor, set()),
        (world.stranger, set()),
        (world.outsider, set()),
    ):
        assert {row["id"] for row in who.api.get(ADDRESS).results} == seen
        for run in (own, wide):
            status = 200 if run["id"] in seen else 404
            assert who.api.get(f"{ADDRESS}{run['id']}/").status == status
            if status == 404:
                assert who.api.post(f"{ADDRESS}{run['id']}/repeat/").status == 404
    body = {"facility": world.hospital.pk, "department": heart.pk, "kind": "share", "number": 10}
    for who in (world.doctor, world.stranger, world.outsider):
        assert who.api.post(ADDRESS, body).status == 404
    assert world.auditor.api.post(ADDRESS, body).status == 403
    of_clinic = department_of(world.clinic)
    assert world.office.api.post(ADDRESS, {**body, "department": of_clinic.pk}).status == 404
    as_system()
    assert Event.objects.filter(what="what_if.ask").count() == 2


def test_a_repeated_request_is_one_run(world: World, heart: Department) -> None:
    key, body = new_key(), {"kind": "share", "number": 10, "department": heart.pk}
    first = world.office.api.post(ADDRESS, body, key=key)
    assert world.office.api.post(ADDRESS, body, key=key).body == first.body
    as_system()
    assert WhatIf.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"kind": "share", "number": 101}, 400),
        ({"kind": "share", "number": -1}, 400),
        ({"kind": "places", "number": 51}, 400),
        ({"kind": "closure", "number": 53}, 400),
        ({"kind": "party"}, 400),
        ({"pool": "equipment"}, 400),
        ({"department": None}, 400),
    ],
)
def test_what_cannot_be_tried(
    world: World, heart: Department, changes: dict[str, Any], status: int
) -> None:
    body = {"kind": "share", "number": 10, "department": heart.pk, **changes}
    assert world.office.api.post(ADDRESS, body).status == status
    without = {"kind": "share", "number": 10}
    assert world.office.api.post(ADDRESS, without).code == "what-if-department"


def test_an_urgency_of_few_persons_is_not_told_to_who_may_not_see_them(
    world: World, heart: Department
) -> None:
    urgent = {"urgency": Urgency.URGENT, "accepted": True, "answer_minutes": 60}
    keep(
        fact(world.hospital, TODAY - timedelta(days=9), department=heart, **urgent) for _n in "1234"
    )
    own = done(world.office, ask(world.office, heart))
    wide = done(world.manager, ask(world.manager, heart, facility=world.hospital.pk))
    assert {each["urgency"] for each in own["by_urgency"]} == {"urgent", "routine"}
    assert {each["urgency"] for each in wide["by_urgency"]} == {"routine"}
    assert set(wide["departments"][0]["by_urgency"]) == {"routine"}


def test_only_what_waits_for_a_session_is_history(world: World, heart: Department) -> None:
    """No emergency, nothing cancelled or returned, nothing from a higher tier."""
    day = TODAY - timedelta(days=3)
    before = LegFact.objects.count()
    for other in (
        {"urgency": Urgency.EMERGENCY},
        {"cancelled": True},
        {"direction": "down"},
        {"from_tier": 2},
    ):
        keep([fact(world.hospital, day, department=heart, **other)])
    found = history_of([heart.pk], PoolKind.SLOT, TODAY - timedelta(days=180), TODAY)[heart.pk]
    assert len(found.legs) == before


def test_when_reserved_places_are_released_is_counted_at_noon(world: World) -> None:
    made = department_of(world.hospital)
    start = NOW.replace(hour=8) - timedelta(days=7)
    for days, released in (
        (0, start),  # with the session: never
        (1, start.replace(hour=0)),  # on the day itself
        (2, start - timedelta(hours=20)),  # the day before at noon
        (1, start - timedelta(hours=19)),  # an hour later
    ):
        pool = make_pool(
            world.hospital,
            starts_at=start,
            released_at=released,
            opens_at=start - timedelta(days=10),
        )
        found = history_of([made.pk], PoolKind.SLOT, TODAY - timedelta(days=30), TODAY)[made.pk]
        assert (found.released, found.ahead) == ([days], [10])
        pool.delete()
