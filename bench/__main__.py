"""The bench's command line: `python -m bench [--quick | --pages]`; stops by itself, whatever happens."""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench import measures, pages, rates, results, system
from bench.measures import FULL, QUICK, SMALL, SMALL_SEED, Bench, Size
from bench.results import Result
from config.launch.steps import step
from config.launch.trouble import Trouble

LONGEST: Final = 2700
SMALL_DAYS: Final = 30
SMALL_FACILITIES: Final = 14

# What is running at each measurement: first web and database alone, then everything.
ALONE: Final = (
    measures.small_inbox,
    measures.statements,
    measures.processor,
    measures.destinations,
)
TOGETHER: Final = (
    measures.submit,
    measures.delivery,
    measures.generate,
    rates.rates,
    measures.large_inbox,
    measures.answers,
)


def main(arguments: list[str]) -> int:
    """Measure, show, and write the document; returns 1 when a goal of the full bench is missed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, about 2 minutes")
    parser.add_argument("--pages", action="store_true", help="only when pages answer, in a browser")
    parser.add_argument("--document", action="store_true", help="write the quick results too")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST)
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    try:
        with system.running() as running:
            found = (
                look(running)
                if options.pages
                else measure(running, QUICK if options.quick else FULL)
            )
            machine = results.hardware(running.version())
    except (Trouble, RuntimeError) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    missed = [each for each in found if each.holds is False]
    print(
        f"\n{len(missed)} goals missed.\n{results.screen(missed)}"
        if missed
        else "\nAll goals hold."
    )
    command = f"make bench{' QUICK=1' * options.quick}{' ARGS=--pages' * options.pages}"
    if options.document or not options.quick:
        section = results.section(command, machine, load, results.table(found))
        results.write(section, results.PAGES if options.pages else results.SYSTEM)
        print(f"\nWritten to {results.DOCUMENT.name}.")
    return int(bool(missed) and not options.quick)


def measure(running: system.System, size: Size) -> list[Result]:
    """Run every measurement in order and return its results."""
    with step(f"Generating {SMALL:,} referrals"):
        running.manage(
            *("generate", "--referrals", str(SMALL), "--seed", SMALL_SEED),
            *("--days", str(SMALL_DAYS), "--facilities", str(SMALL_FACILITIES)),
        )
    bench = Bench(running, size, json.loads(running.inside("cast", SMALL_SEED)))
    found: list[Result] = []
    running.start("web")
    for each in ALONE:
        found += _measured(each, bench)
    running.start("worker", "beat")
    for each in TOGETHER:
        found += _measured(each, bench)
    return found


def look(running: system.System) -> list[Result]:
    """Open the pages of a network in a browser and return when they answered."""
    with step("Bringing pages"), tempfile.TemporaryDirectory() as folder:
        running.manage("prepare", str(Path(folder) / "printed"))
    with step(f"Generating {QUICK.referrals:,} referrals"):
        words = ["--facilities", str(QUICK.facilities), "--seed", SMALL_SEED]
        running.manage("generate", "--referrals", str(QUICK.referrals), *words)
    running.start("web")
    visits = json.loads(running.inside("visits", SMALL_SEED))
    with step("Measuring: pages"):
        found = list(pages.measured(f"http://{system.HOST}:{running.port}", visits))
    print(results.screen(found), flush=True)
    return found


def _measured(measurement: Callable[[Bench], Iterator[Result]], bench: Bench) -> list[Result]:
    with step(f"Measuring: {measurement.__name__.replace('_', ' ')}"):
        found = list(measurement(bench))
    print(results.screen(found), flush=True)
    return found


def _too_long(*_: object) -> None:
    raise RuntimeError(f"The bench took longer than {LONGEST // 60} minutes and was stopped.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
