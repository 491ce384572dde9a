"""The official papers from the page of a referral: offered where they are there, and refused in words."""

import pytest

from referral.states import Status
from tests.factories import World
from tests.pages.conftest import browser_of
from tests.referral.papers import text


def test_the_page_offers_what_may_be_printed(world: World) -> None:
    browser = browser_of(world.doctor)
    for status, offers in ((Status.SUBMITTED, False), (Status.ACCEPTED, True)):
        leg = world.at(status)
        page = browser.get(f"/referrals/{leg.pk}/").content.decode()
        assert f"/referrals/{leg.pk}/consent.pdf" in page
        assert (f"/referrals/{leg.pk}/slip.pdf" in page) == offers


@pytest.mark.parametrize(("name", "title"), [("slip", "存　根"), ("consent", "转诊知情同意书")])
def test_a_paper_opens_from_the_page(world: World, name: str, title: str) -> None:
    leg = world.at(Status.ACCEPTED)
    answer = browser_of(world.office).get(f"/referrals/{leg.pk}/{name}.pdf")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}-{leg.number}.pdf"'
    assert title in text(answer.content)
    assert browser_of(world.stranger).get(f"/referrals/{leg.pk}/{name}.pdf").status_code == 404
    assert browser_of(world.manager).get(f"/referrals/{leg.pk}/{name}.pdf").status_code == 403


def test_before_acceptance_the_page_says_why_not(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    answer = browser_of(world.doctor).get(f"/referrals/{leg.pk}/slip.pdf")
    assert answer.status_code == 409
    assert "接收方接收后才有转诊单" in answer.content.decode()
