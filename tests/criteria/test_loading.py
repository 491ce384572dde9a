"""A bad data file is refused with a sentence that names file and rule; versions follow one another."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from patients.models import Gender
from referral.codes import RuleOutcome, Visit
from referral.criteria import evaluate, loading
from referral.criteria.checks import criteria_are_sound, demand_sound
from referral.criteria.shapes import GENDERS
from referral.states import Urgency

Folder = Callable[[str, str, str], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Folder:
    """Return the shipped rules with one text replaced by another, once, in one file."""

    def change(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "rules"
        shutil.copytree(loading.FOLDER, folder)
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change


def problems(folder: Path) -> list[str]:
    with pytest.raises(loading.BadRules) as caught:
        loading.read(folder)
    return caught.value.problems


H = "hypertension.toml"


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (H, "[disease]", "[disease", "hypertension.toml is not TOML"),
        (H, 'id = "HTN-I1"', 'id = "first"', "hypertension.toml, first: the id has another form."),
        (H, 'op = ">="', 'op = "≥"', "HTN-I1: op is '≥', which is not known."),
        (H, 'var = "sbp"', 'var = "spb"', "HTN-I1: var is 'spb', which is not known."),
        (H, "value = 180", 'value = "180"', "HTN-I1: value is not a number."),
        (H, "value = 180", "value = 1800", "HTN-I1: sbp is never 1800."),
        (H, 'unit = "mmHg"', 'unit = "kPa"', "HTN-I1: rules on sbp are not written in 'kPa'."),
        (H, 'urgency = "routine"', 'urgency = "soon"', "urgency is 'soon', which is not known."),
        (H, 'urgency = "routine"\n', "", "the way up has an urgency"),
        (H, 'status = "verified"', 'status = "checked"', "status is 'checked'"),
        (H, 'status = "verified"\n', "", "HTN-I1: status is missing."),
        (H, 'source = "HG"', 'source = "XX"', "source is 'XX', which is not known."),
        (H, 'edge = "primary_up"', 'edge = "sideways"', "edge is 'sideways', which is not known."),
        (H, 'visit = "first"', 'vist = "first"', "there is no field vist."),
        (H, 'zh = "初诊血压≥180/110 mmHg"', 'zh = " "', "HTN-I1: a text is empty."),
        (H, 'id = "HTN-I2"', 'id = "HTN-I1"', "HTN-I1 has two versions in force on 2017-01-01."),
        (H, "[disease]", "[diseases]", "hypertension.toml: it is not a table."),
        (H, 'capability = "pci"', 'capability = "PCI"', "capability is 'PCI', which is not known."),
        (
            H,
            'minus = "sbp_right"',
            'minus = "potassium"',
            "HTN-I8: potassium cannot be taken from sbp_left.",
        ),
        ("variables.toml", "min = 30", "min = 3000", "sbp: min is not below max."),
        ("variables.toml", "pregnant =", "Pregnant =", "the name is not in snake case."),
        (
            "variables.toml",
            'gender = "female"',
            'gender = "woman"',
            "pregnant: gender is 'woman', which is not known.",
        ),
        (
            "variables.toml",
            "max = 300 }",
            'max = 300, gender = "male" }',
            "sbp: there is no field gender.",
        ),
        ("sources.toml", "to = [2, 3, 4, 5]", "to = [2, 9]", "an end is not a list of tiers."),
        ("sources.toml", "effective_from = 2017-01-01", 'effective_from = "2017"', "HG: "),
    ],
)
def test_what_is_wrong_is_said(
    changed: Folder, name: str, old: str, new: str, sentence: str
) -> None:
    assert any(sentence in problem for problem in problems(changed(name, old, new)))


def test_an_empty_folder_is_no_set_of_rules(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path} holds no rule."]


def test_the_check_and_the_server_stop_at_a_bad_file(
    changed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = changed(H, "value = 180", "value = 1800")
    monkeypatch.setattr(loading, "book", lambda: loading.read(folder))
    [error] = criteria_are_sound(None)
    assert (error.id, error.is_serious()) == ("referral.E001", True)
    with pytest.raises(ImproperlyConfigured, match="HTN-I1: sbp is never 1800"):
        demand_sound()


def test_what_ships_is_sound() -> None:
    assert criteria_are_sound(None) == []
    demand_sound()


def test_a_version_ends_where_the_next_begins(changed: Folder) -> None:
    old = 'id = "HTN-I1"'
    text = (loading.FOLDER / H).read_text(encoding="utf-8")
    start = text.index("[[rule]]")
    rule = text[start : text.index("[[rule]]", start + 1)]
    later = rule.replace("value = 180", "value = 170").replace(
        old, f"{old}\neffective_from = 2027-01-01"
    )
    earlier = rule.replace(old, f"{old}\neffective_to = 2027-01-01")
    book = loading.read(changed(H, rule, earlier + later))

    def threshold(day: date) -> int:
        rules = book.select(on=day, diagnosis="I10", from_tier=1, to_tier=2)
        [found] = [each for each in rules if each.id == "HTN-I1"]
        return int(next(found.when.leaves()).threshold)

    assert threshold(date(2026, 12, 31)) == 180
    assert threshold(date(2027, 1, 1)) == 170
    before = book.select(on=date(2016, 12, 31), diagnosis="I10", from_tier=1, to_tier=2)
    assert before == []


def test_edges_go_one_way() -> None:
    edges = {each.id: each.edge for each in loading.book().rules}
    up, down = edges["HTN-I1"], edges["HTN-D1"]
    assert up.holds(1, 2)
    assert up.holds(0, 5)
    assert not up.holds(2, 3)
    assert not up.holds(2, 1)
    assert not up.holds(1, 1)
    assert up.holds(1, None)
    assert down.holds(2, 1)
    assert down.holds(4, 1)
    assert not down.holds(2, 0)
    assert not down.holds(1, 2)
    assert not down.holds(2, None)
    anywhere = edges["GEN-E1"]
    assert anywhere.holds(2, 3)
    assert not anywhere.holds(3, 2)
    assert not anywhere.holds(3, 3)
    assert not edges["GEN-D1"].holds(2, 2)


def test_the_same_words_everywhere() -> None:
    assert set(RuleOutcome.values) == set(evaluate.OUTCOMES)
    assert set(Visit.values) == set(loading.VISITS)
    assert {
        name.lower(): value for name, value in Gender.__members__.items()
    }.items() >= GENDERS.items()
    assert list(evaluate.URGENCIES.values()) == Urgency.values
