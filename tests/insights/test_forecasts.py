"""Forecasts as they are asked for: fed from facts, computed by a worker, told to whom they concern."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from django.utils import timezone

from facilities import actions as directory
from insights.actions import forecasting, jobs
from insights.forecast import NEEDED, SEASON
from insights.jobs_tasks import compute, renew_forecasts
from insights.models import DepartmentForecast, JobState
from insights.queries.demand import demand
from insights.weeks import WEEK
from tests.factories import Person, World, as_system
from tests.insights.history import fact, fill, keep, monday
from tests.referral.pools import department_of

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/forecasts/"
NOW: Final = datetime(2026, 9, 17, 10, tzinfo=timezone.get_default_timezone())  # a Thursday
TODAY: Final = NOW.date()


@pytest.fixture(autouse=True)
def _stopped() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def no_model(_history: object, _mondays: object) -> None:
    """Say that the model could not be fitted."""


def thirteen(history: list[float | None], mondays: list[date]) -> list[tuple[float, float, float]]:
    """Estimate 13 for every week, somewhere from 11 to 15."""
    return [(13.04, 11.0, 15.0)] * (len(mondays) - len(history))


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the model out, which takes seconds: it has tests of its own."""
    monkeypatch.setattr("insights.forecast.project", no_model)


def ask(who: Person, **body: Any) -> dict[str, Any]:
    answer = who.api.post(ADDRESS, body)
    assert answer.status == 202, answer.body
    return answer.body


def read(who: Person, **query: Any) -> dict[str, Any]:
    answer = who.api.get(ADDRESS, query)
    as_system()
    assert answer.status == 200, answer.body
    return answer.body


def yearly(number: int) -> int:
    """Return a demand that repeats each year, but for one more a week in the last 52 of 140 weeks."""
    return 6 + number % SEASON % 5 + (number >= 88)


def test_asked_computed_and_told(world: World, plain: None) -> None:
    fill(world.hospital, TODAY, 140, yearly)
    assert read(world.office)["state"] == "unasked"
    assert ask(world.office)["state"] == "waiting"
    assert compute()
    assert not compute()
    found = read(world.office)
    assert (found["state"], found["better"]) == ("done", "seasonal-naive")
    assert found["data_until"] == "2026-09-13"
    assert [each["count"] for each in found["past"]] == [yearly(number) for number in range(140)]
    assert found["past"][-1]["week"] == "2026-09-07"
    [way] = found["methods"]
    assert [each["week"] for each in way["ahead"]][:2] == ["2026-09-14", "2026-09-21"]
    assert [each["estimate"] for each in way["ahead"]] == [
        yearly(140 - SEASON + n) for n in range(8)
    ]
    # Held out were the weeks 112 to 139, each one more than a year before.
    assert (way["mean_error"], way["weeks_tried"]) == (1.0, 48)
    assert {each["code"] for each in found["notes"]} >= {"model-untried"}
    assert len(read(world.office, weeks=3)["methods"][0]["ahead"]) == 3


def test_the_model_stands_beside_the_year_before_and_the_better_one_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insights.forecast.project", thirteen)
    fill(world.hospital, TODAY, NEEDED, lambda number: 12 if number % 2 else 14)
    keep([fact(world.hospital, monday(TODAY) - WEEK) for _more in range(20)])
    ask(world.office)
    compute()
    found = read(world.office)
    errors = {way["method"]: way["mean_error"] for way in found["methods"]}
    # 48 weeks tried: 23 of 12, 24 of 14 and one of 32, where the year before had 12, 14 and 12.
    by_hand = (23 * 1.04 + 24 * 0.96 + 18.96) / 48
    assert errors == {"structural": round(by_hand, 2), "seasonal-naive": round(20 / 48, 2)}
    assert found["better"] == "seasonal-naive"
    structural = found["methods"][1]
    assert [each["estimate"] for each in structural["ahead"]] == [13.0] * 8


def test_a_department_is_told_from_the_others(world: World, plain: None) -> None:
    heart, lungs = department_of(world.hospital, "03.04"), department_of(world.hospital, "03.01")
    fill(world.hospital, TODAY, 132, 5, department=heart)
    fill(world.hospital, TODAY, 132, 2, department=lungs)
    for department in (heart.pk, lungs.pk, None):
        ask(world.office, **({"department": department} if department else {}))
        compute()
    counts = {
        department: read(world.office, **({"department": department} if department else {}))[
            "past"
        ][-1]["count"]
        for department in (heart.pk, lungs.pk, None)
    }
    assert counts == {heart.pk: 5, lungs.pk: 2, None: 7}


def test_a_short_history_is_refused_in_the_readers_words(world: World, plain: None) -> None:
    fill(world.hospital, TODAY, NEEDED - 1, 8)
    ask(world.office)
    compute()
    found = read(world.office)
    assert (found["state"], found["methods"]) == ("refused", [])
    assert found["refusal"]["code"] == "history-short"
    assert "131" in found["refusal"]["detail"]
    spoken = world.office.api.get(ADDRESS, headers={"Accept-Language": "en"}).body
    assert "there are 131" in spoken["refusal"]["detail"]
    assert "需" in found["refusal"]["detail"]
    # The weeks that are known are shown all the same.
    assert len(found["past"]) == NEEDED - 1


def test_nothing_is_no_history(world: World) -> None:
    ask(world.office)
    compute()
    found = read(world.office)
    assert (found["refusal"]["code"], found["past"]) == ("history-short", [])


