"""Answers what somebody asks, as far as the post allows: counted over all, and guarded where rows are not open."""

from collections.abc import Sequence

from accounts import scope
from accounts.actors import Actor
from insights import closed, privacy, values
from insights.asking import Asked
from insights.indicators import Indicator
from insights.periods import Period
from insights.policy import numbers as policy
from insights.scopes import Where
from insights.values import Answer, Number
from insights.vocabulary import Dim


def answer(one: Indicator, asked: Asked, by: Actor, breakdown: Dim = Dim.NONE) -> Answer:
    """Return one indicator; raises Refused `not-found`."""
    where = asked.where(one)
    policy.demand_count(where, by)
    policy.demand_parts(where, by, breakdown)
    with scope.lifted(by):
        found = values.answer(one, where, asked.period, breakdown)
        return _guarded([found], where, by, breakdown)[0]


def answers(several: Sequence[Indicator], asked: Asked, by: Actor) -> list[Answer]:
    """Return several indicators, each in the scope of its own side; raises Refused `not-found`."""
    found: dict[str, Answer] = {}
    for where, ones in _by_scope(several, asked).items():
        policy.demand_count(where, by)
        with scope.lifted(by):
            every = values.answers(ones, where, asked.period)
            found |= {each.indicator.code: each for each in _guarded(every, where, by, Dim.NONE)}
    return [found[one.code] for one in several]


def course(one: Indicator, asked: Asked, by: Actor, periods: Sequence[Period]) -> list[Number]:
    """Return an indicator over several periods, the oldest first."""
    return courses([one], asked, by, periods)[0]


def courses(
    several: Sequence[Indicator], asked: Asked, by: Actor, periods: Sequence[Period]
) -> list[list[Number]]:
    """Return several of them, each in the scope of its own side; raises Refused `not-found`."""
    found: dict[str, list[Number]] = {}
    for where, ones in _by_scope(several, asked).items():
        policy.demand_count(where, by)
        with scope.lifted(by):
            rows = values.course(ones, where, periods)
            for one, row in zip(ones, rows, strict=True):
                found[one.code] = _guarded_course(one, row, where, by, periods)
    return [found[one.code] for one in several]


def _by_scope(several: Sequence[Indicator], asked: Asked) -> dict[Where, list[Indicator]]:
    groups: dict[Where, list[Indicator]] = {}
    for one in several:
        groups.setdefault(asked.where(one), []).append(one)
    return groups


def _guarded_course(
    one: Indicator, row: list[Number], where: Where, by: Actor, periods: Sequence[Period]
) -> list[Number]:
    if by.region is not None:
        return closed.course(one, where, by.region, periods, row)
    # What is made of reported figures alone tells of nobody.
    if not one.counted or policy.sees_rows(where, by):
        return row
    return privacy.course(one, where, periods, row)


def _guarded(found: list[Answer], where: Where, by: Actor, breakdown: Dim) -> list[Answer]:
    if by.region is not None:
        return closed.guarded(found, where, by.region, breakdown)
    return found if policy.sees_rows(where, by) else privacy.guarded(found, where, breakdown)
