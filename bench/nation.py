"""Measures how the system grows up to a nation's size: `python -m bench.nation [--up-to N] [--prepare]`.

Each size is a system of its own whose data are made once and kept, since the largest takes an hour to make. What has
to stay as quick as it was is compared with the smallest size of the same run.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from bench import fleet, measures, rates, results, system
from bench.client import Caller, Line, Posting, Reading, Reads, expect
from bench.fleet import Pace
from bench.measures import LARGE_SEED, READ_ROUNDS, Bench, Size
from bench.results import Result, below, fact
from config.launch.database import APP
from config.launch.steps import ROOT, step
from config.launch.trouble import Trouble

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
# As many as the nation's set has: 10,000,000 referrals over 10,000 facilities.
LEGS_A_FACILITY: Final = 1000
LEAST_FACILITIES: Final = 14
FOLDER: Final = ROOT / ".data-nation"
# A size is made of networks of at most so many referrals, so that an interrupted making goes on.
A_NETWORK: Final = 1_000_000
# Says what is made of a size, with the seconds it took.
MADE: Final = "made.json"
# What a referral takes on the disk with everything about it, and again while all is counted anew, in bytes.
ROOM: Final = 6_500
READS: Final = 12.0
# Codes of generated institutions begin with the seed of their network: scenarios/generation/network.py.
THERE: Final = """SELECT (SELECT count(*) FROM referral_referral),
 (SELECT count(DISTINCT split_part(code, '-', 1)) FROM facilities_facility WHERE code LIKE 'GEN%')"""
# Foreign keys and triggers of a replica rest. What they note for counting is counted anew anyway.
UNCHECKED: Final = f"ALTER ROLE {APP} SET session_replication_role = replica"
CHECKED: Final = f"ALTER ROLE {APP} RESET session_replication_role"


def main(arguments: list[str]) -> int:
    """Make what is missing, measure each size, write the document; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="make bench-nation", description=__doc__)
    parser.add_argument("--up-to", type=int, default=SIZES[-1], metavar="N", help="no larger size")
    parser.add_argument("--prepare", action="store_true", help="only make the data")
    parser.add_argument("--data", type=Path, default=FOLDER, help="where the data are kept")
    options = parser.parse_args(arguments)
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    sizes = [size for size in SIZES if size <= options.up_to]
    try:
        for size in sizes:
            prepare(options.data, size)
        if options.prepare:
            return 0
        found, machine = measure(options.data, sizes)
    except (Trouble, RuntimeError) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; what is made stays.", file=sys.stderr)
        return 1
    results.write(
        results.section(results.NATION, machine, load, results.growth(found)), results.NATION
    )
    print(f"\nWritten to {results.DOCUMENT.name}. The data stay in {options.data}.")
    return int(any(each.holds is False for column in found.values() for each in column))


def prepare(data: Path, size: int) -> None:
    """Make the system of a size, or go on where it was left; raises Trouble where the disk has no room."""
    folder = data / str(size)
    made = _made(folder)
    if made.get("ready"):
        return
    if not made:
        _demand_room(data, size)
        shutil.rmtree(folder, ignore_errors=True)
    with system.kept(folder) as running:
        _note(folder, made := {"begun": 0.0} | made)
        while (there := _there(running)).legs < size:
            count = min(size - there.legs, A_NETWORK)
            with step(f"{size:,} referrals: {there.legs:,} are there, {count:,} more"):
                seconds = _generate(running, count, int(LARGE_SEED) + there.networks)
            made[f"generate {there.networks + 1}"] = seconds
            _note(folder, made)
        with step(f"{size:,} referrals: rebuild_rollups"):
            begun = time.monotonic()
            running.manage("rebuild_rollups")
            made["rebuild"] = time.monotonic() - begun
        with step(f"{size:,} referrals: vacuum"), running.superuser() as connection:
            connection.execute("VACUUM ANALYZE")
    _note(folder, made | {"ready": 1.0})


class There(NamedTuple):
    """What was made so far, also by a making that was interrupted in the middle of a network."""

    legs: int
    networks: int


def _there(running: system.System) -> There:
    with running.superuser() as connection:
        legs, networks = connection.execute(THERE).fetchall()[0]
    return There(int(str(legs)), int(str(networks)))


