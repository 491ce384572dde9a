"""Pages answer once the browser has run what they brought, and bring little; `make bench ARGS=--pages` times it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from bench import pages
from config.launch.trouble import Trouble
from referral.states import Status
from tests.browser.places import Scenery, places, scenery
from tests.browser.windows import Windows, making
from tests.factories import World
from tests.pages.test_weight import MOST, compressed, found_file

if TYPE_CHECKING:
    from playwright.sync_api import Page

OPENED: Final = (
    "sign-in",
    "today-hospital",
    "inbox",
    "filing",
    "filing-draft",
    "alliance",
    "tracking",
)
# The picture of flows needs a library of charts, which comes when the page has been drawn and answers.
HEAVY: Final = {"packages/echarts.min.js"}
NAMES: Final = """performance.getEntriesByType("resource").map((each) => each.name)"""


@pytest.fixture
def made(world: World) -> Scenery:
    with making():
        made = scenery(world)
        for _turn in range(12):
            world.at(Status.SUBMITTED)
        return made


def _watching(windows: Windows) -> Page:
    """Return a page of its own: a window that is kept would not forget the script."""
    page = windows.beside(windows.window())
    page.add_init_script(pages.WATCH)
    return page


def test_each_page_answers_a_key_when_its_scripts_have_run(
    world: World, made: Scenery, windows: Windows
) -> None:
    with making():
        known = {place.name: place for place in places(world, made)}
    page = _watching(windows)
    for name in OPENED:
        windows.change(page, known[name].person, "zh-hans")
        found = pages.opened(page, known[name].address)
        assert found.painted > 0, name
        assert 0 < found.answered <= found.interactive, name
        files = {urlsplit(each).path.partition("/static/")[2] for each in page.evaluate(NAMES)}
        sizes = {each: compressed(found_file(each)) for each in files - HEAVY if each}
        total = compressed(page.content().encode()) + sum(sizes.values())
        assert total < MOST, (name, total, sizes)


def test_a_page_whose_scripts_are_lost_is_noticed(windows: Windows) -> None:
    """What the measure calls an answer is one: without the script of the frame no key does anything."""
    windows.provoked = "ERR_FAILED"
    page = _watching(windows)
    page.route("**/frame.js", lambda route: route.abort())
    with pytest.raises(Trouble, match="does not answer"):
        pages.opened(page, "/sign-in/")
