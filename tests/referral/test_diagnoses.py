"""A diagnosis is found by what people type: code, name, pinyin, initials, what it is called."""

import re

import pytest
from django.utils import translation

from referral import diagnoses


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("I10", "I10"),
        ("i 10", "I10"),
        ("高血压", "I10"),
        ("gxy", "I10"),
        ("gaoxueya", "I10"),
        ("tnb", "E11.9"),
        ("冠心病", "I25.1"),
        ("GXB", "I25.1"),
        ("lanwei", "K35.8"),
        ("pneumonia", "J18.9"),
        ("I63", "I63.9"),
    ],
)
def test_the_first_is_what_was_meant(typed: str, code: str) -> None:
    assert diagnoses.find(typed, limit=8)[0].code == code


@pytest.mark.parametrize("typed", ["", "  ", "x", "没有这种病", "zzzz", "\x00"])
def test_nothing_fits(typed: str) -> None:
    assert diagnoses.find(typed, limit=8) == []


def test_no_more_than_asked_for_and_none_twice() -> None:
    found = diagnoses.find("病", limit=5)
    assert len(found) == len({each.code for each in found}) == 5


def test_every_line_is_a_code_with_two_names() -> None:
    known = diagnoses.known()
    assert len(known) > 150
    for each in known:
        assert re.fullmatch(r"[A-Z]\d\d(\.\d)?", each.code), each.code
        assert each.words.zh
        assert each.words.en
    names = [each.words.zh for each in known]
    assert len(set(names)) == len(names)


def test_names_in_the_readers_language() -> None:
    [found] = diagnoses.find("I10", limit=1)
    with translation.override("en"):
        assert found.name == "Essential hypertension"
    with translation.override("zh-hans"):
        assert found.name == "原发性高血压"
