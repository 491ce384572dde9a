"""Every place at both sizes, in both languages, light and dark: no barrier, nothing too wide, pictures kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from tests.browser.place import Place
from tests.browser.places import places, scenery
from tests.browser.windows import (
    DESK,
    DESK_LIGHT,
    PHONE,
    PHONE_DARK,
    Look,
    Windows,
    making,
    photographed,
    strange_words,
    too_wide,
    undressed,
    unfolded,
    violations,
)
from tests.factories import World
from tests.referral.many import copies

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The places are dealt out, so that no worker ends long after the others.
PARTS: Final = 4
LOOKS: Final = (DESK_LIGHT, PHONE_DARK)
MANY: Final = 1_000
PAGE: Final = 50
# An hour apart, so that a page of them reaches back for days and most are late.
BEFORE: Final = "now() - n * interval '1 hour'"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_place_can_be_read_by_everybody(world: World, windows: Windows, part: int) -> None:
    """Each place is opened once in each language: in Chinese at the desk, in English on a telephone in the dark.

    The other size and appearance of each is what the same page becomes, since all of it is said by style sheets.
    Axe looks where a page was opened, so at each language once and at each appearance: what it finds depends
    on words and on colours. The walk takes both languages of a place together: the second is opened in the look
    that the first has ended in, and a window is turned twice a place instead of four times.
    """
    with making():
        made = scenery(world)
        walk = places(world, made)[part::PARTS]
    found = {}
    page = windows.window()
    for place in walk:
        for language, looks in (("zh-hans", LOOKS), ("en", LOOKS[::-1])):
            windows.change(page, place.person, language)
            faults = seen(windows, page, place, language, looks)
            if faults:
                found[f"{place.name} {language}"] = faults
    assert found == {}


def seen(
    windows: Windows, page: Page, place: Place, language: str, looks: Sequence[Look]
) -> list[str]:
    """Open a place in the first look, turn it into the second, and return the faults of both."""
    faults = []
    for look in looks:
        windows.look(page, *look)
        if look == looks[0]:
            page.goto(place.address)
            if place.then:
                place.then(page)
        if place.shows and resolve(urlsplit(page.url).path).view_name != place.shows:
            faults.append(f"led to {page.url}")
        photographed(page, place.name, str(look[0][0]), language)
        wide, cut, text = unfolded(page)
        faults += [f"cut off at {look[0]}: {each}" for each in cut]
        if wide:
            faults.append(f"wider than the window of {look[0]}")
        if look == looks[0]:
            faults += strange_words(text, language) + violations(page)
            faults += [f"the design kit came without .{each}" for each in undressed(page)]
    return faults


def test_lists_of_a_thousand_can_be_read_and_walked(world: World, windows: Windows) -> None:
    with making():
        made = scenery(world)
        copies(made.submitted, MANY, submitted_at=BEFORE, next_due_at=BEFORE)
        doctor, office, manager = world.doctor, world.office, world.manager
    found = {}
    page = windows.window()
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
        windows.look(page, DESK, dark=False)
        page.goto(address)
        name = address.split("?")[0].strip("/").replace("/", "-") or "today"
        faults = []
        for size in (DESK, PHONE):
            windows.look(page, size, dark=False)
            photographed(page, f"thousand-{name}", str(size[0]), "zh-hans")
            faults += [f"wider than the window of {size}"] if too_wide(page) else []
            faults += violations(page)
        if address.startswith("/boxes/") and page.locator(".row-number").count() != PAGE:
            faults.append(f"{page.locator('.row-number').count()} rows")
        if faults:
            found[address] = faults
    assert found == {}
    windows.change(page, office, "zh-hans")
    for size in (DESK, PHONE):
        windows.look(page, size, dark=False)
        page.goto("/boxes/inbox/")
        first = page.locator(".row-number").first.inner_text()
        page.locator("a[rel=next]").click()
        page.wait_for_url(re.compile(r"cursor="))
        assert page.locator(".row-number").count() == PAGE
        assert page.locator(".row-number").first.inner_text() != first
