"""Reads the pages of numbers as a browser without scripts does: the figures with where they lead, the lists behind."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from insights.actions import count_changes
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import Browser, browser_of

ROW = 'class="row-link"'


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a page that is a link, and the indicator in whose row it stands."""

    code: str
    number: int
    address: str


def count() -> None:
    """Count what has happened."""
    while count_changes(now=timezone.now() + timedelta(seconds=1)):
        pass
    as_system()


def journeys() -> World:
    """Return a world of six up legs, one at each station, and a seventh whose patient is on the way back; counted."""
    world = World()
    assert all((world.doctor, world.office, world.manager, world.stranger))
    for status in (
        Status.SUBMITTED,
        Status.DECLINED,
        Status.CANCELLED,
        Status.ACCEPTED,
        Status.ARRIVED,
        Status.COMPLETED,
    ):
        world.at(status)
    world.returning()
    count()
    return world


def figures(page: str) -> list[Figure]:
    """Return every number of a page that leads to rows."""
    found = re.findall(
        r'href="(/insights/([a-z-]+)/referrals/\?[^"]*)"[^>]*>\s*([\d,]+)\s*</a>', page
    )
    return [
        Figure(code, int(number.replace(",", "")), html.unescape(address))
        for address, code, number in found
    ]


def opened(browser: Browser, address: str) -> str:
    """Return a page that is there."""
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.content.decode()[:2000])
    text: str = answer.content.decode()
    return text


def listed(browser: Browser, address: str) -> int:
    """Return how many rows a list has, over all its pages."""
    rows, at = 0, address
    while at:
        page = opened(browser, at)
        rows += page.count(ROW)
        following = re.search(r'rel="next" href="([^"]+cursor[^"]+)"', page)
        at = html.unescape(following[1]) if following else ""
    return rows


def page_of(who: Person, address: str = "/insights/") -> str:
    """Return a page as somebody sees it."""
    return opened(browser_of(who), address)
