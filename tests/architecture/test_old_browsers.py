"""Nothing of ours needs a browser that is younger than two years: Firefox 128 ESR and Chromium 128 lack none of it."""

from typing import Final

import pytest

from tests.architecture import old_browsers as old
from tests.architecture.floors import ROOT

STYLES: Final = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS: Final = sorted((ROOT / "static").rglob("*.js"))
TEMPLATES: Final = sorted((ROOT / "templates").rglob("*.html"))
# Where a browser has no field for a month, it is a line with the pattern and an example beside it.
KNOWN: Final = {"input month"}


def test_styles_say_what_they_know() -> None:
    found = {each.name: old.of_styles(each.read_text(encoding="utf-8")) for each in STYLES}
    assert STYLES
    assert {name: lacking for name, lacking in found.items() if lacking} == {}


def test_scripts_call_what_they_know() -> None:
    found = {each.name: old.of_script(each.read_text(encoding="utf-8")) for each in SCRIPTS}
    assert SCRIPTS
    assert {name: lacking for name, lacking in found.items() if lacking} == {}


def test_templates_write_what_they_know() -> None:
    found = {
        str(each.relative_to(ROOT)): old.of_template(each.read_text(encoding="utf-8")) - KNOWN
        for each in TEMPLATES
    }
    assert TEMPLATES
    assert {name: lacking for name, lacking in found.items() if lacking} == {}


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("p { field-sizing: content; }", {"field-sizing"}),
        ("p { colour: red; }", {"colour"}),
        ("@position-try --a { top: 0; }", {"@position-try"}),
        ("a:open { color: red; }", {":open"}),
        ("p { color: light-dark(red, blue); width: sibling-index(); }", {"sibling-index()"}),
        ("a:has(b):focus-visible { inset: 0 auto; --own: 1; }", set()),
    ],
)
def test_a_style_that_is_too_new_is_seen(text: str, lacking: set[str]) -> None:
    assert old.of_styles(text) == lacking


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("const one = await Promise.try(ask);", {"try"}),
        ("document.body.moveBefore(a, b);", {"moveBefore"}),
        ("requestIdleCallback(f); [1].map(f).at(-1);", set()),
        ("function take() {} take();", set()),
    ],
)
def test_a_call_that_is_too_new_is_seen(text: str, lacking: set[str]) -> None:
    assert old.of_script(text) == lacking


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ('<details name="one" {% if x %}open{% endif %}>', {"details name"}),
        ('<input type="month" name="m">', {"input month"}),
        ('<button commandfor="x" command="close">', {"button commandfor", "button command"}),
        (
            '<details open><summary>a</summary></details><input type="date" inputmode="numeric">',
            set(),
        ),
    ],
)
def test_a_template_that_is_too_new_is_seen(text: str, lacking: set[str]) -> None:
    assert old.of_template(text) == lacking
