"""A referral printed from its page: the slip and what has happened, without anything to press."""

from __future__ import annotations

from referral.states import Status
from tests.browser.windows import Windows, making, photographed
from tests.factories import World


def test_a_referral_prints_without_what_only_a_screen_needs(world: World, windows: Windows) -> None:
    with making():
        referral, office = world.at(Status.ACCEPTED), world.office
    page = windows.window(office, dark=True)
    page.goto(f"/referrals/{referral.pk}/")
    page.emulate_media(media="print")
    for gone in (".top", ".detail-moves", ".skip", ".ways"):
        assert page.locator(gone).count() > 0, gone
        assert not page.locator(gone).first.is_visible(), gone
    for seen in (".slip", "h1", ".events"):
        assert page.locator(seen).is_visible(), seen
    assert page.locator("button:visible").count() == 0
    # Ink on paper, also for somebody who works in the dark.
    ink = page.locator(".slip dd").first.evaluate("each => getComputedStyle(each).color")
    ground = page.locator(".slip").evaluate("each => getComputedStyle(each).backgroundColor")
    assert (ink, ground) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    photographed(page, "print", "1366", "zh-hans")
