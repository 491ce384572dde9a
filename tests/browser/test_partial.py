"""Partial updates: the focus is never lost, failures are told, and nothing of a fragment runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.windows import Windows, making
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

HEADING = "document.activeElement.tagName + ':' + document.activeElement.textContent.trim()"


@pytest.fixture
def page(world: World, windows: Windows) -> Page:
    """A page with a part that is fetched anew by a button inside it, and a field beside it."""
    with making():
        office = world.office
    page = windows.window(office)
    page.goto("/")
    page.evaluate("""() => {
        document.getElementById('content').innerHTML = `
          <input id="beside">
          <div id="part"><h2>Before</h2>
            <button id="again" hx-get="/part/" hx-target="#part">again</button>
            <button id="send" hx-post="/part/" hx-target="#part">send</button></div>`;
        htmx.process(document.body);
    }""")
    return page


def answering(page: Page, html: str, status: int = 200) -> list[Request]:
    """Let the part be answered so; return the requests as they come."""
    asked: list[Request] = []

    def answer(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(status=status, content_type="text/html; charset=utf-8", body=html)

    page.unroute_all()
    page.route("**/part/", answer)
    return asked


def pressed(page: Page, button: str) -> None:
    """Press a button by keyboard and wait until what it fetched has settled."""
    page.evaluate("""() => { delete document.body.dataset.settled;
        const settled = () => (document.body.dataset.settled = 'yes');
        document.addEventListener('htmx:afterSettle', settled, {once: true}); }""")
    page.locator(button).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-settled]")


def test_what_stays_keeps_the_focus(page: Page) -> None:
    answering(page, '<h2>After</h2><button id="again">again</button>')
    pressed(page, "#again")
    assert page.evaluate("document.activeElement.id") == "again"


@pytest.mark.parametrize(
    ("html", "lands"),
    [
        ("<h2>After</h2><p>words</p>", "H2:After"),
        ("<h2>After</h2><button>x</button><button data-focus>y</button>", "BUTTON:y"),
        ("<p>no heading</p>", "DIV:no heading"),
    ],
)
def test_a_focus_that_was_swapped_away_goes_to_what_came(page: Page, html: str, lands: str) -> None:
    answering(page, html)
    pressed(page, "#again")
    assert page.evaluate(HEADING) == lands


def test_what_refreshes_elsewhere_leaves_the_focus_alone(page: Page) -> None:
    answering(page, "<h2 autofocus>After</h2>")
    page.locator("#beside").focus()
    page.evaluate("htmx.ajax('GET', '/part/', '#part')")
    page.wait_for_selector("#part h2:text('After')")
    page.wait_for_timeout(50)
    assert page.evaluate("document.activeElement.id") == "beside"


def test_writes_bear_the_token_and_reads_do_not(page: Page) -> None:
    asked = answering(page, '<button id="send" hx-post="/part/" hx-target="#part">send</button>')
    pressed(page, "#again")
    pressed(page, "#send")
    read, write = asked
    assert "x-csrftoken" not in read.headers
    assert (
        write.headers["x-csrftoken"]
        == page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    )


def test_a_refusal_is_shown_where_the_answer_would_be(page: Page) -> None:
    answering(page, "<p role=alert>no</p>", status=422)
    pressed(page, "#send")
    assert page.locator("#part").inner_text() == "no"
    assert page.locator("#trouble").is_hidden()


def test_a_failure_is_told_and_taken_back(page: Page, windows: Windows) -> None:
    windows.provoked = "htmx|ERR_FAILED"
    answering(page, "broken", status=500)
    page.locator("#again").press("Enter")
    page.wait_for_selector("#trouble:text('没有成功')")
    assert page.locator("#part h2").inner_text() == "Before"
    page.unroute_all()
    page.route("**/part/", lambda route: route.abort())
    page.locator("#again").press("Enter")
    page.wait_for_selector("#trouble:text('连不上服务器')")
    answering(page, "<p>well</p>")
    pressed(page, "#again")
    assert page.locator("#trouble").is_hidden()


def test_a_whole_page_in_place_of_a_part_loads_the_page_anew(page: Page) -> None:
    answering(page, "<!doctype html><title>sign in</title>")
    with page.expect_navigation():
        page.locator("#again").press("Enter")
    assert page.locator("h1").inner_text() == "今日"


def test_nothing_of_a_fragment_runs_and_no_page_is_kept(page: Page, windows: Windows) -> None:
    # htmx tells of each that it refused it; nothing may get as far as the content policy.
    windows.provoked = "htmx:evalDisallowedError"
    answering(
        page,
        "<p id=came>came</p><script>window.ran = 1</script>"
        '<b hx-get="/part/" hx-trigger="load[(window.ran = 2)]"></b>'
        '<b hx-on::load="window.ran = 3" hx-vals="js:{a: window.ran = 4}"></b>',
    )
    page.evaluate("document.getElementById('again').setAttribute('hx-push-url', '/?part')")
    page.evaluate("htmx.process(document.body)")
    pressed(page, "#again")
    page.wait_for_selector("#came")
    assert page.evaluate("window.ran") is None
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert "htmx-history-cache" not in kept
