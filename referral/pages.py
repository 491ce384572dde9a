"""Turns referrals into what pages show: masked people, words, the parts of the slip, the timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.permissions import Permission
from facilities.vocabulary import Direction
from notifications.models import OutboxMessage
from patients import queries as patient_queries
from patients import representations as patient_words
from patients.models import Gender, Patient
from referral import clocks, documentation, loop, receipts, sla, wording
from referral.carried import measured
from referral.directions import heading
from referral.models import Booking, Episode, FollowUp, Referral, Transition
from referral.queries import clocks as queries_clocks
from referral.queries import referrals as queries
from referral.representations import completeness as words
from referral.representations import referrals as representations
from referral.states import WAITING, Status, Urgency

Words = str | Promise
Part = tuple[Words, str]

# The order of the official slips (domain.md §1.1): up 双向转诊(转出)单, down 双向转诊(回转)单.
UP_SLIP: Final[tuple[Part, ...]] = (
    (_("First impression"), "diagnosis"),
    (_("Main present illness (reason for referral)"), "reason"),
    (_("Main past history"), "past_history"),
    (_("Allergies"), "allergies"),
    (_("Treatment so far"), "treatment"),
    (_("Main results"), "results"),
)
DOWN_SLIP: Final[tuple[Part, ...]] = (
    (_("Diagnosis"), "diagnosis"),
    (_("Inpatient record number"), "inpatient_no"),
    (_("Main results"), "results"),
    (_("Main past history"), "past_history"),
    (_("Allergies"), "allergies"),
    (_("Treatment given"), "treatment"),
    (_("Plan of further treatment"), "plan"),
    (_("Rehabilitation advice"), "rehabilitation"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A referral in a list."""

    referral: Referral
    person: str
    status: wording.Mark
    direction: wording.Mark
    urgency: wording.Mark
    due: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the timeline."""

    row: Transition
    done: Words
    icon: str
    who: str
    reason: Words
    told: list[receipts.Told]
    # Which way the leg goes, where a timeline tells of several.
    way: wording.Mark | None = None


def people(rows: Sequence[Referral], by: Actor) -> dict[UUID, Patient]:
    """Return the patients of these referrals whom the actor may see, in one statement or two."""
    return representations.people(rows, by) if rows else {}


def patient_of(referral: Referral, by: Actor) -> Patient | None:
    """Return the whole record of a referral's patient; None where the actor may not see who it is."""
    if not by.can(Permission.PATIENT_VIEW):
        return None
    return patient_queries.find(referral.patient_id, by)


def person(patient: Patient | None, age: int | None = None) -> str:
    """Return the masked name with sex and age, or that the actor may not see who it is."""
    if patient is None:
        return str(_("Patient not shown"))
    shown = patient_words.summary(patient)
    born = _("born %(year)s") % {"year": shown["birth_year"]}
    years = born if age is None else _("%(years)s years") % {"years": age}
    return f"{shown['name']} · {Gender(shown['gender']).label} · {years}"


def line(
    referral: Referral,
    patients: Mapping[UUID, Patient],
    at: datetime,
    *,
    due: datetime | None = None,
) -> Line:
    """Return a referral as a list shows it, with the deadline that the list is about or its running one."""
    by = due or sla.deadline(referral, clocks.rules())
    return Line(
        referral=referral,
        person=person(patients.get(referral.patient_id), referral.patient_age),
        status=wording.status(referral.status),
        direction=wording.direction(referral.direction),
        urgency=wording.urgency(referral.urgency),
        due=by,
        overdue=by is not None and by < at,
    )


def lines(rows: Sequence[Referral], by: Actor, at: datetime, *, box: str = "") -> list[Line]:
    """Return a list of referrals with all their patients read at once."""
    return listed(rows, people(rows, by), at, box=box)


def listed(
    rows: Sequence[Referral], patients: Mapping[UUID, Patient], at: datetime, *, box: str
) -> list[Line]:
    """Return the lines of a box; in that of emergencies to complete, each with the deadline of that."""
    completing = box == "documentation" and rows
    dues = documentation.due_at([row.pk for row in rows]) if completing else {}
    return [line(row, patients, at, due=dues.get(row.pk)) for row in rows]


def goes_down(referral: Referral) -> bool:
    """Say which slip is meant."""
    return heading(referral) == Direction.DOWN


def slip(referral: Referral) -> list[tuple[Words, str]]:
    """Return the parts of the official slip with their texts, empty ones included."""
    parts = DOWN_SLIP if goes_down(referral) else UP_SLIP
    return [(label, getattr(referral, name)) for label, name in parts]


def patient_card(patient: Patient | None, at: datetime) -> dict[str, Any] | None:
    """Return the masked particulars of a patient for the head of the slip."""
    if patient is None:
        return None
    shown = patient_words.patient(patient, [], timezone.localdate(at))
    return {**shown, "gender": Gender(shown["gender"]).label}


