"""What the page draws of all numbers together: how far, how long, why not, who to whom."""

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from accounts.ids import uuid7
from audit.models import AccessEvent
from insights.models import LegFact
from insights.periods import Length, around, of_days
from insights.picture import duration
from insights.queries.durations import durations
from insights.queries.flows import streams
from insights.scopes import Where
from insights.vocabulary import Scope
from referral.models import Referral
from referral.states import Status
from tests.factories import World, as_system
from tests.insights.walked import ROW, journeys, listed, page_of
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of
from tests.referral.many import copies

pytestmark = pytest.mark.django_db
STEP = r'href="(/insights/steps/[^"]+)">(\d+)</a>'


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        yield journeys()


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


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


@pytest.mark.parametrize("who", ["manager", "office", "doctor"])
def test_every_number_of_the_picture_leads_to_its_rows(counted: World, who: str) -> None:
    """Stages, tiers and streams; reasons and steps are looked at above."""
    person = getattr(counted, who)
    page = page_of(person)
    found = re.findall(
        r'href="(/insights/(stages|tiers|streams)/[^"]*)"[^>]*>\s*([\d,]+)\s*</a>', page
    )
    wanted = {"tiers", "streams"} if who == "doctor" else {"stages", "tiers", "streams"}
    assert {kind for _address, kind, _number in found} == wanted
    for address, _kind, number in found:
        assert listed(browser_of(person), html.unescape(address)) == int(number), address


def test_rows_of_the_picture_that_are_none_are_not_there(counted: World) -> None:
    browser, none = browser_of(counted.office), "01890a5d-ac96-774b-bcce-b302099a8057"
    ends = f"{counted.clinic.pk}/{counted.hospital.pk}"
    for address in (
        "stages/patient",
        "tiers/1/9",
        f"streams/{ends}/sideways",
        f"streams/{none}/{none}/up",
    ):
        assert browser.get(f"/insights/{address}/referrals/").status_code == 404, address


def test_a_stranger_reaches_no_rows_of_the_picture(counted: World) -> None:
    browser = browser_of(counted.stranger)
    ends = f"{counted.clinic.pk}/{counted.hospital.pk}"
    for address in ("stages/answer", "tiers/1/3", f"streams/{ends}/up"):
        whole = f"/insights/{address}/referrals/"
        assert listed(browser, whole) == 0
        for asked in (f"facility={counted.hospital.pk}", f"alliance={counted.alliance.pk}"):
            assert browser.get(f"{whole}?{asked}").status_code == 404


def test_what_is_stuck_stands_with_the_way_to_all_of_it(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    long_ago = timezone.now() - timedelta(days=30)
    Referral.objects.filter(pk=leg.pk).update(submitted_at=long_ago)
    for who in (world.office, world.manager):
        page = page_of(who, "/insights/stuck/")
        assert page.count(ROW) == 1
        assert f"/referrals/{leg.pk}/" in page
        last = AccessEvent.objects.order_by("-at").first()
        assert last is not None
        assert (last.what, last.referral_ids) == ("referral.list", [leg.pk])
    part = browser_of(world.manager).get("/insights/stuck/", HTTP_HX_REQUEST="true")
    assert b"<html" not in part.content
    assert ROW.encode() in part.content
    for who in (world.stranger, world.outsider):
        assert ROW not in page_of(who, "/insights/stuck/")
        asked = f"/insights/stuck/?facility={world.hospital.pk}"
        answer = browser_of(who).get(asked)
        assert ROW not in answer.content.decode()


def test_only_the_first_ten_that_are_stuck_are_shown(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    long_ago = timezone.now() - timedelta(days=30)
    Referral.objects.filter(pk=leg.pk).update(submitted_at=long_ago)
    copies(leg, 10, number="'ZZ-' || n")
    page = page_of(world.manager, "/insights/stuck/")
    assert page.count(ROW) == 10
    assert 'href="/alliance/referrals/?late=1"' in page
    assert 'href="/boxes/overdue/"' in page_of(world.office, "/insights/stuck/")
