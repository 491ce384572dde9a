"""The desk of a receiver in a real browser: two presses to accept, fresh numbers, the scanner, several at once."""

from __future__ import annotations

from django.utils import timezone

from referral import links
from referral.models import LinkKind, Referral
from referral.states import Status
from tests.browser.test_journeys import stands_at
from tests.browser.windows import Windows, making
from tests.factories import World
from tests.referral.pools import make_pool


def test_accepting_at_the_next_free_place_leads_to_the_next_row(
    world: World, windows: Windows
) -> None:
    with making():
        first, second = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
        pool, office = make_pool(world.hospital), world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    page.locator(f"#row-{first.pk} [data-quick]").press("Enter")
    page.wait_for_selector(".quick-view")
    page.keyboard.press("a")
    # The form opens with its next event; nobody's second press is quicker, but a test's is.
    page.wait_for_selector(".quick details[open] [type=radio]:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-done]")
    assert stands_at(first) == Status.SCHEDULED
    with making():
        assert Referral.objects.get(pk=first.pk).scheduled_for == pool.starts_at
    href = page.evaluate("document.activeElement.getAttribute('href')")
    assert href == f"/referrals/{second.pk}/"
    assert "已安排" in page.locator(f"#row-{first.pk}").inner_text()


def test_a_row_opens_one_at_a_time_and_escape_leads_back_to_it(
    world: World, windows: Windows
) -> None:
    with making():
        legs, office = [world.at(Status.SUBMITTED) for _each in range(2)], world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    for leg in legs:
        page.locator(f"#row-{leg.pk} [data-quick]").click()
        page.wait_for_selector(f"#quick-{leg.pk} .quick-view")
    assert page.locator(".quick-view").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".quick-view").count() == 0
    href = page.evaluate("document.activeElement.getAttribute('href')")
    assert href == f"/referrals/{legs[1].pk}/"


def test_what_is_new_says_so_and_moves_nothing(world: World, windows: Windows) -> None:
    with making():
        world.at(Status.SUBMITTED)
        office = world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    number = page.locator('[data-count="inbox"]')
    number.wait_for(state="visible")
    assert number.inner_text() == "1"
    rows = page.locator(".desk-row").count()
    with making():
        world.at(Status.SUBMITTED)
    # What the page does when it comes into sight again.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("[data-news]").wait_for(state="visible")
    assert number.inner_text() == "2"
    assert "1" in (page.locator("[data-news-said]").text_content() or "")
    assert page.locator(".desk-row").count() == rows
    page.locator("[data-news] a").click()
    page.wait_for_function(f"document.querySelectorAll('.desk-row').length === {rows + 1}")


def test_a_scanner_types_and_presses_enter(world: World, windows: Windows) -> None:
    with making():
        leg, office = world.at(Status.SCHEDULED), world.office
        Referral.objects.filter(pk=leg.pk).update(scheduled_for=timezone.now())
        token = links.make(
            leg, LinkKind.PATIENT, by=world.doctor.actor, now=timezone.now(), purpose="sender_1"
        )
    page = windows.window(office)
    page.goto("/desk/arrivals/")
    page.keyboard.type(links.address(token, LinkKind.PATIENT))
    page.keyboard.press("Enter")
    page.wait_for_selector(".looked")
    assert token not in page.url
    assert token not in page.content()
    page.locator(".looked button", has_text="登记到诊").click()
    page.wait_for_selector(".notice-green")
    assert page.url.endswith("/desk/arrivals/")
    assert stands_at(leg) == Status.ARRIVED


def test_several_are_ticked_and_opened(world: World, windows: Windows) -> None:
    with making():
        legs, office = [world.at(Status.SUBMITTED) for _each in range(3)], world.office
    page = windows.window(office)
    page.goto("/boxes/inbox/")
    assert not page.locator(".bulk-moves").is_visible()
    page.locator("[data-pick-all]").check()
    assert "3" in page.locator(".bulk-said").inner_text()
    page.locator(f"#row-{legs[2].pk} [data-pick]").uncheck()
    page.locator(".bulk-moves button", has_text="查收").click()
    page.wait_for_selector("#made")
    assert [stands_at(leg) for leg in legs] == [Status.RECEIVED, Status.RECEIVED, Status.SUBMITTED]
