"""What a patient is told of the risks: the edition of the day, not one that is only written down yet."""

from datetime import date

import pytest

from patients import risks


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2025, 12, 31), "2026-1"),
        (date(2026, 1, 1), "2026-1"),
        (date(2026, 11, 21), "2026-1"),
        (date(2026, 11, 22), "2026-2"),
    ],
)
def test_an_edition_is_told_from_its_day_on(day: date, version: str) -> None:
    assert risks.current(day).version == version


def test_editions_stand_in_the_order_of_their_days() -> None:
    days = [each.since for each in risks.editions()]
    assert days == sorted(set(days))
    assert all(each.lines and each.source for each in risks.editions())
