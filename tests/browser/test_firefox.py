"""The same pages in Firefox: every place opens without a complaint, a referral goes up and is accepted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from referral.models import Referral
from referral.states import Status
from tests.browser.firefox import ENTER, Firefox
from tests.browser.places import places, scenery
from tests.browser.test_filing import REASON
from tests.browser.test_journeys import stands_at
from tests.browser.windows import Sessions, making
from tests.factories import Person, World
from tests.referral.pools import make_pool

# The library of charts comes after the page; who leaves before it is there breaks its loading off, and Firefox says so.
CHARTS = "document.querySelector('[data-sankey], [data-course], [data-forecast]')"
COMPLETE = f"!{CHARTS} || typeof echarts === 'object'"
# htmx takes charge of what it has brought a moment after it is seen; no hand is as quick as this test.
SETTLED = "!document.querySelector('.htmx-added, .htmx-settling')"
TOO_WIDE = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Fox:
    """The browser at one server, as one person after the other."""

    def __init__(self, browser: Firefox, server: str) -> None:
        self.browser, self.server, self._sessions = browser, server, Sessions()

    def open(self, person: Person | None, address: str, language: str = "zh-hans") -> Firefox:
        """Open an address as a person."""
        if not self.browser.address.startswith(self.server):
            # Cookies are given to a server that is open.
            self.browser.goto(f"{self.server}/sign-in/")
        self.browser.cookies(self._sessions.cookies(person, language))
        self.browser.goto(f"{self.server}{address}")
        return self.browser


@pytest.fixture
def fox(firefox: Firefox, live_server: LiveServer) -> Iterator[Fox]:
    """The browser at the server of this test; no page may have complained of anything."""
    firefox.complaints(live_server.url)
    yield Fox(firefox, live_server.url)
    firefox.goto(f"{live_server.url}/sign-in/")
    firefox.run("localStorage.clear()")
    assert firefox.complaints(live_server.url) == []


def test_every_place_opens_without_a_complaint(world: World, fox: Fox) -> None:
    with making():
        walk = places(world, scenery(world))
    faults = {}
    for place in walk:
        page = fox.open(place.person, place.address)
        page.until(COMPLETE)
        said = page.complaints(fox.server)
        if page.run(TOO_WIDE):
            said.append("wider than the window")
        if not page.run("return document.querySelector('h1') !== null"):
            said.append("no heading")
        if said:
            faults[place.name] = said
    assert faults == {}


def test_a_referral_is_filed_and_accepted(world: World, fox: Fox) -> None:
    with making():
        _ = world.alliance, world.patient
        doctor, office, hospital = world.doctor, world.office, world.hospital
        make_pool(hospital)
    page = fox.open(doctor, "/file/")
    page.type("#whom-q", "ouyang")
    page.until("document.querySelector('#people [name=patient]')")
    page.press(ENTER)
    page.until("location.pathname.endsWith('/edit/') && document.readyState === 'complete'")
    page.type("[name=diagnosis]", "gxy")
    page.until("document.querySelector('#diagnosis-list li')")
    page.press("\ue015")
    page.press(ENTER)
    page.until("document.querySelector('[name=diagnosis_code]').value === 'I10'")
    page.click("[name=reason_code] option[value=diagnosis_unclear]")
    for field, text in {
        "reason": REASON,
        "past_history": "高血压8年",
        "treatment": "氨氯地平5毫克每日一次",
        "results": "心电图示左室高电压",
    }.items():
        page.type(f"[name={field}]", text)
    page.click(f"[name=place][value='{hospital.pk}']")
    page.until("document.querySelector('#live-check .check-full')")
    page.click("[name=send]")
    page.until(
        "/^.referrals.[^/]+.$/.test(location.pathname) && document.readyState === 'complete'"
    )
    with making():
        referral = Referral.objects.latest("created_at")
    assert referral.status == Status.SUBMITTED

    page = fox.open(office, "/boxes/inbox/")
    page.click(f"#row-{referral.pk} [data-quick]")
    page.until(f"document.querySelector('.quick-view') && {SETTLED}")
    page.press("a")
    page.until("document.activeElement.matches('.quick details[open] [type=radio]')")
    page.press(ENTER)
    page.until("document.querySelector('[data-done]')")
    # To the next row, or here back to the only one: never lost.
    page.until("document.activeElement.matches('[data-quick]')")
    assert stands_at(referral) == Status.SCHEDULED


def test_a_draft_survives_a_reload(world: World, fox: Fox) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = fox.open(doctor, f"/referrals/{draft.pk}/edit/", "en")
    page.type("[name=reason]", " 又写下的一句话")
    page.until("document.querySelector('#saved[data-state=saved]')")
    page.goto(page.address)
    page.until("document.querySelector('[name=reason]').value.endsWith('又写下的一句话')")
    with making():
        assert Referral.objects.get(pk=draft.pk).reason.endswith("又写下的一句话")
