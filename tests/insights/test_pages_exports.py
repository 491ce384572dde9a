"""The button that asks for a file: with script in its place, without script on a page, and for nobody else."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from insights.models import Export, ExportState
from referral.states import Status
from tests.factories import World, as_system
from tests.insights.taken import table, work
from tests.insights.walked import count, page_of
from tests.keeping import as_made, kept
from tests.pages.conftest import Browser, browser_of, text_of

pytestmark = pytest.mark.django_db
ADDRESS = "/insights/exports/"
PART = {"HTTP_HX_REQUEST": "true"}
ROWS = "/insights/acceptance-rate/referrals/?part=denominator"


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        world = World()
        for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED):
            world.at(status)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


def form_of(page: str, kind: str) -> dict[str, str]:
    """Return the words of the form that asks for a kind of file, as a browser sends them."""
    forms = re.findall(r'(?s)<form method="post" action="/insights/exports/".*?</form>', page)
    [form] = [each for each in forms if f'name="kind" value="{kind}"' in each]
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form)
    return {name: html.unescape(word) for name, word in found if name != "csrfmiddlewaretoken"}


def press(browser: Browser, words: dict[str, str], form: str, **headers: Any) -> Any:
    answer = browser.client.post(ADDRESS, {**words, "format": form}, **headers)
    as_system()
    return answer


@pytest.mark.parametrize(
    ("page", "kind", "form"),
    [
        ("/insights/?period=2026", "indicators", "xlsx"),
        ("/insights/?period=2026", "evaluation", "pdf"),
        ("/insights/acceptance-rate/?by=urgency", "breakdown", "csv"),
        (ROWS, "rows", "csv"),
    ],
)
def test_each_page_offers_its_file(counted: World, page: str, kind: str, form: str) -> None:
    browser = browser_of(counted.office)
    words = form_of(page_of(counted.office, page), kind)
    answer = press(browser, words, form)
    assert answer.status_code == 302
    work()
    address = answer.headers["Location"]
    shown = browser.get(address).content.decode()
    assert f'href="{address}file/"' in shown
    file = browser.get(f"{address}file/")
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["Cache-Control"] == "no-store"


def test_it_shows_how_far_it_is_in_its_place(counted: World) -> None:
    browser = browser_of(counted.office)
    part = press(browser, form_of(page_of(counted.office, ROWS), "rows"), "csv", **PART)
    text = part.content.decode()
    assert "<html" not in text
    assert 'hx-trigger="every 1s"' in text
    address = f"{ADDRESS}{Export.objects.get().pk}/"
    Export.objects.update(state=ExportState.RUNNING, progress=40)
    running = browser.get(address, **PART).content.decode()
    assert 'value="40"' in running
    assert f'hx-get="{address}"' in running
    work()
    done = browser.get(address, **PART).content.decode()
    assert "hx-trigger" not in done, "nobody asks on"
    assert f'href="{address}file/" data-fetch' in done
    assert len(table(browser.get(f"{address}file/").content)) == 1 + 3


def test_pressing_twice_is_one_file_and_the_answer_brings_another_key(counted: World) -> None:
    browser, words = browser_of(counted.office), form_of(page_of(counted.office, ROWS), "rows")
    first = press(browser, words, "csv", **PART).content.decode()
    press(browser, words, "csv", **PART)
    assert Export.objects.count() == 1
    [key] = re.findall(r'data-next-key="([^"]+)"', first)
    press(browser, {**words, "key": key}, "csv", **PART)
    assert Export.objects.count() == 2


def test_a_refusal_is_told_in_its_place(counted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insights.making.MOST_ROWS", 2)
    words = form_of(page_of(counted.office, ROWS), "rows")
    part = press(browser_of(counted.office), words, "csv", **PART)
    assert (part.status_code, "请缩短时间范围" in text_of(part)) == (200, True)
    whole = press(browser_of(counted.office), words, "csv")
    assert (whole.status_code, "请缩短时间范围" in text_of(whole)) == (422, True)
    assert not Export.objects.exists()


def test_what_failed_and_what_is_over_is_told(counted: World) -> None:
    browser = browser_of(counted.office)
    press(browser, form_of(page_of(counted.office, ROWS), "rows"), "csv")
    address = f"{ADDRESS}{Export.objects.get().pk}/"
    Export.objects.update(state=ExportState.FAILED, code="export-broken")
    assert "请重新导出" in text_of(browser.get(address))
    Export.objects.update(state=ExportState.WAITING, code="")
    work()
    Export.objects.update(expires_at=timezone.now())
    assert "已不再保留" in text_of(browser.get(address))
    assert browser.get(f"{address}file/").status_code == 409


def test_the_files_of_a_day_are_listed_for_their_asker_alone(counted: World) -> None:
    browser = browser_of(counted.office)
    press(browser, form_of(page_of(counted.office, ROWS), "rows"), "csv")
    assert "转诊明细" in text_of(browser.get(ADDRESS))
    address = f"{ADDRESS}{Export.objects.get().pk}/"
    for other in (counted.doctor, counted.manager, counted.stranger):
        assert "转诊明细" not in text_of(browser_of(other).get(ADDRESS))
        assert browser_of(other).get(address).status_code == 404
        assert browser_of(other).get(f"{address}file/").status_code == 404


def test_no_words_ask_for_nothing(world: World) -> None:
    assert press(browser_of(world.office), {}, "csv").status_code == 400
    assert press(browser_of(world.office), {"kind": "rows"}, "exe", **PART).status_code == 200
    assert not Export.objects.exists()
