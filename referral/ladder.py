"""Says who is called when a deadline has passed, step by step; pure functions of the deadline and the time."""

import tomllib
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from referral.limits import Rules
from referral.sla import Due
from referral.stages import AFTERWARDS, Stage
from referral.states import Urgency

DATA: Final = Path(__file__).parent / "data" / "ladder.toml"
# What is due in days, not in hours, whatever the urgency.
SLOW: Final = frozenset({Stage.RESULT, Stage.FOLLOW_UP})


class Call(NamedTuple):
    """One step of the ladder, from 1; `window` counts the repetitions of the last step, from 1."""

    step: int
    window: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait between the steps, and between the repetitions of the last one."""

    between: timedelta
    repeat: timedelta


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def audiences() -> tuple[str, ...]:
    """Return whom each step calls, in their order."""
    return tuple(step["audience"] for step in _data()["step"])


def pace(stage: Stage, urgency: int) -> Pace:
    """Return how fast the ladder is climbed."""
    entry = _data()["pace"][_pace_of(stage, urgency)]
    return Pace(timedelta(minutes=entry["between"]), timedelta(minutes=entry["repeat"]))


def patience(refusals: int) -> timedelta:
    """Return how long the system waits after it was refused so many times: twice as long each time, up to a bound."""
    entry = _data()["refused_step"]
    doublings = min(refusals - 1, entry["most"])
    return timedelta(minutes=min(entry["first"] * 2**doublings, entry["most"]))


def _pace_of(stage: Stage, urgency: int) -> str:
    if stage in AFTERWARDS:
        return "afterwards"
    return "slow" if stage in SLOW else Urgency(urgency).name.lower()


def time_of(due: Due, call: Call, urgency: int, rules: Rules) -> datetime:
    """Return when a call is to be made, on the clock of the limit."""
    speed = pace(due.stage, urgency)
    after = speed.between * (call.step - 1) + speed.repeat * call.window
    return rules.add(due.at, after, due.limit.clock)


def calls(due: Due, urgency: int, at: datetime, rules: Rules) -> list[Call]:
    """Return every call that should have been made before or at `at`, the first one first.

    Of the repetitions only the latest counts: whoever was away for three days is called once, not 36 times.
    Nothing is repeated any more from `due.until` on.
    """
    if due.at >= at:
        return []
    speed, last = pace(due.stage, urgency), len(audiences())
    passed = rules.between(due.at, at, due.limit.clock)
    made = [Call(step) for step in range(1, last + 1) if speed.between * (step - 1) <= passed]
    repeating = min(passed, rules.between(due.at, due.until or at, due.limit.clock))
    window = (repeating - speed.between * (last - 1)) // speed.repeat
    return [*made, Call(last, window)] if window >= 1 else made


def next_call(made: Set[Call], due: Due, urgency: int, at: datetime, rules: Rules) -> Call | None:
    """Return the call that follows those which should have been made by `at`, None after the last one."""
    due_calls = calls(due, urgency, at, rules)
    missing = [call for call in due_calls if call not in made]
    if missing:
        return missing[0]
    last = len(audiences())
    if not due_calls:
        return Call(1)
    latest = due_calls[-1]
    if latest.step < last:
        return Call(latest.step + 1)
    return Call(last, latest.window + 1) if due.until is None else None
