"""Windows of a browser: signed in as somebody, in a language and size, watched for complaints."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.test import Client

from config import packages
from config.launch import browser as programs
from tests.architecture.floors import ROOT
from tests.factories import Person, as_system

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Page

DESK: Final = (1366, 768)
PHONE: Final = (390, 844)
# A size of the window, and whether the person likes it dark.
Look = tuple[tuple[int, int], bool]
DESK_LIGHT: Final[Look] = (DESK, False)
PHONE_DARK: Final[Look] = (PHONE, True)
SCREENSHOTS: Final = ROOT / ".screenshots"
# What axe holds a page to: WCAG 2.1 at level AA.
STANDARDS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
GRAVE: Final = ("serious", "critical")
# What axe says of all that is in order is long, and nobody reads it: it stays in the browser.
_GRAVE_ONLY: Final = f"""({{violations}}) => violations
    .filter(each => {json.dumps(GRAVE)}.includes(each.impact))
    .map(each => `${{each.id}}: ` + JSON.stringify(each.nodes.slice(0, 3).map(
        node => [node.html.slice(0, 160), node.failureSummary.slice(0, 200)])))"""
# What a page may leave in a browser, beside cookies; what it has loaded may stay.
STORED: Final = "local_storage,indexeddb,cache_storage,service_workers"


@contextmanager
def making() -> Iterator[None]:
    """Make rows in a block of the system's, which the server sees when it ends."""
    with transaction.atomic():
        as_system()
        yield


@cache
def _axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