def _generate(running: system.System, count: int, seed: int) -> float:
    """Add a network of so many referrals, and return the seconds it took.

    Nothing is checked row by row: that what is generated passes all checks is shown by the bench and by tests.
    """
    facilities = str(max(LEAST_FACILITIES, count // LEGS_A_FACILITY))
    words = ["--referrals", str(count), "--facilities", facilities]
    begun = time.monotonic()
    with running.superuser() as connection:
        connection.execute(UNCHECKED)
        try:
            running.manage("generate", *words, "--seed", str(seed))
        finally:
            connection.execute(CHECKED)
    return time.monotonic() - begun


def _demand_room(data: Path, size: int) -> None:
    data.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(data).free) < size * ROOM:
        raise Trouble(
            f"{size:,} referrals need {size * ROOM / 1e9:.0f} GB in {data}, and {free / 1e9:.0f} GB are free: "
            "say --data for a folder elsewhere, or --up-to for a smaller size."
        )


def _made(folder: Path) -> dict[str, float]:
    """Return how many seconds each step took that is done."""
    try:
        found: dict[str, float] = json.loads((folder / MADE).read_text(encoding="utf-8"))
    except OSError:
        return {}
    return found


def _note(folder: Path, made: Mapping[str, float]) -> None:
    (folder / MADE).write_text(json.dumps(made), encoding="utf-8")


def measure(data: Path, sizes: list[int]) -> tuple[dict[int, list[Result]], str]:
    """Return the results of each size, and what they were measured on."""
    found: dict[int, list[Result]] = {}
    first: tuple[float, float] | None = None
    machine = ""
    for size in sizes:
        with system.kept(data / str(size)) as running:
            made = _made(data / str(size))
            rebuilt = made["rebuild"]
            generated = sum(made.values()) - rebuilt - made["ready"]
            lines = [
                fact("generate", f"{generated:.0f} s"),
                fact("rebuild_rollups", f"{rebuilt:.0f} s"),
            ]
            bench = _bench(running, size)
            running.start("web")
            with step(f"{size:,} referrals: state change, inbox, dashboard"):
                change, inbox = _change(bench), measures.inbox(bench, LARGE_SEED)[0]
                first = first or (change, inbox)
                lines += _same(change, inbox, first)
                lines.append(_dashboard(bench))
            running.start("worker", "beat")
            with step(f"{size:,} referrals: numbers"):
                lines += rates.numbers(bench)
            machine = results.hardware(running.version())
        found[size] = lines
        print(results.screen(lines), flush=True)
    return found, machine


def _bench(running: system.System, size: int) -> Bench:
    of = Size(size, size // LEGS_A_FACILITY, rounds=1, seconds=6, reads=READS, delivery=0)
    return Bench(running, of, json.loads(running.inside("cast", LARGE_SEED)))


def _change(bench: Bench) -> float:
    """Return the milliseconds of processor time that a submission takes of web and database."""
    fleet.run(Posting, bench.posts()[:1], Pace(measures.CPU_WARM_UP))
    return sum(measures.processor_time(bench, lambda: bench.posts()[:1]))


def _same(change: float, inbox: float, first: tuple[float, float]) -> Iterator[Result]:
    yield fact("submission: processor time, web and PostgreSQL", f"{change:.2f} ms")
    yield below("submission: times its cost at the smallest size", change / first[0], 1.2, "")
    yield fact("inbox page of 50: p95", f"{1000 * inbox:.1f} ms")
    yield below("inbox: times that of the smallest size", inbox / first[1], 1.3, "", digits=2)


def _dashboard(bench: Bench) -> Result:
    """Open the dashboard of the largest alliance over and over; the median p95 of some runs."""
    found = json.loads(bench.system.inside("dashboard", LARGE_SEED))
    reads = Reads(Caller(bench.system.port, cookie=found["cookie"]), found["path"])
    expect(Line(reads.caller).send("GET", reads.path), 200)
    pace = Pace(READS / READ_ROUNDS)
    runs = [fleet.run(Reading, [reads], pace) for _round in range(READ_ROUNDS)]
    late = 1000 * statistics.median(run.percentile(0.95) for run in runs)
    return below("dashboard of the largest alliance: p95", late, 300, "ms", digits=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
