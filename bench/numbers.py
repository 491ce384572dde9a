"""Asks what a manager of everything asks, in the process, and compares counters with the facts they are sums of."""

import statistics
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final

from django.db import connection

from insights import values
from insights.indicators import definitions
from insights.periods import Length, around
from insights.queries import counts
from insights.scopes import EVERYTHING
from insights.vocabulary import Dim

ROUNDS: Final = 20
DIRECT_ROUNDS: Final = 3
CODE: Final = "acceptance-rate"
PARTS: Final = (Dim.DISEASE, Dim.URGENCY, Dim.EDGE, Dim.REGION, Dim.ALLIANCE)


def asked(today: date) -> dict[str, Any]:
    """Return times in ms, how many times slower the facts are at least, and what differs."""
    year = around(Length.YEAR, today.replace(year=today.year - 1))
    _unlimited()
    ones, names = list(definitions().values()), definitions()[CODE].counted
    stored, times, wrong = [], [], 0
    for by in PARTS:
        quick = partial(counts.broken_down, EVERYTHING, names, year, by)
        slow = partial(counts.from_facts, EVERYTHING, names, year, by)
        stored.append(_p95(quick, ROUNDS))
        times.append(_median(slow, DIRECT_ROUNDS) / _median(quick, ROUNDS))
        wrong += quick() != slow()
    board = _p95(partial(values.answers, ones, EVERYTHING, year), ROUNDS)
    return {
        "board": board,
        "part": max(stored),
        "times": min(times),
        "wrong": wrong,
        "bytes": _bytes_a_leg(),
    }


def _unlimited() -> None:
    """Let the facts be counted as long as it takes: a request would be stopped."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def _times(task: Callable[[], Any], rounds: int) -> list[float]:
    found = []
    for _round in range(rounds):
        begun = time.perf_counter()
        task()
        found.append(1000 * (time.perf_counter() - begun))
    return found


def _p95(task: Callable[[], Any], rounds: int) -> float:
    return statistics.quantiles(_times(task, rounds), n=20, method="inclusive")[-1]


def _median(task: Callable[[], Any], rounds: int) -> float:
    return statistics.median(_times(task, rounds))


def _bytes_a_leg() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database())::float / count(*) FROM referral_referral"
        )
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0
