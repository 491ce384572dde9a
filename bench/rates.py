"""Measures the rates: how long all take anew, how soon they are there, beside the facts they are sums of."""

import json
import time
from collections.abc import Iterator
from typing import Final

from bench.client import Posting, Reading, Reads
from bench.measures import LARGE_SEED, MILLION, Bench
from bench.results import Result, at_least, at_most, below, fact

NUMBER: Final = "/api/v1/indicators/acceptance-rate/?side=sent"
TRIES: Final = 5
PATIENCE: Final = 20.0
PAUSE: Final = 0.05


def rates(bench: Bench) -> Iterator[Result]:
    """Build all counters anew with nothing else at work, then ask for them."""
    begun = time.monotonic()
    bench.system.manage("rebuild_rollups")
    spent = time.monotonic() - begun
    yield fact(f"rebuild_rollups of {bench.size.referrals:,} referrals", f"{spent:.0f} s")
    with bench.system.superuser() as connection:
        connection.execute("ANALYZE")
    bench.system.start("worker", "beat")
    yield from numbers(bench)


def numbers(bench: Bench) -> Iterator[Result]:
    """Ask for the numbers, beside the facts they are sums of, and wait until a submission is counted."""
    found = json.loads(bench.system.inside("numbers", LARGE_SEED))
    yield below("all indicators over everything in a year: p95", found["board"], 300, "ms")
    yield below("an indicator with one breakdown: p95, the slowest", found["part"], 200, "ms")
    slower = "times as long from the facts, the least"
    if bench.size.referrals >= MILLION:
        yield at_least(slower, found["times"], 200, "", digits=0)
    else:
        yield fact(slower, f"{found['times']:.0f}")
    yield at_most("breakdowns that differ from their facts", found["wrong"], 0, "", digits=0)
    yield fact("database for each referral", f"{found['bytes'] / 1000:.1f} kB")
    yield below(f"submitted until counted: longest of {TRIES}", _freshness(bench), 5, "s", digits=2)


def _freshness(bench: Bench) -> float:
    """Submit at a clinic and ask for its number until the submission is in it; seconds after the answer."""
    posts = bench.posts()[0]
    submit, ask = Posting(posts), Reading(Reads(posts.caller, NUMBER))
    longest = 0.0
    for _try in range(TRIES):
        before = ask()
        submit()
        answered = time.monotonic()
        while json.loads(ask())["denominator"] == json.loads(before)["denominator"]:
            if time.monotonic() - answered > PATIENCE:
                raise RuntimeError("A submission was not counted.")
            time.sleep(PAUSE)
        longest = max(longest, time.monotonic() - answered)
    return longest
