"""The pages of what-ifs: three things to try, an outcome that arrives by itself, and doing it again."""

from typing import Final

import pytest

from insights.jobs_tasks import compute
from insights.models import WhatIf
from tests.factories import World, as_system
from tests.insights.ahead import tried_by
from tests.pages.conftest import browser_of, text_of
from tests.referral.pools import department_of

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/insights/what-if/"


def test_a_form_asks_once_and_leads_to_the_run(world: World) -> None:
    department = department_of(world.hospital)
    browser = browser_of(world.office)
    page = browser.get(ADDRESS)
    assert "改变预留比例" in text_of(page)
    assert "长期" not in text_of(page), "a house alone tries no closure"
    words = {
        "kind": "share",
        "department": str(department.pk),
        "pool": "slot",
        "number": "40",
        "key": "k",
    }
    for _twice in range(2):
        answer = browser.post(ADDRESS, words)
        assert "正在模拟" in text_of(answer)
    assert WhatIf.objects.count() == 1
    run = answer.redirect_chain[-1][0]
    assert f'hx-get="{run}"' in answer.content.decode()
    compute()
    part = browser.get(run, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "hx-get" not in part
    assert "现有0例已答复的转诊" in part
    assert "已算出" not in text_of(browser.get(ADDRESS))
    assert "无法计算" in text_of(browser.get(ADDRESS))


def test_an_outcome_shows_its_spread_its_numbers_and_what_it_assumes(world: World) -> None:
    address = tried_by(world)
    text = text_of(browser_of(world.office).get(address))
    for words in (
        "每个出诊单元+2个号源",
        "现状",
        "改变后",
        "随机种子7",
        "急危重",
        "模拟的前提",
    ):
        assert words in text
    spoken = text_of(browser_of(world.office).speak("en").get(address))
    assert "As it would be" in spoken
    assert "was simulated 10 times" in spoken


def test_the_same_run_again_says_whether_it_came_to_the_same(world: World) -> None:
    address = tried_by(world)
    browser = browser_of(world.office)
    answer = browser.post(f"{address}repeat/", {"key": "r"})
    browser.post(f"{address}repeat/", {"key": "r"})
    assert WhatIf.objects.count() == 2
    compute()
    text = text_of(browser.get(answer.redirect_chain[-1][0]))
    assert "重复模拟：结果与首次完全相同" in text


@pytest.mark.parametrize("wrong", [{"number": "101"}, {"department": ""}, {"pool": "x"}])
def test_a_wrong_word_stays_beside_its_field(world: World, wrong: dict[str, str]) -> None:
    words = {
        "kind": "share",
        "department": str(department_of(world.hospital).pk),
        "pool": "slot",
        "number": "40",
        **wrong,
    }
    answer = browser_of(world.office).post(ADDRESS, words)
    assert answer.status_code == 422
    [name] = wrong
    assert any(name in form.errors for _title, form in answer.context["forms"])


def test_a_manager_tries_it_for_a_member_and_others_find_nothing(world: World) -> None:
    department = department_of(world.hospital)
    words = {"kind": "closure", "department": "", "pool": "slot", "number": "0"}
    address = f"{ADDRESS}?facility={world.hospital.pk}"
    answer = browser_of(world.manager).post(address, words)
    assert "长期停诊" in text_of(answer)
    as_system()
    run = WhatIf.objects.get()
    assert (run.alliance_id, run.change["department"]) == (world.alliance.pk, None)
    for person in (world.office, world.doctor, world.stranger, world.outsider):
        browser = browser_of(person)
        assert browser.get(f"{ADDRESS}{run.pk}/").status_code == 404
        assert browser.post(f"{ADDRESS}{run.pk}/repeat/", {}).status_code == 404
        if person is not world.office:
            assert (
                browser.post(address, {**words, "department": str(department.pk)}).status_code
                == 404
            )
