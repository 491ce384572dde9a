"""Pages of numbers on paper: nothing is cut off, pictures are as wide as the sheet and drawn in dark ink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from referral.states import Status
from tests.browser.windows import Windows, making, photographed
from tests.factories import World
from tests.insights.walked import count

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What lies between the margins of a sheet of A4, in pixels of a style sheet.
SHEET: Final = 680
BEYOND: Final = """() => [...document.querySelectorAll("main table, main svg, main .card")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.className.baseVal ?? each.className)"""
PALE: Final = """() => [...document.querySelectorAll("main svg text")].filter((each) => {
  const [red, green, blue] = getComputedStyle(each).fill.match(/\\d+/g).map(Number);
  return red + green + blue > 450;
}).map((each) => each.textContent)"""


def printed(page: Page) -> None:
    """Let a page become what goes to the printer, as far as a script can see it."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": SHEET, "height": 960})


@pytest.fixture
def counted(world: World) -> World:
    with making():
        for status in (Status.SUBMITTED, Status.DECLINED, Status.ARRIVED, Status.COMPLETED):
            world.at(status)
        world.returning()
        count()
        _ = world.manager
    return world


@pytest.mark.parametrize(
    ("address", "picture"),
    [
        ("/insights/", ".flow-picture svg"),
        ("/insights/course/", "[data-course] svg"),
        ("/insights/acceptance-rate/", "[data-course] svg"),
    ],
)
def test_numbers_are_printed_whole(
    counted: World, windows: Windows, address: str, picture: str
) -> None:
    """From a wide screen in the dark: the hardest way onto paper."""
    page = windows.window(counted.manager, dark=True)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(address)
    page.wait_for_selector(picture)
    printed(page)
    assert page.evaluate(BEYOND) == []
    assert page.evaluate(PALE) == [], "light ink on white paper"
    assert page.locator("form:visible").count() == 0
    photographed(page, f"print{address.replace('/', '-')}", "1366", "zh-hans")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark", "as it was chosen"


def test_a_long_table_goes_on_where_its_page_ends(counted: World, windows: Windows) -> None:
    """A card with a table may be parted, so that no sheet stays empty before it; a line may not."""
    page = windows.window(counted.manager)
    page.goto("/insights/")
    page.emulate_media(media="print")
    broken = "each => getComputedStyle(each).breakInside"
    assert page.locator(".card:has(tbody)").first.evaluate(broken) == "auto"
    assert page.locator("tbody tr").first.evaluate(broken) == "avoid"
    head = page.locator("table.numbers thead").first
    assert head.evaluate("each => getComputedStyle(each).display") == "table-header-group"