def test_who_may_ask(world: World, plain: None) -> None:
    """The house itself and who looks over its alliance; for everybody else it is not there."""
    hospital, clinic = world.hospital.pk, world.clinic.pk
    for who in (world.office, world.manager):
        assert ask(who, facility=hospital)["state"] == "waiting"
        assert read(who, facility=hospital)["state"] == "waiting"
    for who in (world.doctor, world.stranger, world.outsider):
        assert who.api.post(ADDRESS, {"facility": hospital}).status == 404
        assert who.api.get(ADDRESS, {"facility": hospital}).status == 404
    assert world.auditor.api.get(ADDRESS).status == 403
    assert world.auditor.api.post(ADDRESS).status == 403
    of_clinic = department_of(world.clinic)
    assert world.office.api.post(ADDRESS, {"department": of_clinic.pk}).status == 404
    assert world.manager.api.post(ADDRESS, {"facility": clinic}).status == 202
    assert DepartmentForecast.objects.count() == 2


def test_a_manager_sees_no_week_of_few_persons(world: World, plain: None) -> None:
    """Nor the estimate that is such a week; the house itself sees all."""
    fill(world.hospital, TODAY, 132, lambda number: 4 if number % 2 else 9)
    ask(world.office)
    compute()
    own = read(world.office)
    seen = read(world.manager, facility=world.hospital.pk)
    assert {each["count"] for each in own["past"]} == {4, 9}
    assert {(each["count"], each["reason"]) for each in seen["past"]} == {
        (9, None),
        (None, "suppressed"),
    }
    assert {each["estimate"] for each in own["methods"][0]["ahead"]} == {4, 9}
    assert {(each["estimate"], each["reason"]) for each in seen["methods"][0]["ahead"]} == {
        (9, None),
        (None, "suppressed"),
    }


def test_a_week_of_one_patient_who_came_often_is_one_of_few_persons(
    world: World, plain: None
) -> None:
    fill(world.hospital, TODAY, 132, 6)
    again = fact(world.hospital, monday(TODAY) - WEEK)
    keep([fact(world.hospital, monday(TODAY) - WEEK, patient=again.patient) for _n in range(9)])
    ask(world.office)
    compute()
    assert read(world.manager, facility=world.hospital.pk)["past"][-1]["count"] == 15


def test_only_up_referrals_of_whole_weeks_count(world: World) -> None:
    first = monday(TODAY) - WEEK * 3
    keep(
        [
            fact(world.hospital, first + timedelta(days=2)),
            fact(world.hospital, first + WEEK),
            fact(world.hospital, first + WEEK + timedelta(days=6)),
            fact(world.hospital, first + WEEK, cancelled=True),
            fact(world.hospital, first + WEEK, direction="down"),
            fact(world.clinic, first + WEEK),
            fact(world.hospital, monday(TODAY)),
        ]
    )
    found = demand(world.hospital.pk, None, TODAY)
    # The first week may have been a part of one, this week is not over.
    assert (found.first, found.last) == (first + WEEK, first + WEEK * 2)
    assert found.counts == {first + WEEK: 2}


def test_weeks_in_which_the_directory_says_closed_are_unknown(world: World) -> None:
    heart = department_of(world.hospital)
    fill(
        world.hospital,
        TODAY,
        8,
        lambda number: 0 if number in {2, 3, 4, 6} else 3,
        department=heart,
    )
    first = monday(TODAY) - WEEK * 8
    for day, active in ((first + WEEK * 2, False), (first + WEEK * 5, True)):
        with time_machine.travel(datetime.combine(day, NOW.timetz()), tick=False):
            directory.alter_department(heart.pk, by=world.office.actor, is_active=active)
    found = demand(world.hospital.pk, heart.pk, TODAY)
    assert found.idle == {first + WEEK * number for number in (2, 3, 4)}
    assert demand(world.hospital.pk, None, TODAY).idle == frozenset()


def test_what_is_asked_for_is_renewed_each_day_for_a_month(world: World, plain: None) -> None:
    fill(world.hospital, TODAY, 140, yearly)
    ask(world.office)
    compute()
    assert renew_forecasts() == 0
    ask(world.office)
    assert not compute(), "what was computed today is as new as it can be"
    for days, wanted in ((1, 1), (29, 1), (31, 0)):
        with time_machine.travel(NOW + timedelta(days=days), tick=False):
            assert renew_forecasts() == wanted
            waiting = read(world.office)
            assert waiting["methods"], "the former one is shown meanwhile"
            compute()
    found = DepartmentForecast.objects.get()
    assert found.data_until == date(2026, 10, 11)


def test_a_worker_that_dies_leaves_it_to_the_next_thrice(world: World) -> None:
    ask(world.office)
    now = timezone.now()
    for _try in range(jobs.MOST_TRIES):
        job = jobs.take(now)
        assert job is not None
        assert jobs.take(now) is None, "in hand"
        now += jobs.LEASE + timedelta(seconds=1)
    assert jobs.take(now) is None
    found = read(world.office)
    assert (found["state"], found["refusal"]["code"]) == ("failed", "calculation-failed")
    ask(world.office)
    assert DepartmentForecast.objects.get().state == JobState.WAITING


def test_one_is_computed_at_a_time_the_oldest_first(world: World) -> None:
    later = timezone.now() + timedelta(seconds=5)
    as_system()
    forecasting.ask(world.clinic.pk, None, by=world.chief.actor, now=later)
    forecasting.ask(world.hospital.pk, None, by=world.office.actor, now=timezone.now())
    first = jobs.take(later)
    assert isinstance(first, DepartmentForecast)
    assert first.facility_id == world.hospital.pk
    assert jobs.take(later) is None


@pytest.mark.parametrize(
    "query", [{"weeks": 0}, {"weeks": 9}, {"facility": "x"}, {"colour": "red"}, {"weeks": "many"}]
)
def test_what_is_no_question_is_refused(world: World, query: dict[str, Any]) -> None:
    assert world.office.api.get(ADDRESS, query).status == 400
