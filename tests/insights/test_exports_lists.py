"""The lists behind the numbers of the picture as files: as long as the number, by the same rights."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.permissions import Role
from audit.models import AccessEvent
from insights.models import Export
from tests.factories import World
from tests.insights.taken import ask, fetch, sheet, state, table, taken, work
from tests.insights.test_pages_exports import form_of, press
from tests.insights.walked import journeys, listed, page_of
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of

pytestmark = pytest.mark.django_db
PICTURED = r'href="(/insights/(?:steps|stages|tiers|streams)/[^"]*)"[^>]*>\s*([\d,]+)\s*</a>'


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        yield journeys()


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


def lists(world: World) -> list[dict[str, Any]]:
    """Return the words that name one list of each sort."""
    ends = {"from_facility": world.clinic.pk, "to_facility": world.hospital.pk}
    return [
        {"step": "up-submitted"},
        {"stage": "answer"},
        {"edge": "1>3"},
        {**ends, "direction": "up"},
    ]


@pytest.mark.parametrize(("who", "sorts"), [("manager", 4), ("office", 4), ("doctor", 3)])
def test_page_and_file_are_as_long_as_the_number(counted: World, who: str, sorts: int) -> None:
    """Whichever number of the picture is opened, its page offers the file, which holds the same referrals."""
    person = getattr(counted, who)
    browser = browser_of(person)
    found = re.findall(PICTURED, page_of(person))
    assert len({address.split("/")[2] for address, _number in found}) == sorts
    for each, number in found:
        address = html.unescape(each)
        page = page_of(person, address)
        Export.objects.all().delete()
        press(browser, form_of(page, "rows"), "csv")
        work()
        lines = table(browser.get(f"/insights/exports/{Export.objects.get().pk}/file/").content)
        assert len(lines) - 1 == listed(browser, address) == int(number), address
        for line in lines[1:]:
            assert line[0] in page, address


def test_a_list_says_in_the_file_what_it_is(counted: World) -> None:
    for words in lists(counted):
        made = ask(counted.manager, "rows", "xlsx", period="2026", **words)
        work()
        heads, told = sheet(fetch(counted.manager, made).content, 1)
        assert [cell.value for cell in heads] == ["清单", "统计口径", "起始日", "最后一天"]
        assert "不含已取消" in told[1].value
        assert f"{told[2].value:%Y-%m-%d}" == "2026-01-01"
        name = state(counted.manager, made)["name"]
        assert re.fullmatch(r"[a-z0-9-]+-referrals-2026\.xlsx", name), name


def test_the_side_that_was_asked_is_the_side_of_the_file(counted: World) -> None:
    """Of a hospital that refers nobody up the picture asks who came, and so does the file."""
    step = {"step": "up-submitted"}
    assert len(table(taken(counted.office, "rows", **step))) == 1
    assert len(table(taken(counted.office, "rows", **step, side="received"))) == 1 + 6
    assert len(table(taken(counted.doctor, "rows", **step))) == 1 + 6


def test_who_fetches_a_list_is_recorded_with_those_on_it(counted: World) -> None:
    taken(counted.manager, "rows", stage="answer")
    last = AccessEvent.objects.order_by("-at").first()
    assert last is not None
    assert (last.what, len(last.referral_ids)) == ("indicator.export", 5)


def test_a_stranger_takes_no_list_out(counted: World) -> None:
    for words in lists(counted):
        for name, whose in (("facility", counted.hospital), ("alliance", counted.alliance)):
            asked = {**words, name: whose.pk}
            assert ask(counted.stranger, "rows", **asked).status == 404, words
        assert len(table(taken(counted.stranger, "rows", **words))) == 1, words


def test_who_lost_the_right_gets_no_list(counted: World) -> None:
    """The worker asks again whose rows they are: asked for in time, made too late."""
    office = counted.office
    made = [ask(office, "rows", **words) for words in lists(counted)]
    office.user.posts.update(role=Role.SECURITY_ADMIN)
    work()
    work()
    office.user.posts.update(role=Role.REFERRAL_OFFICE)
    assert {state(office, each)["code"] for each in made} == {"not-found"}


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"step": "up-submitted", "stage": "answer"},
        {"step": "up-submitted", "indicator": "late-rate"},
        {"step": "patient"},
        {"stage": "patient"},
        {"edge": "1>9"},
        {"direction": "up"},
        {"from_facility": "01890a5d-ac96-774b-bcce-b302099a8057", "direction": "up"},
    ],
    ids=str,
)
def test_rows_want_the_name_of_just_one_list(counted: World, words: dict[str, str]) -> None:
    assert ask(counted.office, "rows", **words).status == 400
    assert not Export.objects.exists()


def test_only_rows_are_of_a_list(counted: World) -> None:
    for kind in ("indicators", "breakdown"):
        assert ask(counted.office, kind, step="up-submitted", by="sender").status == 400
    assert ask(counted.office, "evaluation", "pdf", stage="answer").status == 400


def test_a_place_that_is_none_has_no_list(counted: World) -> None:
    none = "01890a5d-ac96-774b-bcce-b302099a8057"
    asked = {"from_facility": none, "to_facility": none, "direction": "up"}
    assert ask(counted.office, "rows", **asked).status == 404
