"""A department's history turned into a simulation's input, worked out by hand, and a comparison as plain data."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from accounts.errors import Refused
from insights.whatif.compare import Measure, compare
from insights.whatif.estimate import Leg, Session, department
from insights.whatif.setting import Change, Setting, Urgency
from insights.whatif.telling import as_data, words

FIRST = date(2026, 6, 1)  # a Monday
LAST = FIRST + timedelta(days=27)
WEEK = timedelta(weeks=1)


def _legs() -> list[Leg]:
    """Return two each Monday, one of them urgent, and on one Thursday one more that is not answered yet."""
    legs = [Leg(FIRST + WEEK * 2 + timedelta(days=3), "routine")]
    for week in range(4):
        monday = FIRST + WEEK * week
        legs.append(Leg(monday, "urgent", accepted=True, answer_days=0.5, came=True))
        legs.append(
            Leg(
                monday,
                "routine",
                accepted=week > 0,
                answer_days=2.5 if week else None,
                came=week > 1 or None,
            )
        )
    return legs


SESSIONS = [
    Session(FIRST + WEEK * week + timedelta(days=1), 10, reserved=3, own=6 + week)
    for week in range(4)
]


def estimated(
    legs: list[Leg] | None = None, sessions: list[Session] | None = None, **more: Any
) -> Any:
    given: dict[str, Any] = {"first": FIRST, "last": LAST, **more}
    return department(
        "a", _legs() if legs is None else legs, SESSIONS if sessions is None else sessions, **given
    )


def test_means_by_weekday_and_shares_by_hand() -> None:
    found = estimated(released_before=1, following=("b",))
    assert found.arrivals == {"urgent": (1, 0, 0, 0, 0, 0, 0), "routine": (1, 0, 0, 0.25, 0, 0, 0)}
    assert found.places == [0, 10, 0, 0, 0, 0, 0]
    assert found.own == (0, 7.5, 0, 0, 0, 0, 0)
    assert found.reserved_percent == 30
    assert found.acceptance == pytest.approx(7 / 8)
    assert found.answer_days == pytest.approx((4 * 0.5 + 3 * 2.5) / 7)
    assert found.no_show == 0
    assert (found.released_before, found.following) == (1, ("b",))


def test_no_shows_are_those_whose_visit_is_over() -> None:
    legs = [
        Leg(FIRST, "routine", accepted=True, came=came)
        for came in (True, False, False, None, True, True)
    ]
    assert estimated(legs).no_show == pytest.approx(2 / 5)


def test_rows_outside_the_period_are_left_out() -> None:
    late = [
        Leg(LAST + timedelta(days=1), "routine", accepted=False),
        Leg(FIRST - timedelta(days=1), "x", accepted=False),
    ]
    more = [Session(LAST + timedelta(days=1), 99), Session(FIRST - timedelta(days=1), 99)]
    assert estimated([*_legs(), *late], [*SESSIONS, *more]) == estimated()


def test_a_session_every_other_week_is_rounded() -> None:
    assert estimated(sessions=SESSIONS[:2]).places[1] == 5
    assert (
        estimated(sessions=[Session(FIRST, 2), Session(FIRST + WEEK, 4)]).places[0] == 2
    )  # a mean of 1.5


@pytest.mark.parametrize(
    "given",
    [
        {"last": LAST - timedelta(days=1)},
        {"legs": []},
        {"legs": [Leg(FIRST, "routine")]},
        {"sessions": []},
        {"sessions": [Session(FIRST, 0)]},
    ],
)
def test_without_history_nothing_is_guessed(given: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        estimated(**given)
    assert refused.value.code == "history-insufficient"


def test_what_was_estimated_can_be_simulated_and_sent() -> None:
    setting = Setting((estimated(),), (Urgency("urgent", 2), Urgency("routine", 14)), days=28)
    found = compare(setting, Change(places={"a": [0, 12, 0, 0, 0, 0, 0]}), replications=3)
    data = json.loads(json.dumps(as_data(found), allow_nan=False))
    assert data["replications"] == 3
    wait = found.whole[Measure.WAIT_MEAN]
    assert data["whole"]["wait-mean"]["changed"] == {
        "mean": wait.changed.mean,
        "p5": wait.changed.low,
        "p95": wait.changed.high,
        "n": 3,
    }
    assert set(data["urgencies"]) == {"urgent", "routine"}
    assert set(data["whole"]) <= set(words()["measures"])


def test_the_words_are_those_of_the_reader() -> None:
    with translation.override("zh-hans"):
        assert words()["measures"]["utilisation"] == "号源使用率"
        assert all(not each.isascii() for each in words()["assumptions"])
    with translation.override("en"):
        assert all(each.isascii() for each in words()["assumptions"])
