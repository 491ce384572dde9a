"""Every place at both sizes, in both languages, light and dark: no barrier, nothing too wide, pictures kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.places import open_all, places, scenery
from tests.browser.windows import DESK, PHONE, Windows, making, photographed, too_wide, violations
from tests.factories import World

if TYPE_CHECKING:
    pass


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
            if language == "zh-hans":
                faults += violations(page)
            if faults:
                found[place.name] = faults
    assert found == {}
