"""Says what rules came to: as plain data to be kept with a referral, and in words for whoever reads it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from referral.criteria.evaluate import CANNOT_EVALUATE, MET, NOT_MET, URGENCIES, Result, soonest
from referral.criteria.observations import spoken
from referral.criteria.shapes import Compare, Group, Own, Rule, Value, Variable, Words

SIGNS: Final = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}
UP_ADVICE: Final = {
    "immediate": gettext_lazy("Rules ask for a referral at once, by ambulance."),
    "same-day": gettext_lazy("Rules ask for a referral today."),
    "routine": gettext_lazy("Rules ask for a routine referral, within two weeks."),
}


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _plain(value: Value) -> bool | int | float:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value


def _leaf(leaf: Compare) -> dict[str, Any]:
    return {
        "variable": leaf.variable,
        "minus": leaf.minus or None,
        "operator": leaf.operator,
        "threshold": _plain(leaf.threshold),
        "unit": leaf.unit or None,
    }


def kept(result: Result) -> dict[str, Any]:
    """Return a result with the version of its rule, as it is stored: words in both languages, no lookups."""
    rule = result.rule
    return {
        "rule": rule.id,
        "text": _words(rule.words),
        "note": _words(rule.note) if rule.note.zh else None,
        "outcome": result.outcome,
        "missing": list(result.missing),
        "direction": str(rule.edge.direction),
        "urgency": result.urgency or None,
        "urgency_missing": list(result.urgency_missing),
        "capability": rule.capability.upper() or None,
        "follow_up_days": rule.follow_up_days,
        "source": source(rule),
        "status": rule.status,
        "effective_from": rule.effective_from.isoformat(),
        "compared": [
            {**_leaf(leaf), "standard": _standard(leaf), "holds": holds}
            for leaf, holds in result.compared
        ],
        "own": _own(rule.own),
    }


def _standard(leaf: Compare) -> bool | int | float | None:
    return None if leaf.standard is None else _plain(leaf.standard)


def _own(own: Own | None) -> dict[str, str] | None:
    """Return that an alliance has set something of the rule for itself."""
    if own is None:
        return None
    return {
        "alliance": str(own.alliance_id),
        "since": own.since.isoformat(),
        "source": own.source,
    }


def source(rule: Rule) -> dict[str, Any]:
    """Return where a rule comes from."""
    return {
        "document": rule.source.document,
        "title": rule.source.title,
        "section": rule.section,
        "edition": rule.source.edition,
        "url": rule.source.url or None,
    }


def shown(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return kept results in the reader's language, with what is met first."""
    rank = {MET: 0, CANNOT_EVALUATE: 1, NOT_MET: 2}
    ordered = sorted(results, key=lambda each: (rank[each["outcome"]], _soon(each)))
    return [
        {
            **each,
            "text": _read(each["text"]),
            "note": _read(each["note"]),
            # What was kept before alliances could set anything does not say so.
            "own": each.get("own"),
            "own_words": _own_words(each),
            "compared": [{"standard": None, **leaf} for leaf in each["compared"]],
        }
        for each in ordered
    ]


def _own_words(result: Mapping[str, Any]) -> str:
    """Return in words that an alliance had set thresholds of its own; empty where the document held."""
    if not result.get("own"):
        return ""
    own = [leaf for leaf in result["compared"] if leaf.get("standard") is not None]
    told = [
        _("by the alliance: %(words)s (document: %(standard)s)")
        % {
            "words": f"{SIGNS[leaf['operator']]} {leaf['threshold']:g} {leaf['unit'] or ''}".strip(),
            "standard": f"{leaf['standard']:g}",
        }
        for leaf in own
    ]
    return "; ".join(told) or _("by the alliance")


def _soon(result: Mapping[str, Any]) -> int:
    """Return the place of a result among others: the sooner, the earlier."""
    return URGENCIES.get(result["urgency"], len(URGENCIES))


def _read(words: Mapping[str, str] | None) -> str | None:
    return spoken(Words(words["zh"], words["en"])) if words else None


def advice(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what kept results come to together; the doctor decides.

    `missing` names what would let more rules be evaluated.
    """
    met = sorted((each for each in results if each["outcome"] == MET), key=_soon)
    days = [each["follow_up_days"] for each in met if each["follow_up_days"]]
    missing = [name for each in results for name in (*each["missing"], *each["urgency_missing"])]
    urgency = soonest(each["urgency"] or "" for each in met)
    return {
        "met": [each["rule"] for each in met],
        "direction": met[0]["direction"] if met else None,
        "urgency": urgency or None,
        "capabilities": sorted(capabilities(met)),
        "follow_up_days": min(days, default=None),
        "missing": list(dict.fromkeys(missing)),
        "text": _sentence(met, urgency, results),
    }


def capabilities(results: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return what the destination must be able to do by the rules among kept results that are met."""
    return {each["capability"] for each in results if each["outcome"] == MET and each["capability"]}


def _sentence(
    met: Sequence[Mapping[str, Any]], urgency: str, results: Sequence[Mapping[str, Any]]
) -> str:
    if urgency:
        return str(UP_ADVICE[urgency])
    if met:
        return _("The criteria for the way down are met.")
    if not results:
        return _("There is no rule for this diagnosis and this way.")
    if any(each["outcome"] == CANNOT_EVALUATE for each in results):
        return _("No rule is met by what is known; some lack an observation.")
    return _("No rule is met.")


def rule(one: Rule) -> dict[str, Any]:
    """Return a rule itself, for display."""
    return {
        "rule": one.id,
        "disease": one.disease.key,
        "icd10": list(one.disease.icd10),
        "text": spoken(one.words),
        "note": spoken(one.note) or None,
        "from_tiers": sorted(one.edge.from_tiers),
        "to_tiers": sorted(one.edge.to_tiers),
        "direction": str(one.edge.direction),
        "visit": one.visit or None,
        "condition": _condition(one.when),
        "urgency": one.urgency or None,
        "raised_urgency": one.raised_urgency or None,
        "raised_condition": _condition(one.raised_when) if one.raised_when else None,
        "capability": one.capability.upper() or None,
        "follow_up_days": one.follow_up_days,
        "source": source(one),
        "status": one.status,
        "effective_from": one.effective_from.isoformat(),
        "effective_to": one.effective_to.isoformat() if one.effective_to else None,
    }


def _condition(condition: Compare | Group) -> dict[str, Any]:
    if isinstance(condition, Compare):
        return _leaf(condition)
    return {
        "all" if condition.needs_all else "any": [_condition(each) for each in condition.members]
    }


def variable(one: Variable, accepted: Sequence[str]) -> dict[str, Any]:
    """Return an observation that rules know, with the units in which it may be given."""
    bounds = (one.minimum, one.maximum) if one.is_number else (None, None)
    low, high = (None if each is None else _plain(each) for each in bounds)
    return {
        "name": one.name,
        "label": spoken(one.words),
        "kind": "number" if one.is_number else "boolean",
        "units": list(accepted),
        "minimum": low,
        "maximum": high,
        "gender": one.gender or None,
    }
