"""Each user's way by keyboard alone; the hospital's stands in test_journeys, its two presses in test_accept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from referral.models import Referral
from referral.states import Status
from tests.browser.places import scenery
from tests.browser.test_filing import REASON
from tests.browser.test_journeys import stands_at, tab_to
from tests.browser.windows import PHONE, Windows, making
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_clinic_files_and_sends(world: World, windows: Windows) -> None:
    with making():
        _ = world.alliance, world.patient, world.hospital
        doctor = world.doctor
    page = windows.window(doctor)
    page.goto("/")
    keys = page.keyboard
    keys.press("n")
    page.wait_for_url("**/file/")
    keys.type("ouyang")
    page.wait_for_selector("#people [name=patient]", state="attached")
    keys.press("Enter")
    page.wait_for_url("**/edit/")
    reach(page, "diagnosis")
    keys.type("gxy")
    page.wait_for_selector("#diagnosis-list li")
    keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_selector("[name=o_sbp]")
    reach(page, "reason_code")
    keys.press("ArrowDown")
    for name, text in (
        ("reason", REASON),
        ("past_history", "高血压8年"),
        ("treatment", "氨氯地平5毫克每日一次"),
        ("results", "心电图示左室高电压"),
    ):
        reach(page, name)
        keys.type(text)
    page.wait_for_selector("[name=place]")
    reach(page, "place")
    keys.press("Space")
    page.wait_for_selector("#live-check .check-full")
    keys.press("Control+Enter")
    page.wait_for_url(re.compile(r"/referrals/[^/]+/$"))
    with making():
        assert Referral.objects.latest("created_at").status == Status.SUBMITTED


def test_a_manager_opens_a_number_and_a_limit(world: World, windows: Windows) -> None:
    with making():
        referral, manager = world.at(Status.SUBMITTED), world.manager
    page = windows.window(manager)
    page.goto("/alliance/")
    tab_to(page, "1 例在途")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alliance/referrals/**")
    tab_to(page, "上转")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/referrals/{referral.pk}/")
    page.goto("/settings/")
    tab_to(page, "时限")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/limits/**")


def test_a_patient_says_that_he_comes(world: World, windows: Windows) -> None:
    with making():
        made = scenery(world)
        born = world.patient.birth_date.year
        leg = Referral.objects.get(status=Status.SCHEDULED)
    page = windows.window(size=PHONE)
    page.goto(f"/t/{made.token}/")
    reach(page, "year")
    page.keyboard.type(str(born))
    page.keyboard.press("Enter")
    page.wait_for_selector("#visit")
    tab_to(page, "我会来")
    page.keyboard.press("Enter")
    page.wait_for_selector("#visit .good")
    assert stands_at(leg) == Status.SCHEDULED


def reach(page: Page, name: str) -> None:
    """Press Tab until the field of this name has the focus."""
    for _turn in range(80):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name} by Tab")
