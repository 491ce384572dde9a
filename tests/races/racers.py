"""Lets many threads, each with a database connection of its own, do something at the same instant."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections

from accounts.errors import Refused

RACERS = 16
PATIENCE = 30.0
Result = TypeVar("Result")


class Racers:
    """Threads that start together."""

    def __init__(self, pool: ThreadPoolExecutor, size: int) -> None:
        self.pool = pool
        self.size = size

    def race(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """Start every task at the same instant, each in its own thread; return what they return."""
        assert len(tasks) <= self.size
        barrier = Barrier(len(tasks), timeout=PATIENCE)

        def run(task: Callable[[], Result]) -> Result:
            barrier.wait()
            return task()

        return [future.result(PATIENCE) for future in [self.pool.submit(run, t) for t in tasks]]


@contextmanager
def racers(size: int = RACERS) -> Iterator[Racers]:
    """Keep `size` threads for the block, and close their connections after it."""
    with ThreadPoolExecutor(size) as pool:
        team = Racers(pool, size)
        try:
            yield team
        finally:
            team.race([connections.close_all] * size)


def code_of(task: Callable[[], Any]) -> Callable[[], str]:
    """Return a task that says `ok`, or the code by which it was refused."""

    def run() -> str:
        try:
            task()
        except Refused as refusal:
            return refusal.code
        return "ok"

    return run
