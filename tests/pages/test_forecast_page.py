"""The page of weekly demand: asked for by a form, brought by itself, read without a script, and told in plain words."""

import re
from typing import Final

import pytest
from django.utils import timezone

from insights.jobs_tasks import compute
from tests.factories import World, as_system
from tests.insights.ahead import computed
from tests.insights.history import fill
from tests.pages.conftest import browser_of, text_of
from tests.referral.pools import department_of

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/insights/forecast/"


def test_a_form_asks_and_what_waits_asks_again(world: World) -> None:
    browser = browser_of(world.office)
    page = browser.get(ADDRESS)
    assert "尚无人查看过该预测" in text_of(page)
    department = department_of(world.hospital)
    words = {"department": str(department.pk), "weeks": "4", "key": "a"}
    answer = browser.post(ADDRESS, words)
    assert answer.redirect_chain[-1][0].endswith(f"department={department.pk}&weeks=4")
    assert "正在计算预测" in text_of(answer)
    where = answer.redirect_chain[-1][0].replace("&", "&amp;")
    assert f'hx-get="{where}"' in answer.content.decode()
    # Sent twice, it is asked for once.
    browser.post(ADDRESS, words)
    assert compute()
    assert not compute()
    part = browser.get(answer.redirect_chain[-1][0], headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "hx-get" not in part.content.decode()
    assert "需要132周" in text_of(part).replace(" ", "")


def test_it_says_in_words_which_way_is_better_and_by_how_much(world: World) -> None:
    computed(world.hospital)
    page = browser_of(world.office).get(f"{ADDRESS}?weeks=4")
    text = text_of(page)
    assert "以未参与建模的48个周次检验" in text
    assert "2.31" in text
    assert "误差小24%" in text
    assert len(re.findall(r"<tr data-week=[^>]*data-estimate", page.content.decode())) == 4
    spoken = text_of(browser_of(world.office).speak("en").get(ADDRESS))
    assert "is better, by 24%" in spoken
    assert "Tried on 48 past weeks" in spoken


def test_the_drawing_has_its_table(world: World) -> None:
    computed(world.hospital)
    content = browser_of(world.office).get(ADDRESS).content.decode()
    assert content.count("<tr data-week=") == 8 + 104
    assert "更早的36周也已计入" in content


def test_few_persons_are_a_gap_for_the_manager(world: World) -> None:
    computed(world.hospital, level=1)
    address = f"{ADDRESS}?facility={world.hospital.pk}"
    seen = browser_of(world.manager).get(address).content.decode()
    assert 'data-count=""' in seen
    assert 'data-count=""' not in browser_of(world.office).get(address).content.decode()


def test_whose_it_is_not_finds_nothing(world: World) -> None:
    computed(world.hospital)
    for person in (world.doctor, world.stranger, world.outsider):
        browser = browser_of(person)
        assert browser.get(f"{ADDRESS}?facility={world.hospital.pk}").status_code == 404
        asked = {"facility": str(world.hospital.pk), "weeks": "4"}
        assert browser.post(ADDRESS, asked).status_code == 404
    assert browser_of(world.auditor).get(ADDRESS).status_code == 403


def test_an_odd_question_is_refused_in_words(world: World) -> None:
    for odd in ("weeks=9", "facility=x", "colour=red"):
        assert browser_of(world.office).get(f"{ADDRESS}?{odd}").status_code == 400


def test_a_manager_chooses_a_member_and_its_department(world: World) -> None:
    department = department_of(world.hospital)
    fill(world.hospital, timezone.localdate(), 3, 6, department=department)
    content = browser_of(world.manager).get(f"{ADDRESS}?facility={world.hospital.pk}")
    as_system()
    for name in (world.clinic.name, world.hospital.name, department.name):
        assert name in text_of(content)
