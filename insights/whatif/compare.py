"""Runs a setting with and without a change many times, and says what differs and how far chance spreads it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights.whatif.draws import draw
from insights.whatif.run import Tally, run
from insights.whatif.setting import Change, Setting, changed, check

LOW: Final = 0.05
HIGH: Final = 0.95
REPLICATIONS: Final = 100


class Measure(StrEnum):
    """What is measured of a run."""

    WAIT_MEDIAN = "wait-median"
    WAIT_P90 = "wait-p90"
    WAIT_MEAN = "wait-mean"
    STUCK = "stuck"
    ACCEPTED = "accepted"
    UNPLACED = "unplaced"
    OWN_WAIT = "own-wait"
    TURNED_AWAY = "turned-away"
    UTILISATION = "utilisation"


MEASURES: Final[dict[Measure, Promise]] = {
    Measure.WAIT_MEDIAN: _("Days to the visit, median"),
    Measure.WAIT_P90: _("Days to the visit, nine in ten within"),
    Measure.WAIT_MEAN: _("Days to the visit, mean"),
    Measure.STUCK: _("Referrals that wait past their limit"),
    Measure.ACCEPTED: _("Referrals accepted"),
    Measure.UNPLACED: _("Referrals for which no department was open"),
    Measure.OWN_WAIT: _("Days to the visit of other patients, mean"),
    Measure.TURNED_AWAY: _("Other patients who found no place"),
    Measure.UTILISATION: _("Part of the places that was used"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure over all repetitions: its mean, and where nine tenths of them lie (5 to 95 %).

    None where no repetition had a value: nobody waited, or there was no place to use. `n` counts those that had one.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """A measure as it is, as it would be, and the difference of the two in the same repetition."""

    present: Figure
    changed: Figure
    difference: Figure


Rows = dict[Measure, Row]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change would do: to all departments together, to each, and to each urgency (waiting and stuck only)."""

    whole: Rows
    departments: dict[str, Rows]
    urgencies: dict[str, Rows]
    replications: int
    seed: int
    days: int


def compare(
    setting: Setting, change: Change, *, replications: int = REPLICATIONS, seed: int = 1
) -> Comparison:
    """Return what a change does; raises Refused where it cannot be simulated.

    The same seed gives the same figures. Both runs of a repetition meet the same persons, so that the difference
    shows the change and not the draw, and is exactly zero where nothing is changed.
    """
    check(setting, change, replications)
    before, after = _Collected(setting), _Collected(setting)
    other = changed(setting, change)
    for replication in range(replications):
        arrivals = draw(setting, seed, replication)
        before.add(run(setting, arrivals))
        after.add(run(other, arrivals, change.closures))
    return Comparison(
        whole=_rows(before.whole, after.whole),
        departments={
            key: _rows(before.departments[key], after.departments[key])
            for key in before.departments
        },
        urgencies={
            code: _rows(before.urgencies[code], after.urgencies[code]) for code in before.urgencies
        },
        replications=replications,
        seed=seed,
        days=setting.days,
    )


Values = dict[Measure, float | None]


class _Collected:
    """The values of every repetition, at the three depths of a comparison."""

    def __init__(self, setting: Setting) -> None:
        self._urgencies = setting.urgencies
        self._coming = {each.key: 1 - each.no_show for each in setting.departments}
        self.whole: list[Values] = []
        self.departments: dict[str, list[Values]] = {each.key: [] for each in setting.departments}
        self.urgencies: dict[str, list[Values]] = {each.code: [] for each in setting.urgencies}

    def add(self, tallies: Mapping[str, Tally]) -> None:
        self.whole.append(self._values(tallies))
        for key, tally in tallies.items():
            self.departments[key].append(self._values({key: tally}))
        for rank, urgency in enumerate(self._urgencies):
            waits = [wait for tally in tallies.values() for wait in tally.waits.get(rank, ())]
            stuck = sum(wait > urgency.limit_days for wait in waits)
            self.urgencies[urgency.code].append(_of_waits(waits, stuck))

    def _values(self, tallies: Mapping[str, Tally]) -> Values:
        waits, stuck, used = [], 0, 0.0
        for key, tally in tallies.items():
            used += tally.attended + tally.own * self._coming[key]
            for rank, some in tally.waits.items():
                waits += some
                stuck += sum(wait > self._urgencies[rank].limit_days for wait in some)
        placed = sum(tally.own_placed for tally in tallies.values())
        own_waits = sum(tally.own_waits for tally in tallies.values())
        unplaced = sum(tally.unplaced for tally in tallies.values())
        places = sum(tally.places for tally in tallies.values())
        return {
            **_of_waits(waits, stuck + unplaced),
            Measure.UNPLACED: unplaced,
            Measure.OWN_WAIT: own_waits / placed if placed else None,
            Measure.TURNED_AWAY: sum(tally.turned_away for tally in tallies.values()),
            Measure.UTILISATION: used / places if places else None,
        }


def _of_waits(waits: list[float], stuck: int) -> Values:
    """Return the measures of waiting; nine in ten by the nearest rank, a wait that somebody had."""
    waits.sort()
    return {
        Measure.WAIT_MEDIAN: median(waits) if waits else None,
        Measure.WAIT_P90: waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        Measure.WAIT_MEAN: math.fsum(waits) / len(waits) if waits else None,
        Measure.STUCK: stuck,
        Measure.ACCEPTED: len(waits),
    }


def _rows(before: Sequence[Values], after: Sequence[Values]) -> Rows:
    pairs = list(zip(before, after, strict=True))
    return {
        measure: Row(
            present=_figure(one[measure] for one in before),
            changed=_figure(other[measure] for other in after),
            difference=_figure(_difference(one[measure], other[measure]) for one, other in pairs),
        )
        for measure in before[0]
    }


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else other - one


def _figure(values: Iterable[float | None]) -> Figure:
    known = sorted(value for value in values if value is not None)
    if not known:
        return Figure(None, None, None, 0)
    return Figure(
        mean=math.fsum(known) / len(known),
        low=_quantile(known, LOW),
        high=_quantile(known, HIGH),
        n=len(known),
    )


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
