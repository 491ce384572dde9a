"""Every number of the pages leads to the referrals that it counts: the list is as long as the number."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from audit.models import AccessEvent
from insights.indicators import Indicator, Side, definitions
from referral.models import FollowUp
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.insights.walked import ROW, count, figures, listed, opened, page_of
from tests.keeping import kept
from tests.pages.conftest import browser_of
from tests.referral.many import copies

pytestmark = pytest.mark.django_db
MANY = 57


def due_today(world: World) -> None:
    """Let the contacts of a leg be due today and made, and those of another be due and not made."""
    today = timezone.localdate()
    done = {"done_at": timezone.now(), "method": "phone", "findings": "平稳"}
    for words in (done, {}):
        leg = world.returning(Status.ARRIVED)
        assert FollowUp.objects.filter(referral=leg).update(due_on=today, **words)


@pytest.fixture(scope="module")
def walked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Legs in every state, up and down, with contacts, and more of one kind than a page lists."""
    with kept(django_db_blocker):
        world = World()
        # People are made when they are first named: not in a test, which is undone.
        assert all((world.doctor, world.office, world.manager, world.stranger))
        for status in Status:
            if status not in {Status.DRAFT, Status.INTERNAL_REVIEW}:
                world.at(status)
        for status in (Status.SUBMITTED, Status.ACCEPTED, Status.ARRIVED):
            world.returning(status)
        due_today(world)
        copies(world.at(Status.ARRIVED), MANY, number="'ZZ-' || n")
        count()
        yield world


@pytest.fixture(autouse=True)
def _system(walked: World) -> None:
    as_system()


def whose(world: World, one: Indicator) -> Person:
    """Return somebody whose own number it is."""
    return {Side.SENT: world.doctor, Side.RECEIVED: world.office}.get(one.side, world.manager)


@pytest.mark.parametrize("one", definitions().values(), ids=lambda each: each.code)
def test_a_list_is_as_long_as_its_number(walked: World, one: Indicator) -> None:
    """Of the whole and of each part."""
    browser = browser_of(whose(walked, one))
    for figure in figures(opened(browser, f"/insights/{one.code}/")):
        assert listed(browser, figure.address) == figure.number, figure


@pytest.mark.parametrize("name", ["doctor", "office", "manager"])
def test_so_are_the_lists_behind_the_table(walked: World, name: str) -> None:
    browser = browser_of(getattr(walked, name))
    of_table = figures(opened(browser, "/insights/"))
    assert len({each.code for each in of_table}) > 6
    for figure in of_table:
        assert listed(browser, figure.address) == figure.number, figure


def test_more_than_a_page_is_reached(walked: World) -> None:
    browser = browser_of(walked.office)
    most = max(figures(opened(browser, "/insights/")), key=lambda each: each.number)
    assert most.number > MANY
    assert opened(browser, most.address).count(ROW) == 50


def test_looking_at_the_rows_is_recorded(walked: World) -> None:
    browser = browser_of(walked.office)
    listed(browser, "/insights/acceptance-rate/referrals/")
    last = AccessEvent.objects.order_by("-at").first()
    assert last is not None
    assert (last.what, last.actor_id) == ("indicator.referrals", walked.office.user.pk)


def test_a_stranger_sees_nothing_of_others(walked: World) -> None:
    assert figures(page_of(walked.stranger)) == []
    assert ROW not in page_of(walked.stranger, "/insights/acceptance-rate/referrals/")
    browser = browser_of(walked.stranger)
    for asked in (f"facility={walked.hospital.pk}", f"alliance={walked.alliance.pk}"):
        for address in ("", "acceptance-rate/", "acceptance-rate/referrals/"):
            assert browser.get(f"/insights/{address}?{asked}").status_code == 404


def test_who_sees_not_all_rows_is_told(walked: World) -> None:
    told = "以下只列出可查看的转诊"
    asked = f"/insights/acceptance-rate/referrals/?facility={walked.hospital.pk}"
    assert told in page_of(walked.manager, asked)
    assert told not in page_of(walked.manager, "/insights/acceptance-rate/referrals/")
    assert told not in page_of(walked.office, asked)


def test_an_indicator_that_is_none_is_not_there(walked: World) -> None:
    browser = browser_of(walked.office)
    for address in ("/insights/no-such-rate/", "/insights/no-such-rate/referrals/"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize("one", definitions().values(), ids=lambda each: each.code)
def test_a_definition_is_printed_whole(walked: World, one: Indicator) -> None:
    page = page_of(walked.office, f"/insights/{one.code}/")
    for words in (one.name.zh, one.name.en, one.formula.zh, one.counted_on.zh, one.source):
        assert words in page
    assert ("待核对" in page) is not one.verified
