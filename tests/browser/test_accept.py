"""Accepting from the closed inbox in a real browser: two presses by mouse, two by key."""

from __future__ import annotations

import pytest

from referral.models import Referral
from referral.states import Status
from tests.browser.test_journeys import stands_at
from tests.browser.windows import Windows, making
from tests.factories import World
from tests.referral.pools import make_pool


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_two_presses_accept_at_the_first_free_place(
    world: World, windows: Windows, by: str
) -> None:
    with making():
        first, second = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
        pool, office = make_pool(world.hospital, places=2), world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    if by == "mouse":
        page.locator(f"#row-{first.pk} [data-accept]").click()
    else:
        page.locator(f"#row-{first.pk} [data-quick]").focus()
        page.keyboard.press("a")
    page.wait_for_selector(f"#quick-{first.pk} #move-accept[open] [type=radio]:focus")
    if by == "mouse":
        confirm = page.locator(f"#quick-{first.pk} #move-accept [type=submit]")
        box, height = confirm.bounding_box(), page.viewport_size
        assert box is not None
        assert height is not None
        assert box["y"] + box["height"] <= height["height"], "the second press is in sight"
        confirm.click()
    else:
        page.keyboard.press("Enter")
    page.wait_for_selector("[data-done]")
    assert stands_at(first) == Status.SCHEDULED
    with making():
        assert Referral.objects.get(pk=first.pk).scheduled_for == pool.starts_at
    assert page.locator(f"#row-{first.pk} [data-accept]").count() == 0
    # The focus is at the next row, whose key accepts that one.
    page.keyboard.press("a")
    page.wait_for_selector(f"#quick-{second.pk} #move-accept[open]")
    assert stands_at(second) == Status.SUBMITTED
