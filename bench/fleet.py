"""Runs the same work in several processes from one moment on, and gathers how long each turn took."""

import math
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

# What one process does: it prepares with its own argument and returns a turn, which is then repeated.
Prepare = Callable[[Any], Callable[[], object]]
WARM_UP: Final = 1.0
PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """The seconds of every turn of all processes, and over how many seconds they were made."""

    turns: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.turns) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time, in seconds, that a share of the turns did not exceed."""
        return percentile(self.turns, share)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; 0.99 of one value is that value. Needs a value."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * share)) - 1]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to go on, and at most how many turns a second each process makes (0: no limit)."""

    seconds: float
    rate: float = 0.0
    warm_up: float = WARM_UP


def run(prepare: Prepare, arguments: Sequence[Any], pace: Pace) -> Run:
    """Start a process for each argument, let them begin together, and return all their turns.

    Raises RuntimeError when a process fails, with what it said.
    """
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(len(arguments))
    ends, processes = [], []
    for argument in arguments:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(prepare, argument, pace, begin, theirs), daemon=True
        )
        process.start()
        theirs.close()
        ends.append(mine)
        processes.append(process)
    turns: list[float] = []
    failures = []
    for end in ends:
        said = _answer(end, pace.seconds + pace.warm_up + PATIENCE)
        if isinstance(said, str):
            failures.append(said)
        else:
            turns += said
    for process in processes:
        process.join(5)
        if process.is_alive():
            process.kill()
    if failures:
        raise RuntimeError(f"{len(failures)} clients failed, the first one: {failures[0]}")
    return Run(turns, pace.seconds)


def _answer(end: Connection, patience: float) -> list[float] | str:
    try:
        if end.poll(patience):
            said: list[float] | str = end.recv()
            return said
    except EOFError:
        return "it ended without a word"
    return "it did not end in time"


def _work(prepare: Prepare, argument: Any, pace: Pace, begin: Any, answer: Connection) -> None:
    try:
        turn = prepare(argument)
        begin.wait(PATIENCE)
        answer.send(_turns(turn, pace))
    except Exception as error:  # noqa: BLE001 - the parent raises it again, with its text
        begin.abort()
        answer.send(f"{type(error).__name__}: {error}")


def _turns(turn: Callable[[], object], pace: Pace) -> list[float]:
    """Repeat a turn and return the seconds of each after the warm-up; late turns are not skipped."""
    found: list[float] = []
    start = time.perf_counter()
    measured, end = start + pace.warm_up, start + pace.warm_up + pace.seconds
    due = start
    while (now := time.perf_counter()) < end:
        if pace.rate and now < due:
            time.sleep(due - now)
            now = time.perf_counter()
        turn()
        done = time.perf_counter()
        if measured <= done < end:
            found.append(done - now)
        if pace.rate:
            due += 1 / pace.rate
    return found