class Sessions:
    """The sessions of one test, one a person."""

    def __init__(self) -> None:
        """Begin none."""
        self._keys: dict[UUID, str] = {}

    def cookies(self, person: Person | None, language: str) -> dict[str, str]:
        """Return what a browser of this person keeps; nobody's says the language only."""
        kept = {settings.LANGUAGE_COOKIE_NAME: language}
        if person is not None:
            kept[settings.SESSION_COOKIE_NAME] = self._key(person)
        return kept

    def _key(self, person: Person) -> str:
        """Return the key of a session of a person, begun with the first window."""
        if person.user.pk not in self._keys:
            client = Client()
            with making():
                client.force_login(person.user)
            self._keys[person.user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return self._keys[person.user.pk]


class Kind(NamedTuple):
    """What a window is like when a test opens it."""

    server: str
    size: tuple[int, int]
    dark: bool
    touch: bool
    scripts: bool


class Kept:
    """Windows that one test after the other uses, emptied between them.

    A new one starts a process and has loaded and compiled nothing yet: half of the work of a short test.
    """

    def __init__(self, browser: Browser, error: type[Exception]) -> None:
        """Have none; `error` is what the browser's client raises."""
        self._browser, self._error = browser, error
        self._idle: dict[Kind, list[Page]] = {}

    def take(self, kind: Kind) -> Page:
        """Return a window of this kind that nobody uses."""
        if idle := self._idle.setdefault(kind, []):
            return idle.pop()
        context = self._browser.new_context(
            base_url=kind.server,
            viewport={"width": kind.size[0], "height": kind.size[1]},
            color_scheme="dark" if kind.dark else "light",
            has_touch=kind.touch,
            java_script_enabled=kind.scripts,
            reduced_motion="reduce",
            locale="zh-CN",
            timezone_id=settings.TIME_ZONE,
        )
        context.set_default_timeout(10_000)
        return context.new_page()

    def give_back(self, page: Page, kind: Kind) -> None:
        """Keep a window for the next test as if it were new, or close it where that cannot be."""
        try:
            self._empty(page, kind)
        except self._error:
            page.context.close()
        else:
            self._idle[kind].append(page)

    def _empty(self, page: Page, kind: Kind) -> None:
        """Take everything away that a test may have left; what was loaded and compiled may stay."""
        context = page.context
        context.set_offline(False)
        context.clear_cookies()
        for other in context.pages:
            if other != page:
                other.close()
        page.unroute_all()
        page.evaluate("sessionStorage.clear()")
        page.goto("about:blank")
        line = context.new_cdp_session(page)
        line.send("Storage.clearDataForOrigin", {"origin": kind.server, "storageTypes": STORED})
        line.detach()
        size = {"width": kind.size[0], "height": kind.size[1]}
        if page.viewport_size != size:
            page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(media="null", color_scheme="dark" if kind.dark else "light")


class Windows:
    """The windows of one test."""

    def __init__(self, kept: Kept, server: str) -> None:
        """Know where windows come from, and where the server is."""
        self.kept, self.server = kept, server
        self.complaints: list[str] = []
        # What a test provokes on purpose, as a pattern: it is no complaint.
        self.provoked = ""
        self._open: list[tuple[Page, Kind]] = []
        self._ears: dict[Any, Any] = {
            "console": self._heard,
            "pageerror": lambda error: self.complaints.append(str(error)),
        }
        self._lines: dict[Page, CDPSession] = {}
        self._looks: dict[Page, Look] = {}
        self._sessions = Sessions()

    def window(
        self,
        person: Person | None = None,
        *,
        size: tuple[int, int] = DESK,
        language: str = "zh-hans",
        dark: bool = False,
        touch: bool = False,
        scripts: bool = True,
    ) -> Page:
        """Take a window as a person, or as nobody."""
        kind = Kind(self.server, size, dark, touch, scripts)
        page = self.kept.take(kind)
        self._open.append((page, kind))
        self.change(page, person, language)
        return self._watched(page)

    def beside(self, page: Page) -> Page:
        """Open one more page of the same person, which is closed after the test."""
        return self._watched(page.context.new_page())

    def _watched(self, page: Page) -> Page:
        for event, hear in self._ears.items():
            page.on(event, hear)
        return page

    def change(self, page: Page, person: Person | None, language: str) -> None:
        """Let the same window go on as somebody else: a new one costs more than ten pages."""
        page.context.clear_cookies()
        kept = self._sessions.cookies(person, language)
        page.context.add_cookies(
            [{"name": name, "value": kept[name], "url": self.server} for name in kept]
        )

    def look(self, page: Page, size: tuple[int, int], dark: bool) -> None:
        """Turn a window into one of another size and appearance; a telephone is touched."""
        if self._looks.get(page) == (size, dark):
            return
        self._looks[page] = size, dark
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if dark else "light")
        if page not in self._lines:
            self._lines[page] = page.context.new_cdp_session(page)
        touch = {"enabled": size == PHONE}
        self._lines[page].send("Emulation.setTouchEmulationEnabled", touch)

    def _heard(self, said: ConsoleMessage) -> None:
        """Keep errors and warnings; a breach of the content policy is an error of the console."""
        text = f"{said.location.get('url')}: {said.text}"
        grave = said.type in {"error", "warning"} and "the server responded with" not in text
        if grave and not (self.provoked and re.search(self.provoked, text)):
            self.complaints.append(text)

    def close(self) -> None:
        """Give all of them back."""
        for line in self._lines.values():
            line.detach()
        for page, kind in self._open:
            for event, hear in self._ears.items():
                page.remove_listener(event, hear)
            self.kept.give_back(page, kind)


def violations(page: Page) -> list[str]:
    """Return what axe finds grave on a page, a line a kind with the first elements at fault."""
    options = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
    found: list[str] = page.evaluate(
        f"{_axe()}\n;axe.run(document, {json.dumps(options)}).then({_GRAVE_ONLY})"
    )
    return found


