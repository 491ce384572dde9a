"""The pages of capitation: accounts with a gap and without, months behind a line, and setting what is agreed."""

from datetime import date
from typing import Final

import pytest

from insights.models import CapitationAgreement
from tests.factories import World, as_system
from tests.insights.ahead import capitation_of, report
from tests.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/insights/capitation/"


def test_a_gap_is_named_and_there_is_no_sum(world: World) -> None:
    text = text_of(browser_of(world.manager).get(capitation_of(world)))
    assert "有1项数据未上报，故不作合计" in text
    assert "2025-03 按人头参保人基金支出：县域内其他机构" in text
    # The sister's own account is whole: 15,630 months of 600 yuan a year.
    assert "781500.00" in text


def test_once_it_is_reported_there_is_a_sum(world: World) -> None:
    address = capitation_of(world)
    report_march(world)
    text = text_of(browser_of(world.manager).get(address))
    assert "1563000.00" in text
    assert "未上报" not in text


def report_march(world: World) -> None:
    """Fill the gap."""
    report(world, world.clinic, date(2025, 3, 1), None, None, None, "7000", None)


def test_a_line_leads_to_its_reported_figures(world: World) -> None:
    browser = browser_of(world.manager)
    content = browser.get(capitation_of(world)).content.decode()
    link = (
        f"/insights/volumes/facility/{world.clinic.pk}/?year=2025"
        "&amp;kind=capitation_members&amp;month=01#history"
    )
    assert link in content
    followed = browser.get(link.replace("&amp;", "&").partition("#")[0])
    assert "5,200" in text_of(followed)


def test_setting_what_is_agreed(world: World) -> None:
    browser = browser_of(world.manager)
    assert "尚无协议" in text_of(browser.get(ADDRESS))
    address = f"{ADDRESS}{world.alliance.pk}/agreement/"
    form = browser.get(address).context["form"]
    assert form.initial["communities"] == [str(world.clinic.pk)], "who is of primary care"
    words = {
        "starts": "2026-01",
        "rate": "650.5",
        "counting_day": "15",
        "source": "协议2号",
        "communities": [str(world.clinic.pk)],
        "key": "k",
    }
    for _twice in range(2):
        assert "每人每年650.50元，按每月15日在册人数计算" in text_of(browser.post(address, words))
    as_system()
    assert CapitationAgreement.objects.count() == 1
    assert browser.get(address).context["form"].initial["counting_day"] == 15


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": "2026"},
        {"rate": "-1"},
        {"counting_day": "31"},
        {"source": ""},
        {"communities": []},
    ],
)
def test_a_wrong_word_stays_beside_its_field(world: World, wrong: dict[str, object]) -> None:
    address = f"{ADDRESS}{world.alliance.pk}/agreement/"
    words = {
        "starts": "2026-01",
        "rate": "650",
        "counting_day": "15",
        "source": "协议2号",
        "communities": [str(world.clinic.pk)],
        **wrong,
    }
    answer = browser_of(world.manager).post(address, words)
    assert answer.status_code == 422
    [name] = wrong
    assert name in answer.context["form"].errors


def test_others_find_nothing(world: World) -> None:
    address = f"{ADDRESS}{world.alliance.pk}/agreement/"
    for person, status in ((world.outsider, 404), (world.office, 403), (world.doctor, 403)):
        browser = browser_of(person)
        assert browser.get(address).status_code == status
        assert browser.post(address, {}).status_code == status
        assert browser.get(f"{ADDRESS}?alliance={world.alliance.pk}").status_code == status


def test_an_impossible_range_is_refused_in_words(world: World) -> None:
    answer = browser_of(world.manager).get(f"{ADDRESS}?first=2025-03&last=2025-01")
    assert answer.status_code == 400
    assert "请选择2000年以来的1至36个月" in text_of(answer)
