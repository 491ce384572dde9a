"""Accepting from the list in two presses: the row opens the form with a place chosen, the next one confirms."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from referral.models import Referral
from referral.states import TRANSITIONS, Status
from tests.factories import Person, World, reload
from tests.pages.conftest import browser_of
from tests.pages.test_desk_quick import moved, part
from tests.referral.pools import make_pool

Counter = Callable[[int], Any]
BUTTON = re.compile(r'(?s)<a class="[^"]*desk-accept"[^>]*>')


def buttons(person: Person, address: str = "/boxes/inbox/") -> list[str]:
    answer = browser_of(person).get(address)
    assert answer.status_code == 200
    return BUTTON.findall(answer.content.decode())


def test_two_presses_accept_with_the_first_free_place(world: World) -> None:
    leg, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    [button] = buttons(world.office)
    [address] = re.findall(r'hx-get="([^"]+)"', button)
    assert address == f"/referrals/{leg.pk}/?open=accept"
    body = browser_of(world.office).get(address, headers=part(leg)).content.decode()
    [form] = re.findall(r'(?s)<details class="move" id="move-accept" open>.*?</details>', body)
    [place] = re.findall(r'name="place" value="([^"]+)"[^>]* checked', form)
    assert place == f"slot:{pool.pk}"
    assert body.count('<details class="move" id="move-accept" open>') == 1
    assert len(re.findall(r'<details class="move"[^>]* open>', body)) == 1
    answer = moved(world.office, leg, "accept", {"place": place})
    assert answer.status_code == 200
    after = reload(leg)
    assert (after.status, after.visit) == (Status.SCHEDULED, pool.starts_at)


def test_without_script_the_button_is_a_link_to_the_page_with_the_form_open(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    [button] = buttons(world.office)
    [address] = re.findall(r'href="([^"]+)"', button)
    assert address == f"/referrals/{leg.pk}/?open=accept#move-accept"
    page = browser_of(world.office).get(address).content.decode()
    assert '<details class="move" id="move-accept" open>' in page
    assert '<details class="move" id="move-decline" >' in page


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED, Status.ACCEPTED])
def test_it_stands_in_rows_that_can_be_accepted(world: World, status: Status) -> None:
    world.at(status)
    assert len(buttons(world.office)) == (status in TRANSITIONS["accept"].sources)


def test_it_stands_for_who_may_accept(world: World) -> None:
    world.at(Status.SUBMITTED)
    assert len(buttons(world.office)) == 1
    assert len(buttons(world.office, "/work/waiting/")) == 1
    leg = world.move(world.draft(to_facility_id=world.lead.pk), "submit", world.doctor)
    answer = browser_of(world.manager).get("/boxes/inbox/").content.decode()
    assert leg.number in answer
    assert BUTTON.findall(answer) == []


def test_a_row_that_was_confirmed_keeps_it(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    body = moved(world.office, leg, "open", {}).content.decode()
    assert len(BUTTON.findall(body)) == 1
    body = moved(world.office, reload(leg), "accept", {}).content.decode()
    assert BUTTON.findall(body) == []


@pytest.mark.parametrize("verb", ["", "secret", "<b>", "submit", "accept"])
def test_what_is_asked_to_be_open_is_no_way_in(world: World, verb: str) -> None:
    """A word in the address opens a form that is there, and nothing else."""
    leg: Referral = world.at(Status.ACCEPTED)
    page = browser_of(world.office).client.get(f"/referrals/{leg.pk}/", {"open": verb})
    assert page.status_code == 200
    assert not re.findall(r'<details class="move"[^>]* open>', page.content.decode())
    assert "<b>" not in page.content.decode()


@pytest.mark.parametrize("rows", [1, 12])
def test_no_row_costs_a_statement(
    world: World, rows: int, django_assert_num_queries: Counter
) -> None:
    for _turn in range(rows):
        world.at(Status.SUBMITTED)
    browser = browser_of(world.office)
    browser.client.get("/boxes/inbox/")
    with django_assert_num_queries(11):
        browser.client.get("/boxes/inbox/")
