"""How numbers are written on the pages, and which of them lead to rows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from insights import shown
from insights.asking import Asked
from insights.indicators import Better, Kind, definitions
from insights.periods import Length, around, of_days
from insights.questions import Question, following
from insights.questions import of_days as words_of
from insights.values import Number, Why

MONTH = around(Length.MONTH, date(2026, 9, 1))
QUESTION = Question(Asked("facility", ("x",), MONTH), {"side": "sent"}, {})
RATE = definitions()["acceptance-rate"]


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, Kind.RATE, "—"),
        ("0", Kind.RATE, "0.0%"),
        ("66.666667", Kind.RATE, "66.7%"),
        ("0.044", Kind.RATE, "0.04%"),
        ("1234.5", Kind.GROWTH, "1,234.5%"),
        ("0.9437", Kind.RATIO, "0.944"),
        ("1234567", Kind.COUNT, "1,234,567"),
    ],
)
def test_a_value_with_its_unit(value: str | None, kind: Kind, words: str) -> None:
    assert shown.figure(None if value is None else Decimal(value), kind) == words


def number(value: str | None) -> Number:
    return Number(Decimal(2), Decimal(3), None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("now", "former", "better", "words", "judged"),
    [
        ("80", "76.8", Better.HIGHER, "+3.2", "good"),
        ("80", "76.8", Better.LOWER, "+3.2", "bad"),
        ("76.8", "80", Better.HIGHER, "−3.2", "bad"),
        ("80", "80", Better.HIGHER, "±0.0", ""),
        ("80", "76.8", Better.NEITHER, "+3.2", ""),
    ],
)
def test_a_change_says_whether_it_is_wanted(
    now: str, former: str, better: Better, words: str, judged: str
) -> None:
    found = shown.change(replace(RATE, better=better), number(now), number(former))
    assert found is not None
    assert (found.words, found.judged) == (words, judged)


def test_there_is_no_change_from_or_to_nothing() -> None:
    assert shown.change(RATE, number(None), number("1")) is None
    assert shown.change(RATE, number("1"), number(None)) is None


def test_what_is_counted_leads_to_its_rows_and_keeps_the_question() -> None:
    top, bottom = shown.top(RATE, number("1"), QUESTION), shown.bottom(RATE, number("1"), QUESTION)
    assert top.address == "/insights/acceptance-rate/referrals/?side=sent&period=2026-09"
    assert bottom is not None
    assert bottom.address == f"{top.address}&part=denominator"


def test_imported_figures_lead_nowhere() -> None:
    one = definitions()["up-rate"]
    bottom = shown.bottom(one, number("1"), QUESTION)
    assert bottom is not None
    assert (bottom.words, bottom.address) == ("3", "")
    assert shown.top(one, number("1"), QUESTION).address
    imported = replace(one, numerator=("volume:discharges",))
    assert shown.top(imported, number("1"), QUESTION).address == ""


def test_nothing_and_what_is_hidden_leads_nowhere() -> None:
    none = Number(Decimal(0), Decimal(0), None, Why.NOTHING_TO_DIVIDE_BY)
    assert shown.top(RATE, none, QUESTION) == shown.Term("0", "")
    hidden = Number(None, None, None, Why.TOO_FEW)
    assert shown.top(RATE, hidden, QUESTION) == shown.Term("—", "")


def test_a_growth_leads_to_the_rows_of_the_year_before() -> None:
    bottom = shown.bottom(definitions()["down-growth"], number("1"), QUESTION)
    assert bottom is not None
    assert bottom.address.endswith("period=2025-09")


def test_free_days_follow_each_other_without_a_gap() -> None:
    days = of_days(date(2026, 9, 3), date(2026, 9, 12))
    assert words_of(following(days)) == {"first": "2026-09-13", "last": "2026-09-22"}
    assert following(MONTH).first == date(2026, 10, 1)
