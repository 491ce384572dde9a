"""Keys: what they reach, where they rest, and who can do without them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from referral.states import Status
from tests.browser.windows import Windows, making
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOCUSED = "document.activeElement.id || document.activeElement.tagName.toLowerCase()"


def focused(page: Page) -> str:
    """Return the id or tag of what has the focus."""
    name: str = page.evaluate(FOCUSED)
    return name


def at(page: Page, address: str) -> None:
    page.wait_for_url(re.compile(re.escape(address) + "$"))


def test_keys_lead_everywhere_and_rest_while_somebody_writes(
    world: World, windows: Windows
) -> None:
    with making():
        referral = world.at(Status.SUBMITTED)
        office = world.office
    page = windows.window(office)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(".skip").evaluate("each => each === document.activeElement")
    page.keyboard.press("Enter")
    assert focused(page) == "content"
    for keys, address in (("gi", "/boxes/inbox/"), ("gs", "/boxes/sent/"), ("gt", "/")):
        page.keyboard.type(keys)
        at(page, address)
    # Two keys far apart are two keys.
    page.keyboard.press("g")
    page.wait_for_timeout(1300)
    page.keyboard.press("i")
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("gi?")
    assert page.locator("#q").input_value() == "gi?"
    at(page, "/")
    page.keyboard.press("Escape")
    assert focused(page) == "body"
    page.keyboard.press("Control+g")
    page.keyboard.press("i")
    at(page, "/")
    # A Chinese input method takes the key; where it lies on the keyboard is still known.
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Process', code: 'Slash'}))"
    )
    assert focused(page) == "q"
    page.keyboard.type(referral.number.lower())
    page.keyboard.press("Enter")
    at(page, f"/referrals/{referral.pk}/")


def test_the_list_of_keys_opens_closes_and_switches_them_off(
    world: World, windows: Windows
) -> None:
    with making():
        office = world.office
    page = windows.window(office)
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.locator("#keys")
    assert dialog.is_visible()
    listed = dialog.inner_text()
    for words in ("待办收件", "今日", "已发出", "查找", "快捷键"):
        assert words in listed
    page.keyboard.type("gs")
    at(page, "/")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.locator("[data-menu] > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".menu-list").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".menu-list").is_visible()
    assert focused(page) == "summary", "the focus is where the menu was opened"
    page.keyboard.press("?")
    page.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.type("gs?")
    assert not dialog.is_visible()
    at(page, "/")
    # Who has switched them off finds the list, and the switch, in the menu.
    page.locator("[data-menu] > summary").click()
    page.locator("[data-open=keys]").click()
    page.locator("[data-keys-on]").check()
    page.keyboard.press("Escape")
    page.keyboard.type("gs")
    at(page, "/boxes/sent/")
