"""Reads what the filing page shows beside the words: criteria, destinations, what is missing, the consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from facilities import hierarchy
from facilities.models import Department, Facility
from facilities.queries import directory
from facilities.vocabulary import Direction
from patients import queries as patient_queries
from patients import risks
from patients.identity import needs_guardian
from patients.queries import ForReferral
from referral import completeness
from referral.codes import RuleOutcome
from referral.criteria import loading
from referral.criteria.evaluate import VISIT
from referral.criteria.observations import AGE, spoken
from referral.criteria.shapes import Rule, Variable
from referral.directions import heading
from referral.filing.forms import WORDS
from referral.matching import Found, Question, find
from referral.models import Assessment, Referral, RouteChoice
from referral.policy import consents as policy_consents
from referral.policy import criteria as policy_criteria
from referral.policy import routes as policy_routes
from referral.queries import completeness as queries_completeness
from referral.queries import criteria as queries_criteria
from referral.queries import referrals as queries
from referral.representations import completeness as words_completeness
from referral.representations import criteria as words_criteria

SHOWN: Final = 6
# How much of what the criteria lack is named.
MOST_MISSING: Final = 6


@dataclass(slots=True)
class Asked:
    """What the criteria of a diagnosis compare: numbers first, then what is ticked, then what is rare.

    `visits` says that some of them hold only for a first visit, or only for one in a follow-up.
    """

    visits: bool = False
    variables: dict[str, Variable] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    ticks: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What several parts of the page ask of a draft, read once: of the patient, and what was observed."""

    person: ForReferral | None
    kept: Assessment | None


def known(referral: Referral, *, at: datetime) -> Known:
    """Return it as it stands now."""
    today = timezone.localdate(at)
    return Known(
        patient_queries.for_referral(referral.patient_id, referral.from_facility_id, today),
        queries_criteria.assessment_of(referral),
    )


def asked(referral: Referral, about: Known, *, at: datetime) -> Asked:
    """Return what may be observed for the diagnosis of a draft that goes up; nothing for a return."""
    if is_return(referral):
        return Asked()
    book = loading.book()
    rules = book.select(
        on=timezone.localdate(at),
        diagnosis=referral.diagnosis_code,
        from_tier=referral.from_facility.tier,
        to_tier=None,
    )
    answered = _answered(about, book.variables)
    own = [
        name for name in _compared([r for r in rules if r.disease.icd10]) if name not in answered
    ]
    general = [
        name
        for name in _compared([r for r in rules if not r.disease.icd10])
        if name not in own and name not in answered
    ]
    found = Asked(
        visits=any(rule.visit for rule in rules),
        variables={name: book.variables[name] for name in (*own, *general)},
    )
    for name in own:
        (found.numbers if found.variables[name].is_number else found.ticks).append(name)
    found.others = general
    return found


def _answered(about: Known, variables: Mapping[str, Variable]) -> set[str]:
    """Return what the patient's sex answers with no; but not what was observed all the same, to be taken back."""
    gender = about.person.gender if about.person else ""
    observed = about.kept.observations if about.kept else {}
    seen = {name for name, each in observed.items() if each["value"]}
    return {each.name for each in variables.values() if each.is_never_true_of(gender)} - seen


def _compared(rules: Sequence[Rule]) -> list[str]:
    conditions = [each for one in rules for each in (one.when, one.raised_when) if each]
    leaves = [leaf for each in conditions for leaf in each.leaves()]
    names = [
        name for leaf in leaves for name in (leaf.variable, leaf.minus) if name and name != AGE
    ]
    return list(dict.fromkeys(names))


def is_return(referral: Referral) -> bool:
    """Say whether the draft leads down."""
    return heading(referral) == Direction.DOWN


def label(variable: Variable) -> str:
    """Return the name of what is observed in the reader's language."""
    return spoken(variable.words)


def ranked(referral: Referral, choice: RouteChoice | None, by: Actor, at: datetime) -> Found | None:
    """Return the best destinations of a draft that goes up, each with its reasons; None for a return."""
    if is_return(referral):
        return None
    question = Question(
        patient_id=referral.patient_id,
        diagnosis=referral.diagnosis_code,
        words=referral.diagnosis,
        urgency=referral.urgency,
        capabilities=queries_criteria.needed_capabilities(referral),
        may_skip=choice is not None,
        limit=SHOWN,
    )
    return find(question, by=by, now=at)


def _unexplained(
    place: "Chosen | None", choice: RouteChoice | None, departing: Assessment | None
) -> list[dict[str, str]]:
    """Return the reasons that are still to be given before it is sent: their names, and where they are given."""
    wanted = []
    if place is not None and place.needs_reason and choice is None:
        wanted.append({"label": _("Why this destination"), "at": "id_skip_reason"})
    if departing is not None and not departing.override_reason:
        label = _("Why it goes although no rule is met")
        wanted.append({"label": label, "at": "id_override_reason"})
    return wanted


