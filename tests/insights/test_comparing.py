"""Rates beside one another: over twelve periods and of the members of an alliance, each number leading to its rows."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from insights.periods import Length, around, run_up
from referral.states import Status
from tests.factories import World
from tests.insights.walked import count, figures, listed, page_of
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
MEMBERS = "/insights/members/"
COURSE = "/insights/course/"


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        world = World()
        for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED):
            world.at(status)
        world.returning(Status.ACCEPTED)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


def lines(page: str) -> list[tuple[str, list[str]]]:
    """Return each member with its values, in the order of the page."""
    body = re.findall(r"(?s)<tbody>(.*?)</tbody>", page)[0]
    rows = re.findall(r'(?s)<th scope="row">(.*?)</th>(.*?)</tr>', body)
    return [(name, re.findall(r"<strong>([^<]*)</strong>", cells)) for name, cells in rows]


def test_each_member_stands_with_what_it_received(counted: World) -> None:
    found = dict(lines(page_of(counted.manager, f"{MEMBERS}?rate=acceptance-rate")))
    # Of the three sent up and the one whose patient goes back down, one was declined.
    assert found[counted.hospital.name] == ["75.0%"]
    assert found[counted.clinic.name] == ["100.0%"]
    assert found[counted.lead.name] == ["—"], "who received nothing is there too"


@pytest.mark.parametrize("who", ["manager", "office"])
@pytest.mark.parametrize("address", [COURSE, "/insights/acceptance-rate/"])
def test_the_numbers_of_a_course_lead_to_the_rows_of_their_period(
    counted: World, who: str, address: str
) -> None:
    """The course stands below a later month, so that its own days and not those asked about must be listed."""
    person, today = getattr(counted, who), timezone.localdate()
    later = run_up(around(Length.MONTH, today), 1)[0].first.replace(day=28) + timedelta(days=7)
    page = page_of(person, f"{address}?period={later:%Y-%m}")
    found = figures(page[page.index("course") :])
    assert len(found) >= (3 if address == COURSE else 1)
    for figure in found:
        assert f"period={today:%Y-%m}" in figure.address
        assert listed(browser_of(person), figure.address) == figure.number, figure


def test_the_numbers_of_members_lead_to_their_rows(counted: World) -> None:
    found = figures(page_of(counted.manager, MEMBERS))
    assert len(found) > 4
    for figure in found:
        assert listed(browser_of(counted.manager), figure.address) == figure.number, figure


@pytest.mark.parametrize(
    ("sort", "first"),
    [("acceptance-rate", "hospital"), ("-acceptance-rate", "clinic"), ("label", "")],
)
def test_members_stand_in_the_order_asked_for(counted: World, sort: str, first: str) -> None:
    page = page_of(counted.manager, f"{MEMBERS}?rate=acceptance-rate&sort={sort}")
    found = lines(page)
    if first:
        assert found[0][0] == getattr(counted, first).name
        assert found[-1][1] == ["—"], "who has none stands last either way"
        assert 'aria-sort="' in page
    else:
        names = [name for name, _values in found]
        assert names == sorted(names)


def test_a_head_sorts_by_its_rate_and_keeps_the_choice(counted: World) -> None:
    page = html.unescape(page_of(counted.manager, f"{MEMBERS}?rate=late-rate"))
    [address] = re.findall(r'href="(\?[^"]*sort=-late-rate[^"]*)#', page)
    assert "rate=late-rate" in address
    assert 'aria-sort="descending"' in page_of(counted.manager, MEMBERS + address)


def test_one_institution_has_no_members(counted: World) -> None:
    assert "没有成员可比" in page_of(counted.office, MEMBERS)
    assert counted.clinic.name not in text_of(browser_of(counted.stranger).get(MEMBERS))
    asked = f"{MEMBERS}?alliance={counted.alliance.pk}"
    assert browser_of(counted.stranger).get(asked).status_code == 404
    assert browser_of(counted.office).get(asked).status_code == 404


def test_a_course_has_twelve_periods_with_a_column_for_each_rate(counted: World) -> None:
    page = page_of(counted.manager, f"{COURSE}?rate=acceptance-rate&rate=late-rate")
    names = [
        f"{each.first:%Y-%m}" for each in run_up(around(Length.MONTH, timezone.localdate()), 12)
    ]
    rows = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a></th>', page)
    assert rows == names
    plain = re.findall(r'data-plain="([^"]*)"', page)
    assert len(plain) == 2 * 12
    assert plain[:22] == [""] * 22, "nothing is no zero"
    door = counted.manager.api.get("/indicators/acceptance-rate/").body
    assert float(plain[22]) == door["value"]


def test_rates_that_are_none_are_left_out_and_no_more_than_six_shown(counted: World) -> None:
    assert "data-plain" not in page_of(counted.manager, f"{COURSE}?rate=no-such-rate")
    many = "&".join(
        f"rate={code}"
        for code in (
            "acceptance-rate",
            "decline-rate",
            "late-rate",
            "arrival-rate",
            "loop-rate",
            "follow-up-rate",
            "out-of-county-rate",
        )
    )
    assert page_of(counted.manager, f"{COURSE}?{many}").count("data-plain") == 6 * 12


def test_few_persons_of_a_member_are_not_told_over_time(counted: World) -> None:
    page = page_of(counted.manager, f"{COURSE}?facility={counted.hospital.pk}")
    assert set(re.findall(r'data-plain="([^"]*)"', page)) == {""}
    assert "不足 5 人" in page or "不足5人" in page.replace(" ", "")
    for asked in (f"facility={counted.hospital.pk}", f"alliance={counted.alliance.pk}"):
        assert browser_of(counted.stranger).get(f"{COURSE}?{asked}").status_code == 404


def test_the_dashboard_leads_to_both(counted: World) -> None:
    page = html.unescape(page_of(counted.manager, "/insights/?period=2026"))
    assert f'href="{COURSE}?period=2026"' in page
    assert f'href="{MEMBERS}?period=2026"' in page
    assert 'href="/insights/equity/"' in page
    of_doctor = page_of(counted.doctor)
    assert MEMBERS not in of_doctor
    assert "/insights/equity/" not in of_doctor
