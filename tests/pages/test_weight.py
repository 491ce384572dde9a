"""The first page is light: everything that it loads, compressed as it is sent, is well below 150 kB."""

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders

from referral.states import Status
from tests.architecture.floors import ROOT
from tests.factories import World
from tests.pages.conftest import browser_of

# The goal is 150 kB on the line, where the page itself is not compressed and each answer has its head.
MOST: Final = 60_000
# The page of signing in and the first one after it, which is where the day begins.
LOADED: Final = re.compile(r"(?:src|href)=\"/static/([^\"#?]+)")
IMPORTED: Final = re.compile(r"(?m)^\s*import[^\"']*[\"']\./([\w.-]+)[\"']")


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def found_file(name: str) -> bytes:
    """Return a static file by what follows /static/ in its address."""
    place = finders.find(name)
    assert place, name
    return Path(str(place)).read_bytes()


def files_of(html: str) -> dict[str, bytes]:
    """Return the static files that a page loads, with the modules that its scripts import."""
    found: dict[str, bytes] = {}
    wanted = LOADED.findall(html)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = found_file(name)
        if name.endswith(".js"):
            folder = name.rpartition("/")[0]
            imported = IMPORTED.findall(found[name].decode())
            wanted += [f"{folder}/{each}" for each in imported]
    return found


def test_the_first_pages_are_light(world: World) -> None:
    for _turn in range(12):
        world.at(Status.SUBMITTED)
    files: dict[str, bytes] = {}
    pages = 0
    for person, address in ((None, "/sign-in/"), (world.office, "/")):
        html = browser_of(person).get(address).content
        files |= files_of(html.decode())
        pages += compressed(html)
    assert {"packages/tabler.min.css", "packages/htmx.min.js", "referral/icons.svg"} <= set(files)
    sizes = {name: compressed(content) for name, content in files.items()}
    total = pages + sum(sizes.values())
    assert total < MOST, (total, sizes)


def test_a_web_process_carries_nothing_that_it_does_not_need() -> None:
    """Spreadsheets take 12 MB of each process, what sends webhooks and asks a provider 7; they come with the first.

    What only workers send with never comes; REST framework would bring it for its client of tests.
    """
    spared = {"openpyxl", "joserfc", "requests", "urllib3", "pygments"}
    loaded = f"import sys, config.wsgi, config.urls; print(*({spared} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
