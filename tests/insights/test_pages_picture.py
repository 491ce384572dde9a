"""What the page draws of all numbers together: how far, how long, why not, who to whom."""

import html
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from insights.models import LegFact
from insights.periods import Length, around, of_days
from insights.picture import duration
from insights.queries.durations import durations
from insights.queries.flows import streams
from insights.scopes import Where
from insights.vocabulary import Scope
from referral.states import Status
from tests.factories import World, as_system
from tests.insights.walked import count, listed, page_of
from tests.pages.conftest import browser_of

pytestmark = pytest.mark.django_db
STEP = r'href="(/insights/steps/[^"]+)">(\d+)</a>'


@pytest.fixture
def counted(world: World) -> World:
    for status in (
        Status.SUBMITTED,
        Status.DECLINED,
        Status.CANCELLED,
        Status.ACCEPTED,
        Status.ARRIVED,
        Status.COMPLETED,
    ):
        world.at(status)
    world.returning()
    count()
    return world


def steps(page: str) -> list[tuple[str, int]]:
    return [(html.unescape(address), int(number)) for address, number in re.findall(STEP, page)]


def test_each_step_leads_to_as_many_referrals(counted: World) -> None:
    """Six submitted beside the cancelled one; accepted are those that arrived or were completed as well."""
    for who in (counted.doctor, counted.manager, counted.office):
        found = steps(page_of(who))
        assert [number for _address, number in found][:4] == [6, 4, 3, 1]
        for address, number in found:
            assert listed(browser_of(who), address) == number, address


def test_a_hospital_that_refers_nobody_up_sees_who_came(counted: World) -> None:
    assert {"side=received" in address for address, _n in steps(page_of(counted.office))} == {True}
    assert {"side=" in address for address, _n in steps(page_of(counted.doctor))} == {False}
    assert steps(page_of(counted.office, "/insights/?side=sent")) == []


def test_a_step_that_is_none_is_not_there(world: World) -> None:
    browser = browser_of(world.doctor)
    assert browser.get("/insights/steps/patient/referrals/").status_code == 404
    asked = f"?facility={world.hospital.pk}"
    assert browser.get(f"/insights/steps/up-submitted/referrals/{asked}").status_code == 404


def test_reasons_and_streams_are_those_of_the_period(counted: World) -> None:
    page = page_of(counted.manager)
    assert re.search(r"by=decline-reason&amp;value=capacity\">1</a>", page)
    assert f'data-from="{counted.clinic.name}"' in page
    assert re.search(r'data-to="[^"]+" data-open="6" data-way="up"', page)
    assert "data-from" not in page_of(counted.manager, "/insights/?period=2020")


def test_who_does_not_see_all_rows_sees_no_picture(counted: World) -> None:
    page = page_of(counted.manager, f"/insights/?facility={counted.hospital.pk}")
    assert "data-from" not in page
    assert "/insights/steps/" not in page


def test_a_stranger_sees_nothing_of_it(counted: World) -> None:
    page = page_of(counted.stranger)
    assert steps(page) == []
    assert counted.clinic.name not in page


def test_median_and_ninetieth_are_values_that_occurred(counted: World) -> None:
    """Of 10, 20, 30, 40: half lie at or below 20, nine tenths at or below 40; none of them is a mean."""
    as_system()
    row = LegFact.objects.filter(accepted=True, direction="up").first()
    assert row is not None
    today = timezone.localdate()
    LegFact.objects.all()._raw_delete("default")
    for minutes in (40, 10, 30, 20):
        LegFact.objects.bulk_create([fact(row, minutes, today)])
    LegFact.objects.bulk_create([fact(row, 999, today, cancelled=True)])
    LegFact.objects.bulk_create([fact(row, 999, today - timedelta(days=400))])
    where = Where(Scope.ALLIANCE, (str(counted.alliance.pk),))
    found = durations(where, of_days(today, today))["answer"]
    assert (found.n, found.median, found.p90) == (4, 20, 40)
    empty = durations(where, around(Length.YEAR, date(2020, 1, 1)))["answer"]
    assert (empty.n, empty.median, empty.p90) == (0, None, None)


def fact(row: LegFact, minutes: int, on: date, **fields: object) -> LegFact:
    """Return another leg like this one that was answered after some minutes."""
    words = {field.attname: getattr(row, field.attname) for field in LegFact._meta.concrete_fields}
    words |= {"submitted_on": on, "decided_on": on, "answer_minutes": minutes, **fields}
    return LegFact(**{**words, "id": uuid7()})


def test_the_strongest_stream_comes_first_and_most_bounds_them(counted: World) -> None:
    scope.enter_system()
    where = Where(Scope.ALLIANCE, (str(counted.alliance.pk),))
    period = around(Length.YEAR, timezone.localdate())
    found = streams(where, period, 40)
    assert [each.legs for each in found] == [6, 1]
    assert streams(where, period, 1) == found[:1]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, "—"),
        (0, "0 分"),
        (59, "59 分"),
        (60, "1 小时 0 分"),
        (1439, "23 小时 59 分"),
        (1440, "1 天 0 小时"),
        (3000, "2 天 2 小时"),
    ],
)
def test_minutes_in_words(minutes: int | None, words: str) -> None:
    assert duration(minutes) == words
