"""Reads what alliances have set of the criteria, and what a change would make of what was observed lately."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from facilities.vocabulary import Direction
from referral.codes import RuleOutcome
from referral.criteria import loading, observations
from referral.criteria.evaluate import VISIT, evaluate
from referral.criteria.shapes import Disease, Rule, Value, Variable
from referral.models import Assessment, CriterionSetting, DownReview, Referral

LOOKED_BACK: Final = timedelta(days=90)
MOST: Final = 500


def settings_of(alliance_id: UUID) -> QuerySet[CriterionSetting]:
    """Return every setting of an alliance, the newest term first."""
    rows = CriterionSetting.objects.filter(alliance=alliance_id).select_related("set_by")
    return rows.order_by("-starts", "rule", "-id")


def beside(alliance_id: UUID, rule: str) -> QuerySet[CriterionSetting]:
    """Return the settings of one rule in an alliance."""
    return CriterionSetting.objects.filter(alliance=alliance_id, rule=rule)


@dataclass(frozen=True, slots=True)
class Turned:
    """Of `looked_at` observations the legs whose rule would newly be met, and would be met no more.

    `bounded` says that there were more, and only the newest were looked at.
    """

    looked_at: int
    met_now: int
    gained: tuple[UUID, ...]
    lost: tuple[UUID, ...]
    bounded: bool


def turned(
    alliance_id: UUID, rule: Rule, now_held: Rule | None, then: Rule | None, *, at: datetime
) -> Turned:
    """Ask of what was observed in the last 90 days what a rule says as it is held, and as it would be.

    None stands for a rule that is switched off, which nobody meets. One statement.
    """
    variables = compared(rule)
    rows = list(_slim(_observed(alliance_id, rule, at), variables))
    gained, lost, met_now = [], [], 0
    for row in rows[:MOST]:
        known = _values(row, variables)
        before, after = _met(now_held, row, known), _met(then, row, known)
        met_now += before
        if after and not before:
            gained.append(row.referral_id)
        elif before and not after:
            lost.append(row.referral_id)
    looked_at = min(len(rows), MOST)
    return Turned(looked_at, met_now, tuple(gained), tuple(lost), bounded=len(rows) > MOST)


def compared(rule: Rule) -> dict[str, Variable]:
    """Return the variables that a rule compares; an alliance changes their thresholds and no more."""
    conditions = [each for each in (rule.when, rule.raised_when) if each]
    leaves = [leaf for each in conditions for leaf in each.leaves()]
    names = {name for leaf in leaves for name in (leaf.variable, leaf.minus) if name}
    return {name: each for name, each in loading.book().variables.items() if name in names}


def _slim(rows: QuerySet[Any], variables: Mapping[str, Variable]) -> QuerySet[Any]:
    """Leave out what is kept of all rules: 24 kB a row, and only what a community could do is read from it."""
    needed = any(each.capability for each in variables.values())
    return rows if needed else rows.defer("results")


def _observed(alliance_id: UUID, rule: Rule, at: datetime) -> QuerySet[Any]:
    """Return what was observed of the legs that the rule is about, the newest first and one more than is counted."""
    legs = _legs(alliance_id, rule.disease)
    since = at - LOOKED_BACK
    if rule.edge.direction == Direction.UP:
        rows = Assessment.objects.filter(
            legs,
            settled_at__gte=since,
            referral__created_at__gte=since,
            referral__from_tier__in=sorted(rule.edge.from_tiers),
            referral__to_tier__in=sorted(rule.edge.to_tiers),
        )
        return rows.order_by("-referral__created_at", "-id")[: MOST + 1]
    # A patient is looked at again and again: the newest look of each leg counts.
    reviews = DownReview.objects.filter(
        legs,
        reason="",
        reviewed_at__gte=since,
        referral__to_tier__in=sorted(rule.edge.from_tiers),
    )
    newest = reviews.order_by("-referral_id", "-id").distinct("referral_id")
    return newest[: MOST + 1]


def _legs(alliance_id: UUID, disease: Disease) -> Q:
    found = Q(referral__alliance=alliance_id)
    about = Q()
    for prefix in disease.icd10:
        about |= Q(referral__diagnosis_code__istartswith=prefix)
    return found & about


def _met(rule: Rule | None, row: Any, known: Mapping[str, Value]) -> bool:
    if rule is None:
        return False
    visit = getattr(row, VISIT, "")
    if rule.visit and visit and rule.visit != visit:
        return False
    return evaluate(rule, known, visit).outcome == RuleOutcome.MET


def _values(row: Any, variables: Mapping[str, Variable]) -> dict[str, Value]:
    """Return what was known of these then: observed, age and sex, and what the community could do."""
    given = {name: each for name, each in row.observations.items() if name in variables}
    usable = observations.usable(given, variables)
    age, gender = getattr(row, "age", None), getattr(row, "gender", "")
    known = observations.values(usable, variables, age=age, gender=gender)
    # A look at a return keeps no more than what its comparisons came to.
    told = {name for name, each in variables.items() if each.capability or each.gender}
    if not told:
        return known
    for result in row.results:
        for leaf in result["compared"]:
            if leaf["variable"] in told and leaf["holds"] is not None:
                known.setdefault(leaf["variable"], leaf["holds"] == leaf["threshold"])
    return known


def legs_of(ids: Iterable[UUID]) -> QuerySet[Referral]:
    """Return these legs, as far as whoever asks may see them."""
    return Referral.objects.filter(pk__in=list(ids))


def in_force(rows: Iterable[CriterionSetting], rule: str, on: date) -> CriterionSetting | None:
    """Return the setting of a rule that holds on a day."""
    return next((row for row in rows if row.rule == rule and row.is_in_force(on)), None)
