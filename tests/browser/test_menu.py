"""The menu: all boxes with all their numbers in one line on an old screen, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referral.queries.desk import ARRIVALS, COUNTED, INBOX
from tests.browser.windows import DESK_LIGHT, Windows, making
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Each number as long as it can become; and each Chinese sign as wide as it is drawn by a font that has it, since
# the machine of a test may have none.
FULLEST = """(counted) => {
  const nav = document.querySelector("nav.boxes");
  for (const count of nav.querySelectorAll("[data-count]")) {
    if (!counted.includes(count.dataset.count)) continue;
    count.textContent = "50+";
    count.hidden = false;
  }
  for (const link of nav.querySelectorAll("a")) {
    for (const node of [...link.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE)) {
      const signs = [...node.data.trim()].filter((sign) => sign > "\\u2e7f");
      if (!signs.length) continue;
      const word = document.createElement("span");
      word.style.cssText = `display: inline-block; width: ${signs.length}em; overflow: hidden`;
      word.textContent = node.data.trim();
      node.replaceWith(word);
    }
  }
}"""
LINES = """() => new Set([...document.querySelectorAll("nav.boxes > a")].map((each) => each.offsetTop)).size"""


def lines(page: Page) -> int:
    """Return in how many lines the boxes stand when each shows its longest number."""
    page.goto("/")
    # The numbers have come, and nothing writes them again.
    page.wait_for_load_state("networkidle")
    page.evaluate(FULLEST, [*COUNTED, INBOX, ARRIVALS])
    found: int = page.evaluate(LINES)
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_menu_stands_in_one_line(world: World, windows: Windows, language: str) -> None:
    with making():
        people = [world.office, world.doctor, world.chief, world.manager]
    page = windows.window()
    windows.look(page, *DESK_LIGHT)
    for person in people:
        windows.change(page, person, language)
        assert lines(page) == 1, person