def _placed(want: Mapping[str, Any]) -> dict[str, Any]:
    """Return something that is missing with the field that takes it: the results, where it is a result."""
    item = "place" if want["item"] == "to_facility" else want["item"]
    return {**want, "at": f"id_{item if item in ('place', *WORDS) else 'results'}"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The destination of a draft: its departments, and whether it needs a reason or lies outside the network."""

    facility: Facility
    departments: Sequence[Department]
    needs_reason: bool
    outside: bool


def chosen(referral: Referral, at: datetime) -> Chosen | None:
    """Return the destination that a draft names, None for none."""
    if referral.to_facility is None:
        return None
    route = _route(referral.from_facility_id, referral.to_facility.pk, at)
    return Chosen(
        facility=referral.to_facility,
        departments=list(directory.departments(referral.to_facility.pk).order_by("code", "id")),
        needs_reason=route is not None and policy_routes.needs_choice(route, referral.urgency),
        outside=route is not None and route.alliance_id is None and not is_return(referral),
    )


def choice_of(referral: Referral) -> RouteChoice | None:
    """Return the sender's reason for an unusual destination, None without one."""
    return RouteChoice.objects.filter(pk=referral.pk).first()


def is_outside(sender: UUID, destination: UUID | None, at: datetime) -> bool:
    """Say whether a destination shares no alliance with the sender."""
    route = None if destination is None else _route(sender, destination, at)
    return route is not None and route.alliance_id is None


def _route(sender: UUID, destination: UUID, at: datetime) -> hierarchy.Route | None:
    return hierarchy.route(sender, destination, timezone.localdate(at))


def consent(referral: Referral, person: ForReferral | None, at: datetime) -> dict[str, Any]:
    """Return whether the patient's consent lets the draft go, and the risks that he is told."""
    today = timezone.localdate(at)
    verdict = None if person is None else policy_consents.may_proceed(person, referral.urgency)
    return {
        "verdict": verdict,
        "given": person is not None and person.consent_id is not None and not person.refused,
        "risks": risks.current(today),
        "is_child": person is not None and needs_guardian(person.birth_date, today),
    }


def departs(referral: Referral, kept: Assessment | None, at: datetime) -> bool:
    """Say whether a draft does otherwise than the criteria advise, so that it needs a reason to be sent."""
    if kept is None:
        return False
    offered = queries_criteria.offered(referral, kept, timezone.localdate(at))
    return bool(policy_criteria.departures(kept, referral.urgency, offered))


class Unjudged(NamedTuple):
    """What would have to be known to judge by the rest of the rules: the first of it in words, and how much more."""

    named: Sequence[str] = ()
    more: int = 0


def unjudged(assessment: Mapping[str, Any] | None, asked: Asked) -> Unjudged:
    """Return what is missing to rules that cannot be judged, where none is met by what is known.

    What the disease's own rules compare comes first; emergencies are named when nothing else is missing.
    """
    if assessment is None or assessment["advice"]["met"]:
        return Unjudged()
    results = assessment["results"]
    unknown = (each for each in results if each["outcome"] == RuleOutcome.CANNOT_EVALUATE)
    missing = {name for each in unknown for name in each["missing"]}
    own = [name for name in (*asked.numbers, *asked.ticks) if name in missing]
    names = own or [name for name in asked.others if name in missing]
    words = [_("Kind of visit")] if VISIT in missing else []
    words += [spoken(asked.variables[name].words) for name in names]
    return Unjudged(words[:MOST_MISSING], len(words[MOST_MISSING:]))


def live(referral: Referral, about: Known, by: Actor, at: datetime) -> dict[str, Any]:
    """Return everything beside the words that changes with them."""
    kept = about.kept
    choice = choice_of(referral)
    facts = queries_completeness.facts(referral, at=at)
    check = words_completeness.verdict(completeness.check(referral, facts), facts)
    check |= {part: [_placed(want) for want in check[part]] for part in ("blocking", "recommended")}
    found = ranked(referral, choice, by, at)
    matches = found.matches if found else []
    place = chosen(referral, at)
    is_departing = departs(referral, kept, at)
    known = {match.facility.id for match in matches}
    return {
        "referral": referral,
        "assessment": words_criteria.assessment(kept) if kept else None,
        "told": kept is not None and any(kept.observations),
        "departs": is_departing,
        "check": check,
        "unexplained": _unexplained(place, choice, kept if is_departing else None),
        "matches": matches,
        "events": found.events if found else (),
        "chosen": place,
        "chosen_apart": place is not None and place.facility.pk not in known,
        "choice": choice,
        "consent": consent(referral, about.person, at),
        "documents": list(queries.attachments(referral).order_by("-uploaded_at", "-id")),
        "saved_at": at,
    }
