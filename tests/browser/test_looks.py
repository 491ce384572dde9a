"""Every place at both sizes, in both languages, light and dark: no barrier, nothing too wide, pictures kept."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.browser.places import open_all, places, scenery
from tests.browser.windows import (
    DESK,
    PHONE,
    Windows,
    making,
    photographed,
    strange_words,
    too_wide,
    violations,
)
from tests.factories import World
from tests.referral.many import copies

MANY: Final = 1_000
PAGE: Final = 50
# An hour apart, so that a page of them reaches back for days and most are late.
BEFORE: Final = "now() - n * interval '1 hour'"


@pytest.mark.parametrize(
    ("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk-light", "phone-dark"]
)
def test_every_place_can_be_read_by_everybody(
    world: World, windows: Windows, size: tuple[int, int], dark: bool
) -> None:
    with making():
        made = scenery(world)
        walk = places(world, made)
    found = {}
    page = windows.window(size=size, dark=dark, touch=size == PHONE)
    for language in ("zh-hans", "en"):
        for place in walk:
            windows.change(page, place.person, language)
            page.goto(place.address)
            if place.then:
                place.then(page)
            photographed(page, place.name, str(size[0]), language)
            open_all(page)
            faults = ["wider than the window"] if too_wide(page) else []
            faults += strange_words(page, language)
            # Each language once, and each appearance: what axe finds depends on words and on colours.
            if (language == "en") == dark:
                faults += violations(page)
            if faults:
                found[f"{place.name} {language}"] = faults
    assert found == {}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_lists_of_a_thousand_can_be_read_and_walked(
    world: World, windows: Windows, size: tuple[int, int]
) -> None:
    with making():
        made = scenery(world)
        copies(made.submitted, MANY, submitted_at=BEFORE, next_due_at=BEFORE)
        doctor, office, manager = world.doctor, world.office, world.manager
    found = {}
    page = windows.window(size=size, touch=size == PHONE)
    for person, address in (
        (office, "/"),
        (office, "/boxes/inbox/"),
        (office, "/boxes/overdue/"),
        (doctor, "/boxes/sent/"),
        (manager, "/boxes/all/"),
        (manager, "/alliance/"),
        (manager, "/alliance/referrals/?late=1"),
    ):
        windows.change(page, person, "zh-hans")
        page.goto(address)
        name = address.split("?")[0].strip("/").replace("/", "-") or "today"
        photographed(page, f"thousand-{name}", str(size[0]), "zh-hans")
        faults = ["wider than the window"] if too_wide(page) else []
        faults += violations(page)
        if address.startswith("/boxes/") and page.locator(".row-number").count() != PAGE:
            faults.append(f"{page.locator('.row-number').count()} rows")
        if faults:
            found[address] = faults
    assert found == {}
    windows.change(page, office, "zh-hans")
    page.goto("/boxes/inbox/")
    first = page.locator(".row-number").first.inner_text()
    page.locator("a[rel=next]").click()
    page.wait_for_url(re.compile(r"cursor="))
    assert page.locator(".row-number").count() == PAGE
    assert page.locator(".row-number").first.inner_text() != first
