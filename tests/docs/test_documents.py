"""Documents stay true: the diagram is fresh, links lead somewhere, both READMEs say the same."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command

from config.launch.links import broken
from referral.management.commands.state_diagram import diagram, generated, table
from referral.states import TRANSITIONS, Status
from tour import document as tour
from tour.frames import FRAMES, PARTS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = {
    file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
    for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
}


def test_the_state_diagram_is_that_of_the_table_of_moves() -> None:
    assert generated() in DOCUMENTS["docs/states.md"], "stale: run manage.py state_diagram"
    call_command("state_diagram", check=True)


def test_the_diagram_shows_every_verb_and_state() -> None:
    text, rows = diagram(), table()
    for verb in TRANSITIONS:
        assert f"| `{verb}` |" in rows
    for status in set(Status) - {Status.ENTERED_IN_ERROR}:
        assert re.search(rf"\b{status}\b", text)
    assert "draft --> submitted: submit" in text


def test_every_state_is_explained() -> None:
    meanings = DOCUMENTS["docs/states.md"].split("What the states mean")[1]
    assert not [status for status in Status if f"`{status}`" not in meanings]


def test_links_lead_somewhere() -> None:
    assert not broken(ROOT)


def test_the_index_of_decisions_is_complete() -> None:
    decisions = {name for name in DOCUMENTS if re.match(r"docs/adr/\d{4}-", name)}
    index = DOCUMENTS["docs/adr/README.md"]
    for name in decisions:
        file = Path(name).name
        title = DOCUMENTS[name].splitlines()[0].removeprefix(f"# {file[:4]} ")
        assert f"| [{file[:4]}]({file}) | {title} |" in index
    assert len(re.findall(r"^\| \[\d{4}\]", index, re.MULTILINE)) == len(decisions)


def test_the_three_users_are_those_of_the_scenario() -> None:
    scenario = tomllib.loads((ROOT / "scenarios/data/pudong.toml").read_text(encoding="utf-8"))
    names = {each["username"] for each in scenario["sign_ins"]}
    assert len(names) == 3
    for readme in ("README.md", "README.zh-CN.md"):
        assert set(re.findall(r"^\| [^|]+ \| `([\w.]+)` \|", DOCUMENTS[readme], re.MULTILINE)) == (
            names
        )


def test_both_readmes_name_the_same_commands_and_links() -> None:
    english, chinese = DOCUMENTS["README.md"], DOCUMENTS["README.zh-CN.md"]
    for pattern in (r"`?make (\w+)", r"\]\((docs/[^)]+|CHANGELOG\.md|LICENSE)\)"):
        named = {each.replace(".zh-CN", "") for each in re.findall(pattern, chinese)}
        assert set(re.findall(pattern, english)) == named


def test_the_tour_shows_every_frame_in_both_languages() -> None:
    names = {f"{frame.name}.{language}.webp" for frame in FRAMES for language in tour.FILES}
    assert {file.name for file in (ROOT / "docs/tour").iterdir()} == names, "stale: make tour"
    for language, name in tour.FILES.items():
        assert DOCUMENTS[f"docs/{name}"] == tour.text(language), "stale: make tour"
    assert {frame.part for frame in FRAMES} == set(PARTS)


def test_every_make_target_named_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w[\w-]*):", makefile, re.MULTILINE))
    named = {target for text in DOCUMENTS.values() for target in re.findall(r"`make (\w+)", text)}
    assert named <= targets


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_tidy(name: str) -> None:
    text = DOCUMENTS[name]
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert not re.search(r"(/home/|/root/|/tmp/|/work/|[A-Z]:\\)", text), "a path of some machine"
    assert not re.search(r"\b(TODO|FIXME|XXX|lorem)\b", text)


def test_names_of_code_in_the_index_of_places_are_there() -> None:
    places = re.findall(r"\[[^]]+\]\(\.\./([\w./]+\.py)\), `(\w+)`", DOCUMENTS["docs/where-is.md"])
    assert places
    for path, word in places:
        assert f"def {word}(" in (ROOT / path).read_text(encoding="utf-8"), (path, word)
