"""Hides few persons from a health authority, so that no numbers that it may ask for tell of them by subtraction.

An authority may ask about places inside one another (region, regions below, institutions) and about times inside
one another (year, quarters, months). Of a family of parts that make up a whole, those with fewer than 5 persons in
any piece of time are not shown in all pieces of that length, and at least one other part goes with them in all of
these. What is hidden in the whole is hidden in its parts. ADR 0036 argues why this holds.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from insights import regions
from insights.indicators import Indicator, Kind
from insights.periods import Length, Period, around
from insights.policy.numbers import FACILITIES
from insights.privacy import HIDDEN, TOLD_TOGETHER, units
from insights.queries.persons import Table, Unit, table
from insights.scopes import SENT, Where
from insights.thresholds import FEW_PERSONS
from insights.values import Answer, Number
from insights.vocabulary import Dim, Scope

Family = tuple[Where, Dim]


@dataclass(slots=True)
class Judged:
    """Which parts of which families are hidden, by what is counted and when; `path` leads to what is asked about."""

    path: Sequence[tuple[Family, str]]
    parts_of: Family
    hidden: dict[tuple[Family, Unit, Period], set[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def whole(self, units: Iterable[Unit], periods: Iterable[Period]) -> bool:
        """Say whether what is asked about is hidden in any of the periods."""
        asked = [(unit, period) for period in periods for unit in units]
        return any(
            part in self.hidden[family, unit, period]
            for unit, period in asked
            for family, part in self.path
        )

    def part(self, value: str, units: Iterable[Unit], periods: Iterable[Period]) -> bool:
        """Say the same of one part of it; what was not judged is hidden."""
        if value not in self.known:
            return True
        asked = [(unit, period) for period in periods for unit in units]
        return any(value in self.hidden[self.parts_of, unit, period] for unit, period in asked)


def guarded(
    several: Sequence[Answer], where: Where, root: str, breakdown: Dim = Dim.NONE
) -> list[Answer]:
    """Return answers about one scope as the authority of the region `root` may see them."""
    periods = {each for found in several for each in _all_periods(found)}
    judged = judge(where, root, [one.indicator for one in several], periods, breakdown)
    return [_guarded(found, judged) for found in several]


def course(
    one: Indicator, where: Where, root: str, periods: Sequence[Period], row: Sequence[Number]
) -> list[Number]:
    """Return the numbers of several periods in the same way."""
    wanted = {each for period in periods for each in _behind(one, period)}
    judged = judge(where, root, [one], wanted, Dim.NONE)
    return [
        HIDDEN if judged.whole(units(one), _behind(one, period)) else number
        for period, number in zip(periods, row, strict=True)
    ]


def judge(
    where: Where,
    root: str,
    several: Iterable[Indicator],
    periods: Collection[Period],
    breakdown: Dim,
) -> Judged:
    """Read the families on the way from the root down to a scope, and that of its own parts."""
    asked = {unit for one in several for unit in units(one)}
    if asked & TOLD_TOGETHER:
        asked |= TOLD_TOGETHER
    judged = Judged(_path(where, root), (where, breakdown))
    families = {family for family, _part in judged.path}
    if breakdown != Dim.NONE:
        families.add(judged.parts_of)
    if breakdown == Dim.ALLIANCE:
        families.add((where, Dim.REGION))
        families.add((where, Dim.SENDER if _is_sent(where) else Dim.RECEIVER))
    for family in families:
        found = table(*family, asked, {each for period in periods for each in _pieces(period)})
        if family == judged.parts_of:
            judged.known.update(found.parts)
        for period in periods:
            judged.hidden.update(
                {(family, unit, period): few for unit, few in _few(found, asked, period).items()}
            )
    if breakdown == Dim.ALLIANCE:
        _all_or_none(judged, asked, periods)
    return judged


def _all_or_none(judged: Judged, asked: Collection[Unit], periods: Collection[Period]) -> None:
    """Hide every alliance where any is hidden, or any place: an alliance may be a county under another name."""
    for unit in asked:
        for period in periods:
            here = [
                few for (_family, *about), few in judged.hidden.items() if about == [unit, period]
            ]
            if any(here):
                judged.hidden[judged.parts_of, unit, period] = set(judged.known)


def _behind(one: Indicator, period: Period) -> list[Period]:
    """Return the periods whose counts a number shows."""
    return [period, period.year_before] if one.kind == Kind.GROWTH else [period]


def _all_periods(found: Answer) -> list[Period]:
    asked = (found.period, found.period.before, found.period.year_before)
    return [each for period in asked for each in _behind(found.indicator, period)]


def _guarded(found: Answer, judged: Judged) -> Answer:
    one, period = found.indicator, found.period
    counted = units(one)

    def shown(number: Number, at: Period) -> Number:
        return HIDDEN if judged.whole(counted, _behind(one, at)) else number

    whole = shown(found.whole, period)
    parts = {
        value: HIDDEN
        if whole is HIDDEN or judged.part(value, counted, _behind(one, period))
        else number
        for value, number in found.parts.items()
    }
    return replace(
        found,
        whole=whole,
        before=shown(found.before, period.before),
        year_before=shown(found.year_before, period.year_before),
        parts=parts if counted else found.parts,
    )


def _path(where: Where, root: str) -> list[tuple[Family, str]]:
    """Return the families from the root down, each with the part through which the way goes."""
    scope = Scope.REGION_SENT if _is_sent(where) else Scope.REGION_RECEIVED
    codes = [each.key for each in regions.way(regions.code_of(where), root)]
    heres = [Where(scope, (code,)) for code in codes]
    path: list[tuple[Family, str]] = [((heres[0], Dim.NONE), "")]
    path += [((here, Dim.REGION), code) for here, code in zip(heres, codes[1:], strict=False)]
    if where.scope in FACILITIES:
        side = Dim.SENDER if where.scope in SENT else Dim.RECEIVER
        path.append(((heres[-1], side), where.keys[0]))
    return path


def _is_sent(where: Where) -> bool:
    return where.scope in SENT or where.scope == Scope.ALL


def _levels(period: Period) -> list[list[Period]]:
    """Return the year, its quarters and the months of the quarter, down to the length of a period."""
    year, quarter = around(Length.YEAR, period.first), around(Length.QUARTER, period.first)
    levels = [[year], _split(year, Length.QUARTER), _split(quarter, Length.MONTH)]
    return levels[: (Length.YEAR, Length.QUARTER, Length.MONTH).index(period.length) + 1]


def _split(period: Period, length: Length) -> list[Period]:
    found = [around(length, period.last)]
    while found[-1].first > period.first:
        found.append(found[-1].before)
    return found[::-1]


def _pieces(period: Period) -> list[Period]:
    return [piece for level in _levels(period) for piece in level]


def _few(found: Table, asked: Collection[Unit], period: Period) -> dict[Unit, set[str]]:
    """Return which parts are hidden for each unit: at any of the lengths down to that of the period."""
    hidden: dict[Unit, set[str]] = {unit: set() for unit in asked}
    for level in _levels(period):
        for group in _groups(asked):
            few = {
                part
                for part in found.parts
                if any(
                    0 < found.persons(part, unit, piece) < FEW_PERSONS
                    for unit in group
                    for piece in level
                )
            }
            together = _with_others(found, few, group, level)
            for unit in group:
                hidden[unit] |= together
    return hidden


def _groups(asked: Collection[Unit]) -> list[list[Unit]]:
    alone = [[unit] for unit in sorted(asked) if unit not in TOLD_TOGETHER]
    return [*alone, sorted(asked & TOLD_TOGETHER)] if asked & TOLD_TOGETHER else alone  # type: ignore[operator]


def _with_others(
    found: Table, few: set[str], group: Sequence[Unit], level: Sequence[Period]
) -> set[str]:
    """Add the smallest other parts until what is hidden together tells of nobody, in each piece of time."""
    together = set(few)
    if not few or len(found.parts) == 1:
        return together
    sizes: Mapping[str, int] = {
        part: sum(found.legs(part, unit, piece) for unit in group for piece in level)
        for part in found.parts
    }
    others = sorted(
        (part for part in found.parts if part not in few and sizes[part]),
        key=lambda part: (sizes[part], part),
    )
    for part in others:
        if len([each for each in together if sizes[each]]) > 1 and all(
            _is_crowd(found, together, unit, piece) for unit in group for piece in level
        ):
            break
        together.add(part)
    return together


def _is_crowd(found: Table, parts: Collection[str], unit: Unit, piece: Period) -> bool:
    persons = sum(found.persons(part, unit, piece) for part in parts)
    return not persons or persons >= FEW_PERSONS
