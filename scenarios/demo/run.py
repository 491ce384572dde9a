"""Runs the day: a few patients at a time, one step after another, until all stories are told."""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

from django.utils import timezone

from patients.synthetic import adults
from scenarios.demo import cast, plots, summary
from scenarios.demo.client import Client
from scenarios.demo.patient import Day, Journey

AT_ONCE = 6
SEEDS = 10**9


def act(url: str, *, language: str, show: Callable[[str], None]) -> int:
    """Act the day against the system at `url` and show each step; returns the number of patients.

    Raises Stopped at the first answer that is not the expected one.
    """
    with closing(Client(url, {}, language=language)) as probe:
        probe.check_ready()
    with (
        cast.tokens_of(cast.usernames()) as tokens,
        closing(Client(url, tokens, language=language)) as client,
    ):
        people = adults(seed=1 + secrets.randbelow(SEEDS))
        day = Day(client, cast.assemble(client), people)
        plots.plan(day, day.cast)
        for sentence in _interleaved(day.journeys):
            show(f"{timezone.localtime():%H:%M:%S}  {sentence}")
        show("")
        for line in _summary(day):
            show(line)
    return len(day.journeys)


def _interleaved(journeys: list[Journey]) -> Iterator[str]:
    """Take one step of each open journey in turn, as a day would."""
    coming, active = deque(journeys), deque[Journey]()
    while coming or active:
        while coming and len(active) < AT_ONCE:
            active.append(coming.popleft())
        journey = active.popleft()
        sentence = next(journey.steps, None)
        if sentence is not None:
            active.append(journey)
            yield sentence


def _summary(day: Day) -> Iterator[str]:
    """Read every episode and follow-up once more, and count."""
    episodes = [
        day.client.get(journey.reader, f"/episodes/{journey.episode}/") for journey in day.journeys
    ]
    followed = due = 0
    today = timezone.localdate().isoformat()
    for journey, episode in zip(day.journeys, episodes, strict=True):
        for leg in episode["legs"]:
            path = f"/referrals/{leg['id']}/follow-ups/"
            contacts = day.client.get(journey.reader, path)["results"]
            due += sum(each["due_on"] <= today for each in contacts)
            followed += sum(each["done_at"] is not None for each in contacts)
    yield from summary.lines(episodes, followed=followed, due=due)
