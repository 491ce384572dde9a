"""Keeps at hand what alliances set of the criteria, and says by which versions of a rule a leg is judged.

A setting begins on the day after it is made at the earliest, and what is kept here is read anew each day: so
every process judges by the same from a day's first moment on, however many there are.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts import databases
from referral.codes import CriterionMode
from referral.criteria.shapes import Compare, Condition, Group, Own, Rule, Variable
from referral.models import CriterionSetting

# What is planned is shown this much late by other processes, seconds.
FRESH: Final = 20.0
Settings = Mapping[str, tuple[CriterionSetting, ...]]
_kept: dict[date, tuple[float, Settings]] = {}


def settings() -> Settings:
    """Return every setting that is not withdrawn, by rule; one statement when they are read."""
    today = timezone.localdate()
    kept = _kept.get(today)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    # What every request of this process decides by is as new as the primary.
    with databases.reading(databases.PRIMARY):
        found = read()
    _kept.clear()
    _kept[today] = (time.monotonic() + FRESH, found)
    return found


def forget() -> None:
    """Let this process read the settings anew, since it has changed them."""
    _kept.clear()


def read() -> Settings:
    """Read the settings from the database now."""
    found: dict[str, list[CriterionSetting]] = defaultdict(list)
    for row in CriterionSetting.objects.exclude(ends=F("starts")).order_by("starts"):
        found[row.rule].append(row)
    return {rule: tuple(rows) for rule, rows in found.items()}


def alliances_set(on: date) -> set[UUID]:
    """Return the alliances that have set anything for a day; most systems have none."""
    return {row.alliance_id for rows in settings().values() for row in rows if row.is_in_force(on)}


def versions(rules: Iterable[Rule], alliances: Collection[UUID], on: date) -> list[list[Rule]]:
    """Return each rule as it holds in these alliances on a day: one version for each that differs.

    A rule that all of them have switched off is left out. Without an alliance the documents' own hold.
    """
    kept = settings()
    found = []
    for rule in rules:
        rows = {row.alliance_id: row for row in kept.get(rule.id, ()) if row.is_in_force(on)}
        made = [applied(rule, rows.get(each)) for each in alliances] if rows else [rule]
        several = [each for each in dict.fromkeys(made) if each is not None]
        if several or not alliances:
            found.append(several or [rule])
    return found


def fits(rule: Rule, row: CriterionSetting) -> bool:
    """Say whether a setting was made for this edition of the rule."""
    return row.edition == rule.effective_from


def applied(rule: Rule, row: CriterionSetting | None) -> Rule | None:
    """Return a rule with what an alliance has set of it, None where it has switched it off."""
    if row is None or not fits(rule, row) or row.mode == CriterionMode.STANDARD:
        return rule
    if row.mode == CriterionMode.OFF:
        return None
    thresholds = {int(place): Fraction(text) for place, text in row.thresholds.items()}
    return replace(
        rule,
        when=_with(rule.when, thresholds),
        follow_up_days=row.follow_up_days or rule.follow_up_days,
        own=Own(row.alliance_id, row.starts, row.source),
    )


def _with(condition: Condition, thresholds: Mapping[int, Fraction]) -> Condition:
    """Return a condition with other thresholds, by the place of each comparison from the left."""
    place = -1

    def walk(each: Condition) -> Condition:
        nonlocal place
        if isinstance(each, Group):
            return Group(each.needs_all, tuple(walk(member) for member in each.members))
        place += 1
        new = thresholds.get(place)
        return each if new is None else replace(each, threshold=new, standard=each.threshold)

    return walk(condition)


def bounds(leaf: Compare, variables: Mapping[str, Variable]) -> tuple[Decimal, Decimal] | None:
    """Return between which numbers a threshold may lie, by the schema of the data files; None for a yes or no.

    A difference lies between nothing and the whole range of what is compared.
    """
    variable = variables[leaf.variable]
    if not variable.is_number:
        return None
    low, high = variable.minimum, variable.maximum
    if leaf.minus:
        low, high = Fraction(0), variable.maximum - variable.minimum
    return _decimal(low), _decimal(high)


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)