# Names of things that are the same in every language, and what a test has typed itself.
SAME_EVERYWHERE: Final = re.compile(
    r"PDF|JPEG|PNG|DICOM|XLSX|CSV|Excel|English|https?|HTTPS?|URL|API|[Ww]ebhooks?|Standard|mmHg|mmol|Ctrl|Enter|Esc"
)
# Unfolds what can be unfolded, so that it is looked at too; then the width and the words of the page.
_UNFOLDED: Final = """() => {
    for (const each of document.querySelectorAll('main details:not([open])')) {
        each.open = true;
        each.dataset.unfolded = 'yes';
    }
    const {scrollWidth, clientWidth} = document.documentElement;
    const copy = document.body.cloneNode(true);
    const apart = 'script, style, [lang], .number, .secret, code, kbd, input, option';
    for (const each of copy.querySelectorAll(apart)) each.remove();
    // What is wider than its box and can neither be pushed nor is shortened with dots is lost to everybody.
    const cut = [...document.querySelectorAll('main *')].filter((each) => {
        if (each.clientWidth < 2 || each.scrollWidth <= each.clientWidth + 1) return false;
        const {overflowX, textOverflow} = getComputedStyle(each);
        return ['hidden', 'clip'].includes(overflowX) && textOverflow !== 'ellipsis'
            && !each.closest('svg, input, select');
    }).map((each) => {
        const {right} = each.getBoundingClientRect();
        const out = [...each.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > right + 1);
        return (out.at(-1) ?? each).outerHTML.slice(0, 120);
    });
    return {wide: scrollWidth > clientWidth, cut, text: copy.textContent};
}"""
_FOLDED: Final = """() => {
    for (const each of document.querySelectorAll('details[data-unfolded]')) {
        each.open = false;
        delete each.dataset.unfolded;
    }
}"""


class Unfolded(NamedTuple):
    """A page with everything unfolded: whether it has to be pushed sideways, what is cut off, and its words."""

    wide: bool
    cut: list[str]
    text: str


@cache
def _left_out() -> frozenset[str]:
    """Return the classes of the design kit that are not served."""
    whole = ROOT / "node_modules" / packages.FILES[packages.DESIGN_KIT]
    served = Path(packages.PackageFinder().find(packages.DESIGN_KIT))
    every, ours = (
        set(re.findall(r"\.([A-Za-z][\w-]*)", each.read_text(encoding="utf-8")))
        for each in (whole, served)
    )
    return frozenset(every - ours)


def undressed(page: Page) -> list[str]:
    """Return the classes on a page that the design kit knows, and that were left out of what is served of it."""
    names = page.evaluate(
        "[...document.querySelectorAll('[class]')].flatMap(e => [...e.classList])"
    )
    return sorted(_left_out().intersection(names))


def unfolded(page: Page) -> Unfolded:
    """Unfold a page and read it, in one question to the browser."""
    return Unfolded(**page.evaluate(_UNFOLDED))


def too_wide(page: Page) -> bool:
    """Say whether a page has to be pushed sideways to be read."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


def strange_words(text: str, language: str) -> list[str]:
    """Return what looks like a code on any page, and what looks like English on a Chinese one.

    Values of fields are not looked at, nor what is marked as a number or an address.
    """
    found = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)
    if language == "zh-hans":
        words = re.findall(r"(?<![\w@./-])[A-Za-z][a-z]{2,}(?![\w@./-])", text)
        found += [word for word in words if not SAME_EVERYWHERE.fullmatch(word)]
    return [f"strange words: {sorted(set(found))}"] if found else []


def photographed(page: Page, *names: str) -> None:
    """Keep a picture of the whole page, folded, among the artefacts of a run that judges a change, or on request.

    Nothing looks at the pictures but people: a run that nobody looks at saves their tenth of the time.
    """
    if not (programs.must_run() or os.environ.get("PICTURES")):
        return
    page.evaluate(_FOLDED)
    SCREENSHOTS.mkdir(exist_ok=True)
    file: Path = SCREENSHOTS / f"{'-'.join(names)}.jpg"
    page.screenshot(path=str(file), full_page=True, type="jpeg", quality=80, animations="disabled")
