"""What may be asked of the pages of numbers, and how they answer what is no question."""

import re

import pytest

from insights import choosing
from referral.states import Status
from tests.factories import World
from tests.insights.walked import count, figures, opened, page_of
from tests.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "asked", ["period=2026-13", "period=x", "first=2026-02-01", "first=2026-02-02&last=2026-02-01"]
)
@pytest.mark.parametrize("page", ["", "acceptance-rate/", "acceptance-rate/referrals/"])
def test_no_period_is_refused_in_words(world: World, page: str, asked: str) -> None:
    answer = browser_of(world.office).get(f"/insights/{page}?{asked}")
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert "2026-Q3" in text_of(answer)


@pytest.mark.parametrize("asked", ["colour=red", "side=up", "facility=x", "by=colour", "order=x"])
def test_other_words_are_refused(world: World, asked: str) -> None:
    for page in ("", "acceptance-rate/", "acceptance-rate/referrals/"):
        assert browser_of(world.office).get(f"/insights/{page}?{asked}").status_code == 400


def test_two_scopes_at_once_are_refused(world: World) -> None:
    asked = f"/insights/?facility={world.lead.pk}&alliance={world.alliance.pk}"
    assert browser_of(world.manager).get(asked).status_code == 400


def test_a_form_with_an_empty_choice_asks_for_all(world: World) -> None:
    assert browser_of(world.manager).get("/insights/?facility=&period=2026").status_code == 200


@pytest.mark.parametrize(
    "period", ["2026", "2026-Q3", "2026-09", "2026-W38", "2026-09-15", "1999", "2101"]
)
def test_each_length_of_period_leads_on(world: World, period: str) -> None:
    answer = browser_of(world.office).get(f"/insights/?period={period}")
    assert answer.status_code == (200 if period.startswith("2026") else 400)


def test_the_side_is_kept_in_every_number(world: World) -> None:
    for _each in range(2):
        world.at(Status.ACCEPTED)
    count()
    browser = browser_of(world.doctor)
    own = {each.code: each.number for each in figures(opened(browser, "/insights/"))}
    assert "acceptance-rate" not in own
    sent = figures(opened(browser, "/insights/?side=sent"))
    assert {each.number for each in sent if each.code == "acceptance-rate"} == {2}
    assert all("side=sent" in each.address for each in sent)


def test_a_manager_chooses_a_member(world: World) -> None:
    page = page_of(world.manager)
    for place in (world.lead, world.clinic, world.hospital):
        assert f'value="{place.pk}"' in page
    assert str(world.stranger_clinic.pk) not in page
    assert "<select" not in page_of(world.doctor)


def test_before_anything_is_counted(world: World) -> None:
    shown = text_of(browser_of(world.manager).get("/insights/"))
    assert "尚未开始统计" in shown
    assert "本期分母为零" in shown
    assert not re.search(r"(?<![\d.])0(\.0+)?\s?%", shown), "nothing divided is no 0 %"


def test_the_parts_stand_in_the_order_asked_for(world: World) -> None:
    for _each in range(2):
        world.at(Status.ACCEPTED)
    world.at(Status.ACCEPTED, urgency=1)
    count()
    address = "/insights/acceptance-rate/?by=urgency&order="
    most, least = (page_of(world.office, f"{address}{order}") for order in ("-n", "n"))
    assert 'aria-sort="descending"' in most
    numbers = [
        [each.number for each in figures(page) if "value=" in each.address]
        for page in (most, least)
    ]
    assert numbers[0] == numbers[1][::-1] or numbers[0] == [2, 2, 1, 1]


def test_a_member_that_is_chosen_stands_in_a_list_cut_short(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MOST", 1)
    page = page_of(world.manager, f"/insights/?facility={world.hospital.pk}")
    assert f'value="{world.hospital.pk}" selected' in page
    assert page.count("<option") <= 1 + 1 + 1
