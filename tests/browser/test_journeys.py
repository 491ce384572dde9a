"""One way through the pages for each person, by mouse or by keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from referral.models import Referral
from referral.states import Status
from tests.browser.places import scenery
from tests.browser.windows import PHONE, Windows, making, photographed, violations
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page


def stands_at(referral: Referral) -> str:
    """Return the state that the database has now."""
    with making():
        return str(Referral.objects.get(pk=referral.pk).status)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words; fail where it never does."""
    for _turn in range(60):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.textContent.trim()")
        if re.sub(r"\s+", " ", text).startswith(words):
            return
    raise AssertionError(f"no way to {words} by Tab")


def test_the_hospital_accepts_from_its_inbox(world: World, windows: Windows) -> None:
    with making():
        referral, office = world.at(Status.SUBMITTED), world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    page.locator(".row-number", has_text=referral.number).click()
    page.wait_for_selector(".quick-view")
    page.locator(".quick summary", has_text="接收").click()
    photographed(page, "quick-view", "1366", "zh-hans")
    page.get_by_role("button", name="确认：接收").click()
    page.wait_for_selector("[data-done]")
    assert "接收转诊" in page.locator("[data-done]").inner_text()
    assert stands_at(referral) == Status.ACCEPTED


def test_the_hospital_accepts_by_keyboard_alone(world: World, windows: Windows) -> None:
    with making():
        referral, office = world.at(Status.SUBMITTED), world.office
    page = windows.window(office)
    page.goto("/")
    page.keyboard.type("gi")
    page.wait_for_url("**/boxes/inbox/")
    tab_to(page, "上转")
    page.keyboard.press("Enter")
    page.wait_for_selector(".quick-view")
    tab_to(page, "接收")
    page.keyboard.press("Enter")
    tab_to(page, "确认：接收")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-done]")
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost"
    assert stands_at(referral) == Status.ACCEPTED


def test_the_hospital_returns_a_patient(world: World, windows: Windows) -> None:
    with making():
        referral, office = world.at(Status.ARRIVED), world.office
    page = windows.window(office)
    page.goto(f"/referrals/{referral.pk}/")
    page.locator("summary", has_text="下转").first.click()
    page.locator("#return_reason_code").select_option("stable_continue")
    page.locator("#return_plan").fill("按时服药，两周后复查血压。")
    # Ctrl and Enter send a form from a field of several lines.
    page.locator("#return_plan").press("Control+Enter")
    page.wait_for_selector(".notice-green")
    with making():
        down = Referral.objects.get(previous=referral)
        assert down.status == Status.SUBMITTED
        assert down.to_facility_id == world.clinic.pk


def test_a_manager_opens_what_is_behind_the_list(world: World, windows: Windows) -> None:
    with making():
        referral, manager = world.at(Status.SUBMITTED), world.manager
    page = windows.window(manager)
    page.goto("/")
    page.keyboard.type("ga")
    page.wait_for_url("**/boxes/all/")
    page.locator(".row-number", has_text=referral.number).click()
    page.wait_for_url(f"**/referrals/{referral.pk}/")
    assert "患者身份不显示" in page.locator("h1").inner_text()
    page.get_by_text("全程").click()
    page.wait_for_url("**/episodes/**")


def test_a_patient_follows_the_code_on_a_telephone(world: World, windows: Windows) -> None:
    with making():
        made = scenery(world)
    page = windows.window(size=PHONE, touch=True)
    page.goto(f"/t/{made.token}/")
    assert "时间已定" in page.locator(".stands .state").inner_text()
    page.get_by_text("English").tap()
    page.wait_for_url("**?language=en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("script").count() == 0
    assert violations(page) == []


def test_signing_in_changing_language_and_appearance_and_out_again(
    world: World, windows: Windows
) -> None:
    with making():
        user = world.office.user
        user.set_password("correct horse battery")
        user.save(update_fields=["password"])
    page = windows.window(size=PHONE, touch=True)
    page.goto("/boxes/inbox/")
    page.locator("[name=username]").fill(user.username)
    page.locator("[name=password]").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/boxes/inbox/")
    for words, held in (
        ("English", "lang=en"),
        ("Dark", "data-bs-theme=dark"),
        ("Light", "data-bs-theme=light"),
    ):
        page.locator("[data-menu] > summary").tap()
        page.get_by_role("button", name=words).tap()
        page.wait_for_selector(f"html[{held}]")
    page.locator("[data-menu] > summary").tap()
    for part in (".menu-list", ".menu .post", ".search"):
        box = page.locator(part).bounding_box()
        assert box, part
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= PHONE[0], part
        assert box["width"] > PHONE[0] / 4, part
    page.get_by_role("button", name="Sign out").tap()
    page.wait_for_url("**/sign-in/**")
