"""Measures in a real browser when a page answers: `python -m bench --pages`.

A page answers once it has been drawn, a key or a click does something, and no script holds it up any more.
"""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.results import Result, at_most, below, fact
from config.launch import browser
from config.launch.trouble import Trouble

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

GOAL: Final = 1000
FIRST_PAGES: Final = 150
# The first pages of a day, for which the goal of the weight is set.
BEGINNING: Final = frozenset({"sign-in", "Today"})
ROUNDS: Final = 5
# How long after its load a page is watched for scripts that hold it up, in milliseconds.
WATCHED: Final = 800
DESK: Final = {"width": 1366, "height": 768}
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN")

# At the moment when the browser has run what the page brought, before anybody could: the key that lists the keys
# is pressed, and the list is looked for. Where nobody has signed in, Escape must leave the field that was entered;
# on a page without a script, what can be pressed must take the focus.
WATCH: Final = """
(() => {
  const seen = { answered: null, tasks: [] };
  Object.defineProperty(window, "opened", { value: seen });
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) seen.tasks.push([each.startTime, each.duration]);
  }).observe({ type: "longtask", buffered: true });
  function press(key, code) {
    const target = document.activeElement ?? document.body;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  }
  function focused(element) {
    element.focus();
    return document.activeElement === element;
  }
  function answers() {
    const list = document.querySelector("dialog#keys");
    const before = document.activeElement;
    if (!list) return focused(document.querySelector("a[href], button, input:not([type=hidden])"));
    const entered = document.querySelector("input[autofocus]");
    entered?.focus();
    press("Escape", "Escape");
    if (!document.querySelector('[data-key="?"]')) return document.activeElement !== entered && focused(entered);
    press("?", "Slash");
    const open = list.open;
    list.close();
    before.focus();
    return open;
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (answers()) seen.answered = performance.now();
  });
})();
"""
READ: Final = """() => {
  const sum = (kind) => performance.getEntriesByType(kind).reduce((all, each) => all + each.transferSize, 0);
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    answered: window.opened.answered, tasks: window.opened.tasks, painted: paint ? paint.startTime : null,
    bytes: sum("navigation") + sum("resource"),
  };
}"""


@dataclass(frozen=True, slots=True)
class Opened:
    """How a page opened: milliseconds from the start of the navigation, and bytes that came over the line."""

    painted: float
    answered: float
    tasks: list[tuple[float, float]]
    bytes: int

    @property
    def interactive(self) -> float:
        """When it was drawn and answered, and no script that had begun until then still ran."""
        return max(
            self._ready, *(start + took for start, took in self.tasks if start <= self._ready), 0
        )

    @property
    def longest_after(self) -> float:
        """How long the longest script ran that began after that."""
        return max((took for start, took in self.tasks if start > self._ready), default=0)

    @property
    def _ready(self) -> float:
        return max(self.painted, self.answered)


def opened(page: Page, path: str) -> Opened:
    """Open a page whose context runs WATCH, and say how it went; raises Trouble where it answers nothing."""
    answer = page.goto(path, wait_until="load")
    page.wait_for_timeout(WATCHED)
    found: dict[str, Any] = page.evaluate(READ)
    if answer is None or not answer.ok or found["answered"] is None or found["painted"] is None:
        raise Trouble(f"{path} does not answer: {answer and answer.status}, {found}")
    tasks = [(float(start), float(took)) for start, took in found["tasks"]]
    return Opened(found["painted"], found["answered"], tasks, found["bytes"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's browser without a window; raises Trouble where there is none."""
    if reason := browser.missing():
        raise Trouble(f"The pages cannot be measured: {reason}.")
    playwright: Any = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=str(browser.find()), args=list(ARGUMENTS))
        yield made
        made.close()


@contextmanager
def _context(made: Browser, url: str, cookie: str, session: str) -> Iterator[BrowserContext]:
    """Open a browser that has been nowhere yet, in which somebody is signed in."""
    context = made.new_context(base_url=url, viewport=DESK, locale="zh-CN")  # type: ignore[arg-type]
    if session:
        context.add_cookies([{"name": cookie, "value": session, "url": url}])
    context.add_init_script(WATCH)
    yield context
    context.close()


def measured(url: str, visits: dict[str, Any]) -> Iterator[Result]:
    """Open each page several times by browsers that know nothing yet, and once more each by one that does."""
    with chromium() as made:
        for each in visits["pages"]:
            yield from _page(made, url, visits["cookie"], each)


def _page(made: Browser, url: str, cookie: str, each: dict[str, str]) -> Iterator[Result]:
    first, again = [], []
    for _round in range(ROUNDS):
        with _context(made, url, cookie, each["session"]) as context:
            page = context.new_page()
            first.append(opened(page, each["path"]))
            again.append(opened(page, each["path"]))
    name = each["name"]
    slowest = max(found.interactive for found in first)
    yield below(f"{name}: interactive, first visit, slowest", slowest, GOAL, "ms", digits=0)
    middle = statistics.median(found.interactive for found in first)
    yield fact(f"{name}: first visit, median", f"{middle:.0f} ms")
    middle = statistics.median(found.interactive for found in again)
    yield fact(f"{name}: later visits, median", f"{middle:.0f} ms")
    held = max(found.longest_after for found in first + again)
    yield at_most(f"{name}: longest script afterwards", held, 200, "ms", digits=0)
    size = max(found.bytes for found in first) / 1000
    what = f"{name}: transferred on the first visit"
    yield (
        below(what, size, FIRST_PAGES, "kB", digits=0)
        if name in BEGINNING
        else fact(what, f"{size:.0f} kB")
    )
