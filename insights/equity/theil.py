"""Theil's two indices, between and within groups, with what every region and group adds; natural logarithm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from insights.equity.regions import Gap

# An index by the decadic logarithm is the natural one divided by this; papers use either.
LN_10: Final = math.log(10)


class Form(StrEnum):
    """L weighs by population, T by resource."""

    L = "l"
    T = "t"


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its shares, the index among its own regions, and what it adds within and between."""

    name: str
    population: float
    resource: float
    index: float | None
    within: float | None
    between: float | None


@dataclass(frozen=True, slots=True)
class Theil:
    """The index by natural logarithm; where groups are given, total = between + within."""

    form: Form
    total: float | None
    between: float | None
    within: float | None
    contributions: list[float | None]
    groups: list[Group]
    gap: Gap | None


def theil(
    form: Form, population: Sequence[float], resource: Sequence[float], groups: Sequence[str]
) -> Theil:
    """Return an index over shares; `groups` holds a name a region, or is empty.

    L = Σ p ln(p/y), the usual one in Chinese health papers (domain.md §5.6); T = Σ y ln(y/p), where none of the
    resource adds 0, its limit. With groups: between = the same over the groups' shares; within = Σ P_g L_g, or
    Σ Y_g T_g. Region i adds its own term, which may be negative; the terms sum to the total.
    """
    terms = [_term(form, p, y) for p, y in zip(population, resource, strict=True)]
    parts = _groups(form, population, resource, groups)
    return Theil(
        form=form,
        total=_sum(terms),
        between=_sum([part.between for part in parts]) if parts else None,
        within=_sum([part.within for part in parts]) if parts else None,
        contributions=terms,
        groups=parts,
        gap=_gap(terms, parts),
    )


def _groups(
    form: Form, population: Sequence[float], resource: Sequence[float], groups: Sequence[str]
) -> list[Group]:
    members: dict[str, list[int]] = {}
    for place, name in enumerate(groups):
        members.setdefault(name, []).append(place)
    return [
        _group(form, name, [population[i] for i in places], [resource[i] for i in places])
        for name, places in members.items()
    ]


def _group(form: Form, name: str, population: list[float], resource: list[float]) -> Group:
    persons, held = math.fsum(population), math.fsum(resource)
    weight = persons if form == Form.L else held
    return Group(
        name=name,
        population=persons,
        resource=held,
        index=(index := _within(form, population, resource)),
        within=0.0 if not weight else None if index is None else weight * index,
        between=_term(form, persons, held),
    )


def _within(form: Form, population: list[float], resource: list[float]) -> float | None:
    """Return the index among the regions of one group, None where it has none."""
    persons, held = math.fsum(population), math.fsum(resource)
    if not persons or not held:
        return None
    return _sum(
        [_term(form, p / persons, y / held) for p, y in zip(population, resource, strict=True)]
    )


def _term(form: Form, population: float, resource: float) -> float | None:
    weight, other = (population, resource) if form == Form.L else (resource, population)
    if not weight:
        return 0.0
    return weight * math.log(weight / other) if other else None


def _sum(terms: Sequence[float | None]) -> float | None:
    known = [term for term in terms if term is not None]
    return math.fsum(known) if len(known) == len(terms) else None


def _gap(terms: Sequence[float | None], parts: Sequence[Group]) -> Gap | None:
    if any(part.between is None for part in parts):
        return Gap.GROUP_EMPTY
    return Gap.RESOURCE_ZERO if None in terms else None
