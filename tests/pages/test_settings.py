"""The contents of what managers look up and set: each post sees the lines that it may open."""

import pytest

from accounts.permissions import Role
from tests.factories import World, make_person
from tests.pages.conftest import browser_of, text_of


def test_each_post_sees_its_own_lines(world: World) -> None:
    said = text_of(browser_of(world.manager).get("/settings/"))
    assert "医联体全景" in said
    assert "人员登录管理" not in said
    guardian = make_person(world.clinic, Role.SECURITY_ADMIN)
    answer = browser_of(guardian).get("/settings/")
    assert 'class="card" href="/access/"' in answer.content.decode()
    assert "医联体全景" not in text_of(answer)


def test_the_head_of_each_page_leads_there(world: World) -> None:
    for person in (world.doctor, world.manager, world.auditor):
        assert 'href="/settings/"' in browser_of(person).get("/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/settings/",
        "/settings/directory/",
        "/settings/alliances/",
        "/settings/webhooks/",
        "/account/",
    ],
)
def test_the_boxes_stand_on_every_page_of_who_sees_referrals(world: World, address: str) -> None:
    page = browser_of(world.office).get(address).content.decode()
    assert 'href="/boxes/inbox/"' in page
    assert "data-counters" in page
    assert 'action="/search/"' in page
    assert 'aria-current="page"' not in page.split("</header>")[0], "none of them is this page"


def test_who_sees_no_referrals_gets_no_boxes(world: World) -> None:
    for role in (Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN):
        page = browser_of(make_person(world.clinic, role)).get("/settings/").content.decode()
        assert "data-counters" not in page
        assert "/boxes/" not in page
