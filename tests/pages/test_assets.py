"""What pages load: only files of our own server, no inline script or style, every icon drawn."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from config.packages import DESIGN_KIT, FILES, PackageFinder
from referral import wording
from referral.states import Status, Urgency

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TEXTS = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in TEMPLATES}


@pytest.mark.parametrize("name", TEXTS)
def test_a_template_keeps_to_a_strict_content_policy(name: str) -> None:
    # What stands within a tag of the template's own is no attribute of the page.
    text = re.sub(r"{%.*?%}", "", TEXTS[name])
    assert not re.search(
        r"<script(?![^>]*\ssrc=)|<style|\sstyle\s*=|\s(hx-)?on[\w:-]+\s*=|javascript:", text
    )
    text = TEXTS[name]
    assert not re.search(r"(src|href|action)=.(https?:)?//", text), "nothing comes from elsewhere"


def test_every_static_file_named_is_there() -> None:
    named = set(re.findall(r"{% static '([^']+)' %}", "\n".join(TEXTS.values())))
    assert named
    for name in named - set(FILES):
        assert finders.find(name), f"{name} is missing"
    assert named & set(FILES) == set(FILES), "a package file that no page loads"


def test_every_icon_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "static/referral/icons.svg").read_text()))
    used = set(re.findall(r'icon.html" with name="(\w+)"', "\n".join(TEXTS.values())))
    used |= {verb.icon for verb in wording.VERBS.values()}
    used |= {box.icon for box in wording.BOXES.values()}
    used |= {wording.status(status).icon for status in Status}
    used |= {wording.urgency(urgency).icon for urgency in Urgency}
    used |= {wording.direction(code).icon for code in ("", "up", "down", "lateral")}
    used |= {mark.icon for mark in (*wording.LOOPS.values(), wording.OVERDUE)}
    assert used <= drawn
    assert drawn <= used, "an icon that nothing uses"


def test_every_colour_of_a_mark_has_its_class() -> None:
    css = (ROOT / "static/referral/pages.css").read_text()
    colours = {wording.status(status).colour for status in Status}
    assert all(f".mark-{colour} " in css for colour in colours)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_marks_and_notices_can_be_read() -> None:
    css = (ROOT / "static/referral/pages.css").read_text()
    rules = re.findall(r"\.(?:mark|notice)-\w+ {([^}]+)}", css)
    assert len(rules) >= 10
    for rule in rules:
        back = re.search(r"background: (#\w{6})", rule)
        ink = re.search(r"(?<!-)\bcolor: (#\w{6})", rule)
        assert back, rule
        assert ink, rule
        light, dark = sorted((_luminance(back[1]), _luminance(ink[1])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, rule


@pytest.mark.parametrize(
    ("rule", "name", "least"),
    [
        (r":root {", "--soft", 4.5),
        (r":root {", "--brand", 4.5),
        (r":root {", "--bad", 4.5),
        (r":root {", "--tblr-danger", 4.5),
        (r":root {", "--edge", 3),
        (r":root {", "--ring", 3),
        (r'\[data-bs-theme="dark"\] {', "--ink", 7),
        (r'\[data-bs-theme="dark"\] {', "--soft", 4.5),
        (r'\[data-bs-theme="dark"\] {', "--brand", 4.5),
        (r'\[data-bs-theme="dark"\] {', "--bad", 4.5),
        (r'\[data-bs-theme="dark"\] {', "--edge", 3),
        (r'\[data-bs-theme="dark"\] {', "--ring", 3),
    ],
)
def test_quiet_words_boxes_and_the_focus_can_be_seen(rule: str, name: str, least: float) -> None:
    css = (ROOT / "static/referral/pages.css").read_text()
    [words] = re.findall(rf"(?m)^{rule}([^}}]+)}}", css)
    [ink] = re.findall(rf"(?<![\w-]){name}:? (#\w{{6}})", words)
    for ground in ("--page", "--surface", "--tint", "--hover"):
        [back] = re.findall(rf"{ground}: (#\w{{6}})", words)
        pale, dark = sorted((_luminance(back), _luminance(ink)), reverse=True)
        assert (pale + 0.05) / (dark + 0.05) >= least, ground


def test_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == wanted
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, package in lock["packages"].items():
        assert "resolved" not in package, f"{name} names a registry"
        assert not name or package["integrity"].startswith("sha512-")


def test_the_finder_knows_its_files_and_no_others() -> None:
    finder = PackageFinder()
    assert [name for name, _storage in finder.list(None)] == list(FILES)
    for name, place in FILES.items():
        assert finder.find(name).endswith(
            "kit.css" if name == DESIGN_KIT else f"node_modules/{place}"
        )
        assert finder.find(name, find_all=True) == [finder.find(name)]
    assert finder.find("packages/other.js") == []
    assert finder.find("../settings.py") == []
