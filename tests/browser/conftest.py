"""A real browser over a real server and database, one window for each person, watched while it is used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django.live_server_helper import LiveServer

from config.launch import browser as programs
from tests.browser.firefox import Firefox
from tests.browser.windows import Kept, Windows
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--lang=zh-CN",
    # No page lives here for longer than a second: to optimize its scripts costs more than it gives back.
    "--js-flags=--no-turbofan --no-maglev",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's browser without a window; skips where there is none, fails where none may be left out."""
    if reason := programs.missing():
        (pytest.fail if programs.must_run() else pytest.skip)(f"{reason}: say `make test`")
    # Playwright turns an event loop in this thread, in which Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    playwright: Any = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=str(programs.find()), args=list(_ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """The machine's Firefox, under the same rule."""
    if reason := programs.missing(programs.FIREFOX):
        (pytest.fail if programs.must_run() else pytest.skip)(f"{reason}: say `make test`")
    program = programs.find(programs.FIREFOX)
    assert program is not None
    with Firefox(program, tmp_path_factory.mktemp("firefox")) as started:
        yield started


@pytest.fixture
def world(transactional_db: None) -> World:
    """A world whose rows are committed when the block ends in which a test makes them (windows.making)."""
    return World()


@pytest.fixture(scope="session")
def kept(chromium: Browser) -> Kept:
    """Windows of the browser that are used again."""
    return Kept(chromium, importlib.import_module("playwright.sync_api").Error)


@pytest.fixture
def windows(kept: Kept, live_server: LiveServer) -> Iterator[Windows]:
    """Windows of the browser; at the end none may have complained of anything."""
    made = Windows(kept, live_server.url)
    yield made
    made.close()
    assert made.complaints == []