def event(row: Transition, told: list[receipts.Told], way: wording.Mark | None = None) -> Event:
    """Return a move in words, with who was told of it; who acts for another facility is named with it."""
    verb = wording.VERBS[row.verb]
    person = row.by.full_name if row.by else ""
    if row.for_user is not None:
        names = {"deputy": person, "principal": row.for_user.full_name}
        person = _("%(deputy)s for %(principal)s") % names
    people_and_places = [
        person,
        row.facility.name if row.facility else "",
    ]
    return Event(
        row=row,
        done=verb.done,
        icon=verb.icon,
        who=" · ".join(filter(None, people_and_places)) or str(_nobody(row)),
        reason=wording.REASONS.get(row.reason_code, ""),
        told=told,
        way=way,
    )


def events(moves: Sequence[Transition], messages: Sequence[OutboxMessage]) -> list[Event]:
    """Return the timeline: the moves, each with the institutions that were told of it and how they received it."""
    found = receipts.by_move(messages, moves)
    return [event(row, receipts.of(row, found)) for row in moves]


def whole(
    legs: Sequence[Referral], moves: Sequence[Transition], messages: Sequence[OutboxMessage]
) -> list[Event]:
    """Return the timeline of an episode: what happened in all its legs, in the order in which it happened."""
    found = {
        leg.pk: receipts.by_move(
            [row for row in messages if row.subject == leg.pk],
            [row for row in moves if row.referral_id == leg.pk],
        )
        for leg in legs
    }
    ways = {leg.pk: wording.direction(leg.direction) for leg in legs}
    return [
        event(row, receipts.of(row, found[row.referral_id]), ways[row.referral_id]) for row in moves
    ]


def _nobody(row: Transition) -> Words:
    """Return who made a move that no person of any facility made; a visit is put off by its patient alone."""
    return _("The patient, by the link") if row.verb == "put_off" else _("The system")


def facts(referral: Referral) -> list[tuple[Words, str | Promise]]:
    """Return the coded words of a leg that apply to it: why it was sent, declined or ended, and how."""
    shown = (
        (_("Reason for referral"), referral.get_reason_code_display()),
        (_("Reason for declining"), referral.get_decline_reason_display()),
        (_("Reason for withdrawing"), referral.get_cancel_reason_display()),
        (_("Outcome"), referral.get_outcome_display()),
        (_("No return, because"), referral.get_no_return_reason_display()),
    )
    return [(label, words) for label, words in shown if words]


def refused(refusal: Refused | None, *, invalid: bool) -> dict[str, Any]:
    """Return what templates/referral/refusal.html shows: why not, what is missing, which open leg is in the way."""
    return {
        "refusal": refusal,
        "invalid": invalid,
        "open_leg": refusal.facts.get("duplicate") if refusal else None,
        "lacking": lacking(refusal.errors) if refusal else [],
    }


def lacking(errors: Mapping[str, Any]) -> list[Words]:
    """Return the names of the parts of the slip that a refusal calls missing."""
    names = {name: label for label, name in (*DOWN_SLIP, *UP_SLIP)}
    names["reason_code"] = _("Reason for referral")
    names["to_facility"] = _("Destination")
    return [names[field] for field in errors if field in names]


def duty(referral: Referral, by: Actor, at: datetime) -> dict[str, Any] | None:
    """Return whom to ring where the other end lets an emergency or something overdue wait; None elsewhere.

    The system sends messages and rings nobody: a telephone that rings is a seam, filled by people.
    """
    due = sla.due(referral, clocks.rules())
    if due is None or (referral.urgency != Urgency.EMERGENCY and due.at >= at):
        return None
    owing = queries_clocks.owner(referral, due.stage)
    number = owing and (owing.duty_phone or owing.phone)
    if owing is None or not number or owing.pk == by.facility_id:
        return None
    return {"place": owing.name, "number": number}


def called_for(referral: Referral, at: datetime) -> dict[str, Any] | None:
    """Return what an emergency went without, and by when it is to be written or was; None of other legs."""
    asked = documentation.asked_of(referral)
    if asked is None or (asked.met_at is None and referral.status not in documentation.CALLED_FOR):
        return None
    return words.awaited(referral, asked, at)


def seat(referral: Referral, at: datetime) -> Booking | None:
    """Return the seat that is kept for a leg while its receiver decides and has fixed no visit; None elsewhere."""
    asked = referral.status in WAITING or (
        referral.status == Status.ACCEPTED and referral.scheduled_for is None
    )
    return queries.booking(referral, at=at) if asked else None


def contact(item: FollowUp, referral: Referral, at: datetime) -> dict[str, Any]:
    """Return a follow-up with its words, and whether its day is over."""
    late = item.done_at is None and item.due_on < timezone.localdate(at)
    return {
        "row": item,
        "how": item.get_method_display(),
        "measured": measured(item),
        "late": late and referral.status == Status.ARRIVED,
    }


def journey(item: Episode, legs: Sequence[Referral], by: Actor, at: datetime) -> dict[str, Any]:
    """Return an episode: its legs, where the loop stands, and what is missing to close it."""
    patients = people(legs, by)
    return {
        "episode": item,
        "person": person(patients.get(item.patient_id)),
        "legs": [line(leg, patients, at) for leg in legs],
        "loop": wording.LOOPS[loop.standing(legs, is_closed=item.closed_at is not None)],
        "steps": [wording.STEPS[step] for step in loop.missing(legs)],
    }
