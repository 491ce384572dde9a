"""Answers what somebody asks, as far as the post allows: counted over all, and guarded where rows are not open."""

from collections.abc import Sequence

from accounts import scope
from accounts.actors import Actor
from insights import privacy, values
from insights.asking import Asked
from insights.indicators import Indicator
from insights.periods import Period
from insights.policy import numbers as policy
from insights.queries import counts
from insights.scopes import Where
from insights.values import Answer, Number
from insights.vocabulary import Dim


def answer(one: Indicator, asked: Asked, by: Actor, breakdown: Dim = Dim.NONE) -> Answer:
    """Return one indicator; raises Refused `not-found`."""
    where = asked.where(one)
    policy.demand_count(where, by)
    with scope.lifted(by):
        found = values.answer(one, where, asked.period, breakdown)
        return _guarded(found, where, by, breakdown)


def answers(several: Sequence[Indicator], asked: Asked, by: Actor) -> list[Answer]:
    """Return several indicators, each in the scope of its own side; raises Refused `not-found`."""
    found: dict[str, Answer] = {}
    groups: dict[Where, list[Indicator]] = {}
    for one in several:
        groups.setdefault(asked.where(one), []).append(one)
    for where, ones in groups.items():
        policy.demand_count(where, by)
        with scope.lifted(by):
            for each in values.answers(ones, where, asked.period):
                found[each.indicator.code] = _guarded(each, where, by, Dim.NONE)
    return [found[one.code] for one in several]


def course(one: Indicator, asked: Asked, by: Actor, periods: Sequence[Period]) -> list[Number]:
    """Return an indicator over several periods, the oldest first."""
    where = asked.where(one)
    policy.demand_count(where, by)
    with scope.lifted(by):
        row = values.course([one], where, periods)[0]
        if not one.counted or policy.sees_rows(where, by):
            return row
        persons = counts.persons_in(where, one.counted, periods)
        return [privacy.unless_few(number, n) for number, n in zip(row, persons, strict=True)]


def _guarded(found: Answer, where: Where, by: Actor, breakdown: Dim) -> Answer:
    names = found.indicator.counted
    # What is made of reported figures alone tells of nobody.
    if not names or policy.sees_rows(where, by):
        return found
    period = found.period
    compared = counts.persons_in(where, names, [period.before, period.year_before])
    return privacy.guarded(found, counts.persons(where, names, period, breakdown), compared)
