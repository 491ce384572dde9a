"""The first page and the boxes: what each post finds there, a page at a time."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.queries import about_referral
from referral import clocks
from referral.models import Referral
from referral.states import Status
from tests.factories import World
from tests.pages.conftest import browser_of, text_of
from tests.referral.many import copies


def test_the_clinic_finds_what_it_sent_and_what_it_drafted(world: World) -> None:
    sent, draft = world.at(Status.SUBMITTED), world.draft(diagnosis="心房颤动")
    browser = browser_of(world.doctor)
    assert sent.number in text_of(browser.get("/boxes/sent/"))
    assert sent.number in text_of(browser.get("/boxes/tracking/"))
    drafts = text_of(browser.get("/boxes/drafts/"))
    assert draft.number in drafts
    assert sent.number not in drafts
    today = text_of(browser.get("/"))
    assert draft.number in today
    assert sent.number not in today, "nobody has to do anything about it here"


def test_the_hospital_finds_it_in_the_inbox_with_its_due_time(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    inbox = text_of(browser_of(world.office).get("/boxes/inbox/"))
    assert referral.number in inbox
    assert "待接收" in inbox
    assert "截止" in inbox


def test_a_row_names_the_time_that_it_shows(world: World) -> None:
    world.draft()
    assert re.search(
        r"新建 \d\d-\d\d \d\d:\d\d", text_of(browser_of(world.doctor).get("/boxes/drafts/"))
    )
    world.at(Status.DECLINED)
    assert re.search(
        r"发出 \d\d-\d\d \d\d:\d\d", text_of(browser_of(world.doctor).get("/boxes/sent/"))
    )


def test_a_stranger_finds_nothing(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    browser = browser_of(world.stranger)
    for address in ("/", "/boxes/inbox/", "/boxes/sent/", "/boxes/tracking/", "/boxes/all/"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert referral.number not in text_of(answer)
    assert "没有可查看的转诊。" in text_of(browser.get("/boxes/all/"))


def test_a_post_without_referrals_is_told_so_and_has_no_boxes(world: World) -> None:
    browser = browser_of(world.auditor)
    assert "您在此机构的岗位不处理转诊。" in text_of(browser.get("/"))
    assert browser.get("/boxes/inbox/").status_code == 403


def test_nobody_is_sent_to_the_sign_in(world: World) -> None:
    for address in ("/", "/boxes/inbox/"):
        answer = browser_of(None).get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/sign-in/?next={address}"


def test_a_box_has_50_rows_and_the_way_to_the_next_and_back(world: World) -> None:
    newest = world.draft()
    earlier = "r.created_at - n * interval '1 minute'"
    copies(newest, 51, number="'ZZ20260101-' || lpad(n::text, 8, '0')", created_at=earlier)
    numbers = [f"ZZ20260101-{n:08}" for n in range(51, 0, -1)] + [newest.number]
    browser = browser_of(world.doctor)
    first = browser.get("/boxes/drafts/")
    assert text_of(first).count("ZZ20") == 50
    assert numbers[-1] in text_of(first)
    second = browser.get(first.context["page"].next)
    assert [number in text_of(second) for number in numbers[:3]] == [True, True, False]
    assert "后 50 条" not in text_of(second)
    back = browser.get(second.context["page"].previous)
    assert text_of(back).count("ZZ20") == 50


def test_a_cursor_that_is_none_is_refused(world: World) -> None:
    answer = browser_of(world.doctor).get("/boxes/sent/?cursor=nonsense")
    assert answer.status_code == 400
    assert "无法识别该网址" in text_of(answer)


def test_there_is_no_other_box(world: World) -> None:
    assert browser_of(world.doctor).get("/boxes/secret/").status_code == 404


Counter = Callable[[int], Any]


@pytest.mark.parametrize("rows", [1, 12])
def test_lists_cost_the_same_however_long(
    world: World, rows: int, django_assert_num_queries: Counter
) -> None:
    for _turn in range(rows):
        world.draft(patient=world.make_patient())
    browser = browser_of(world.doctor)
    clocks.rules()
    # Transaction, session, user, posts, post with rights, scope, rows, places, patients, audit.
    with django_assert_num_queries(11):
        browser.client.get("/boxes/drafts/")


def test_a_list_page_is_recorded_with_everybody_on_it(world: World) -> None:
    referral: Referral = world.at(Status.SUBMITTED)
    browser_of(world.office).get("/boxes/inbox/")
    assert about_referral(referral.pk)[0].what == "referral.list"
