"""The pages of messages: which goes to whom, the words of an alliance, seen with an example before they are set."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from referral import message_texts
from referral.models import MessageText
from tests.factories import World, new_key
from tests.pages.conftest import browser_of, text_of

DAY = timedelta(days=1)


def path(world: World, code: str = "N001") -> str:
    return f"/settings/messages/{world.alliance.pk}/{code}/"


def said(**changes: Any) -> dict[str, Any]:
    return {
        "mode": "own",
        "zh": "{sender}有转诊{number}。",
        "en": "{sender} has referral {number}.",
        "starts": str(timezone.localdate()),
        "key": "one form",
        **changes,
    }


def confirmed(**changes: Any) -> dict[str, Any]:
    return said(step="set", **changes)


def test_the_list_says_what_goes_to_whom_and_what_is_not_connected(world: World) -> None:
    browser = browser_of(world.manager)
    page = browser.get("/settings/messages/").content.decode()
    for code in message_texts.kinds():
        assert f'href="{path(world, code)}"' in page
    shown = text_of(browser.get("/settings/messages/"))
    assert "N002 转诊被接收 转出机构 电子邮件 标准" in shown
    assert "S002 患者转诊成功 患者本人 短信（尚未接通）" in shown
    assert "尚未发送" in text_of(browser.get(path(world, "S001")))
    assert "尚未发送" not in text_of(browser.get(path(world)))


@pytest.mark.parametrize("code", sorted(message_texts.kinds()))
def test_every_message_has_a_page_with_its_variables(world: World, code: str) -> None:
    shown = text_of(browser_of(world.manager).get(path(world, code)))
    for name in message_texts.kinds()[code].variables:
        assert f"{{{name}}}" in shown


def test_words_are_seen_with_an_example_and_then_set_once(world: World) -> None:
    browser = browser_of(world.manager)
    shown = text_of(browser.post(path(world), said()))
    assert "示例社区卫生服务中心有转诊ZZ20260310-8K3M7QXA。" in shown
    assert not MessageText.objects.exists()
    for _twice in range(2):
        assert "消息文字已设定" in text_of(browser.post(path(world), confirmed()))
    row = MessageText.objects.get()
    assert (row.zh, row.en) == (said()["zh"], said()["en"])
    assert row.set_by_id == world.manager.user.pk
    after = text_of(browser.get(path(world)))
    assert "{sender}有转诊{number}。 生效中" in after
    assert "本联盟设定" in text_of(browser.get("/settings/messages/"))


def test_back_to_the_standard_and_a_planned_one_withdrawn(world: World) -> None:
    browser = browser_of(world.manager)
    browser.post(path(world), confirmed())
    tomorrow = str(timezone.localdate() + DAY)
    looked = browser.post(path(world), said(mode="standard", starts=tomorrow))
    assert "请登录查看" in text_of(looked)
    browser.post(path(world), confirmed(mode="standard", starts=tomorrow, key="b"))
    row = MessageText.objects.get(zh="")
    withdraw = f"/settings/messages/{world.alliance.pk}/rules/{row.pk}/withdraw/"
    assert f'action="{withdraw}"' in browser.get(path(world)).content.decode()
    assert "已撤回" in text_of(browser.post(withdraw, {}))
    held = MessageText.objects.get(ends=None)
    again = f"/settings/messages/{world.alliance.pk}/rules/{held.pk}/withdraw/"
    assert browser.post(again, {}).status_code == 409


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"zh": "{patient}"}, 400),
        ({"zh": "{number"}, 400),
        ({"zh": "<b>{number.__class__}</b>"}, 400),
        ({"zh": ""}, 400),
        ({"en": ""}, 400),
        ({"zh": "一\r\n二"}, 400),
        ({"zh": "字" * 201}, 400),
        ({"mode": "both"}, 400),
        ({"starts": "2020-01-01"}, 422),
    ],
)
def test_what_cannot_be_set_is_refused(world: World, changes: dict[str, str], status: int) -> None:
    answer = browser_of(world.manager).post(path(world), confirmed(**changes))
    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()
    assert not MessageText.objects.exists()


def test_what_is_written_is_text_and_no_page(world: World) -> None:
    evil = "<script>alert(1)</script>{number}"
    browser = browser_of(world.manager)
    for step in (said(zh=evil), confirmed(zh=evil)):
        assert "<script>alert" not in browser.post(path(world), step).content.decode()
    assert "<script>alert" not in browser.get(path(world)).content.decode()
    assert "<script>alert" not in browser.get("/settings/messages/").content.decode()


def test_only_the_manager_of_this_alliance(world: World) -> None:
    for who in (world.doctor, world.office, world.chief, world.auditor, world.stranger):
        for address in ("/settings/messages/", path(world)):
            assert browser_of(who).get(address).status_code == 403
    assert browser_of(world.outsider).get(path(world)).status_code == 404
    assert browser_of(world.outsider).post(path(world), confirmed()).status_code == 404
    assert not MessageText.objects.exists()


def test_what_is_not_there(world: World) -> None:
    browser = browser_of(world.manager)
    for address in (path(world, "X001"), f"/settings/messages/{new_key()}/N001/"):
        assert browser.get(address).status_code == 404


def test_the_pages_take_ten_statements(world: World, django_assert_max_num_queries: Any) -> None:
    browser_of(world.manager).post(path(world), confirmed())
    client = browser_of(world.manager).client
    for address in ("/settings/messages/", path(world)):
        client.get(address)
        with django_assert_max_num_queries(10):
            client.get(address)
