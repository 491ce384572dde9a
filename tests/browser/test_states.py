"""What a list looks like with nothing in it, what trouble looks like, and what is left where no script runs."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from accounts.permissions import Role
from referral import wording
from tests.browser.place import Place
from tests.browser.places import places, scenery
from tests.browser.windows import (
    DESK_LIGHT,
    PHONE_DARK,
    Windows,
    making,
    photographed,
    strange_words,
    unfolded,
    violations,
)
from tests.factories import World, make_person

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

# A list, a table or a section in which nobody reads anything.
SILENT: Final = """() => [...document.querySelectorAll('main ul, main ol, main tbody, main .section')]
    .filter((each) => each.checkVisibility() && !each.textContent.trim()
        && !each.querySelector('input, select, textarea, img, svg'))
    .map((each) => each.outerHTML.slice(0, 120))"""
# Buttons that send no form do nothing without a script, so they are shown by one.
DEAD: Final = """() => [...document.querySelectorAll('button, [role=button]')]
    .filter((each) => each.checkVisibility() && !each.form && !each.disabled)
    .map((each) => each.outerHTML.slice(0, 120))"""
TROUBLE: Final = ("400", "403", "403_csrf", "404", "500", "503")


def bare(world: World) -> list[Place]:
    """Return the lists of an alliance in which nobody has done anything yet."""
    doctor, office, manager = world.doctor, world.office, world.manager
    keeper = make_person(world.lead, Role.SYSTEM_ADMIN)
    mine = (*wording.BOXES, "sent")
    lists = [(doctor, f"/boxes/{box}/") for box in dict.fromkeys(mine)]
    lists += [
        (doctor, f"/work/{kind}/")
        for kind in ("asked", "declined", "returned", "follow-ups", "drafts")
    ]
    lists += [
        (office, f"/work/{kind}/")
        for kind in ("waiting", "overdue", "arriving", "ready", "put-off")
    ]
    lists += [
        (doctor, address) for address in ("/", "/orders/", "/deputies/", "/settings/undelivered/")
    ]
    lists += [
        (office, address)
        for address in (
            *("/boxes/inbox/", "/desk/arrivals/", "/desk/ready/", "/settings/feedback/"),
            *(
                "/settings/webhooks/",
                "/settings/capacity/",
                "/insights/stuck/",
                "/insights/exports/",
            ),
            *("/insights/acceptance-rate/referrals/", "/insights/what-if/", "/insights/forecast/"),
        )
    ]
    lists += [
        (manager, address)
        for address in (
            *("/alliance/", "/alliance/referrals/", "/insights/", "/insights/course/"),
            *("/insights/members/", "/insights/volumes/", "/insights/equity/"),
            *("/settings/directory/?q=没有这样的机构", "/settings/alliances/?q=没有这样的医联体"),
            *("/insights/statements/", "/insights/capitation/"),
        )
    ]
    lists += [(world.auditor, "/settings/audit/"), (world.chief, "/settings/staff/?q=没有这样的人")]
    lists += [(keeper, "/settings/import/"), (world.authority, "/insights/")]
    return [Place(f"empty-{place}", who, address) for place, (who, address) in enumerate(lists)]


def faults(windows: Windows, page: Page, language: str) -> list[str]:
    """Return what is wrong with the page that stands open, at both sizes, light and dark."""
    found: list[str] = violations(page) + page.evaluate(SILENT)
    for look in (DESK_LIGHT, PHONE_DARK):
        windows.look(page, *look)
        wide, cut, text = unfolded(page)
        found += cut
        found += [f"wider than the window of {look[0]}"] if wide else []
    return found + strange_words(text, language)


def test_lists_with_nothing_in_them_say_so(world: World, windows: Windows) -> None:
    with making():
        _ = world.alliance, world.hospital
        walk = bare(world)
    found = {}
    page = windows.window()
    for place in walk:
        windows.change(page, place.person, "zh-hans")
        answer = page.goto(place.address)
        photographed(page, place.name, "1366", "zh-hans")
        wrong = faults(windows, page, "zh-hans")
        if answer is None or answer.status != HTTPStatus.OK:
            wrong.append(f"answered {answer and answer.status}")
        if wrong:
            found[place.address] = wrong
    assert found == {}


def handed(route: Route, _request: Request, *, body: str, status: int) -> None:
    """Answer with a page as if the server had."""
    route.fulfill(status=status, content_type="text/html; charset=utf-8", body=body)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_trouble_can_be_read_by_everybody(world: World, windows: Windows, language: str) -> None:
    """Some of it cannot be provoked on purpose, so the pages are handed to the browser as they are."""
    page = windows.window()
    windows.change(page, None, language)
    found = {}
    for name in TROUBLE:
        with translation.override(language):
            body = render_to_string(f"{name}.html")
        page.route("**/trouble/", partial(handed, body=body, status=int(name[:3])))
        page.goto("/trouble/")
        assert page.locator("h1").inner_text(), name
        photographed(page, f"trouble-{name}", "1366", language)
        wrong = faults(windows, page, language)
        if wrong:
            found[name] = wrong
        page.unroute_all()
    assert found == {}


def test_without_scripts_nothing_is_offered_that_does_nothing(
    world: World, windows: Windows
) -> None:
    """Every place is there to be read, and what only a script can do is not offered."""
    with making():
        walk = [place for place in places(world, scenery(world)) if place.then is None]
    found = {}
    page = windows.window(scripts=False)
    for place in walk:
        windows.change(page, place.person, "zh-hans")
        page.goto(place.address)
        wrong = page.evaluate(DEAD)
        if not page.locator("h1, h2").first.inner_text():
            wrong.append("says nothing")
        if wrong:
            found[place.name] = wrong
    assert found == {}
