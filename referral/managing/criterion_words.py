"""Puts a rule of the criteria into words: what it compares, on which way, and what an alliance has set of it."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from facilities.vocabulary import CapabilityCode, Tier
from referral import wording
from referral.codes import CriterionMode, Visit
from referral.criteria import held, loading
from referral.criteria.evaluate import URGENCIES
from referral.criteria.explain import SIGNS, source
from referral.criteria.observations import spoken
from referral.criteria.shapes import Compare, Condition, Group, Rule, Value
from referral.managing import words
from referral.models import CriterionSetting
from referral.wording import Mark

VISITS: Final = dict(Visit.choices)
MODES: Final = dict(CriterionMode.choices)
OFF: Final = Mark(MODES[CriterionMode.OFF], "ban", "red")


def number(value: Value) -> str:
    """Return a threshold as it is written: without noughts that say nothing."""
    if not isinstance(value, Fraction):
        return str(value)
    return str(int(value)) if value.denominator == 1 else repr(float(value))


def label(leaf: Compare) -> str:
    """Return what a comparison compares."""
    variables = loading.book().variables
    names = [name for name in (leaf.variable, leaf.minus) if name]
    return " − ".join(spoken(variables[name].words) for name in names)


def leaf_words(leaf: Compare) -> dict[str, Any]:
    """Return a comparison in words; a yes or no is only named."""
    is_number = isinstance(leaf.threshold, Fraction)
    return {
        "label": label(leaf),
        "sign": SIGNS[leaf.operator] if is_number else "",
        "threshold": number(leaf.threshold) if is_number else "",
        "unit": wording.unit(leaf.unit or ""),
        "is_not": leaf.threshold is False,
        "standard": None if leaf.standard is None else number(leaf.standard),
    }


def condition_words(condition: Condition) -> dict[str, Any]:
    """Return a condition in words: a comparison, or a group of conditions."""
    if isinstance(condition, Group):
        members = [condition_words(each) for each in condition.members]
        return {"members": members, "needs_all": condition.needs_all}
    return {"leaf": leaf_words(condition)}


def rule_words(rule: Rule) -> dict[str, Any]:
    """Return everything that a page says of one edition of a rule."""
    verified = rule.status == "verified"
    capability = CapabilityCode(rule.capability).label if rule.capability else ""
    return {
        "id": rule.id,
        "text": spoken(rule.words),
        "note": spoken(rule.note),
        "from_tiers": [Tier(each).label for each in sorted(rule.edge.from_tiers)],
        "to_tiers": [Tier(each).label for each in sorted(rule.edge.to_tiers)],
        "direction": wording.direction(rule.edge.direction),
        "visit": VISITS.get(rule.visit, ""),
        "urgency": wording.urgency(URGENCIES[rule.urgency]) if rule.urgency else None,
        "raised": wording.urgency(URGENCIES[rule.raised_urgency]) if rule.raised_urgency else None,
        "raised_when": condition_words(rule.raised_when) if rule.raised_when else None,
        "when": condition_words(rule.when),
        "capability": capability,
        "follow_up_days": rule.follow_up_days,
        "source": source(rule),
        "status": words.VERIFIED if verified else words.UNVERIFIED,
        "since": rule.effective_from,
        "until": rule.effective_to,
    }


def line(rule: Rule, settings: Mapping[str, list[CriterionSetting]], today: date) -> dict[str, Any]:
    """Return what the list says of a rule: as it is held today, and whether a change is planned."""
    rows = settings.get(rule.id, [])
    row = next((each for each in rows if each.is_in_force(today)), None)
    shown = held.applied(rule, row)
    return {
        **rule_words(shown or rule),
        "off": shown is None,
        "own": shown is not None and shown.own is not None,
        "lapsed": row is not None and lapsed(rule, row),
        "planned": any(words.term(each, today) == words.PLANNED for each in rows),
    }


def lapsed(rule: Rule, row: CriterionSetting) -> bool:
    """Say whether a setting was made for another edition of the rule, and so says nothing now."""
    return row.mode != CriterionMode.STANDARD and not held.fits(rule, row)


def setting_words(row: CriterionSetting, rule: Rule | None, today: date) -> dict[str, Any]:
    """Return a stored setting in words; `rule` is the edition that it was made for, where that is known still."""
    mark = words.term(row, today)
    return {
        "row": row,
        "mark": mark,
        "what": MODES[row.mode],
        "details": _details(row, rule),
        "withdraw": mark == words.PLANNED,
    }


def _details(row: CriterionSetting, rule: Rule | None) -> list[dict[str, Any]]:
    shown = held.applied(rule, row) if rule is not None else None
    leaves = shown.when.leaves() if shown is not None else ()
    return [leaf_words(leaf) for leaf in leaves if leaf.standard is not None]
