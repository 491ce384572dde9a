"""The contents of what managers look up and set: each post sees the lines that it may open."""

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
