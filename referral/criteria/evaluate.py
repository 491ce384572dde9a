"""Evaluates rules on observations, with three answers: met, not met, cannot evaluate for want of something.

Logic is Kleene's: a missing value never makes a rule fail, and where what is known decides already, what
is missing does not matter. Numbers are compared as fractions, so a boundary is exact.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from facilities.vocabulary import Direction
from referral.criteria.shapes import Compare, Condition, Rule, Value

MET: Final = "met"
NOT_MET: Final = "not-met"
CANNOT_EVALUATE: Final = "cannot-evaluate"
OUTCOMES: Final = (MET, NOT_MET, CANNOT_EVALUATE)
VISIT: Final = "visit"
# The lower, the sooner, as referral.states.Urgency orders them.
URGENCIES: Final = {"immediate": 0, "same-day": 1, "routine": 2}
OPERATORS: Final[dict[str, Callable[[Value, Value], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a condition comes to: None where it depends on what `missing` names."""

    holds: bool | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A rule's outcome with the comparisons that led to it.

    `urgency_missing` names what would have to be known to exclude a higher urgency.
    """

    rule: Rule
    outcome: str
    missing: tuple[str, ...]
    urgency: str
    urgency_missing: tuple[str, ...]
    compared: tuple[tuple[Compare, bool | None], ...]


def compare(leaf: Compare, values: Mapping[str, Value]) -> Answer:
    """Return what one comparison comes to."""
    needed = [leaf.variable, *([leaf.minus] if leaf.minus else [])]
    missing = tuple(name for name in needed if name not in values)
    if missing:
        return Answer(None, missing)
    value = values[leaf.variable]
    if leaf.minus:
        value = abs(Fraction(value) - Fraction(values[leaf.minus]))
    return Answer(OPERATORS[leaf.operator](value, leaf.threshold))


def weigh(condition: Condition, values: Mapping[str, Value]) -> Answer:
    """Return what a condition comes to."""
    if isinstance(condition, Compare):
        return compare(condition, values)
    answers = [weigh(member, values) for member in condition.members]
    decisive = not condition.needs_all
    if any(answer.holds is decisive for answer in answers):
        return Answer(decisive)
    return _joined(answers, otherwise=condition.needs_all)


def _joined(answers: Iterable[Answer], *, otherwise: bool) -> Answer:
    missing = [name for answer in answers if answer.holds is None for name in answer.missing]
    return Answer(None, tuple(dict.fromkeys(missing))) if missing else Answer(otherwise)


def evaluate(rule: Rule, values: Mapping[str, Value], visit: str = "") -> Result:
    """Return the outcome of one rule.

    A rule for one kind of visit cannot be evaluated while the kind is unknown, unless it fails anyway.
    """
    answer = weigh(rule.when, values)
    if rule.visit and not visit and answer.holds is not False:
        answer = Answer(None, (VISIT, *answer.missing))
    urgency, unknown = rule.urgency, Answer(False)
    if rule.raised_when is not None:
        unknown = weigh(rule.raised_when, values)
        urgency = rule.raised_urgency if unknown.holds else rule.urgency
    outcome = {True: MET, False: NOT_MET, None: CANNOT_EVALUATE}[answer.holds]
    compared = tuple((leaf, compare(leaf, values).holds) for leaf in rule.when.leaves())
    return Result(rule, outcome, answer.missing, urgency, unknown.missing, compared)


def evaluate_all(
    rules: Iterable[Rule], values: Mapping[str, Value], visit: str = ""
) -> list[Result]:
    """Return the outcomes of all rules that concern this kind of visit."""
    return [
        evaluate(rule, values, visit)
        for rule in rules
        if not rule.visit or not visit or rule.visit == visit
    ]


def most_cautious(results: Sequence[Result]) -> Result:
    """Return the result of a rule's versions that calls for the most care.

    On the way up that is the one that is met, by whichever alliance; on the way down the one that is not.
    """
    upward = results[0].rule.edge.direction == Direction.UP
    order = (MET, CANNOT_EVALUATE, NOT_MET) if upward else (NOT_MET, CANNOT_EVALUATE, MET)
    return min(results, key=lambda each: order.index(each.outcome))


def soonest(urgencies: Iterable[str]) -> str:
    """Return the most urgent of some urgencies, empty for none."""
    return min((each for each in urgencies if each), key=URGENCIES.__getitem__, default="")
