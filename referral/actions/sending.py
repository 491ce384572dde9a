"""What it takes to send a referral: a place that exists, a way there, consent, a complete slip."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from facilities import hierarchy
from facilities.queries import directory
from facilities.vocabulary import Direction
from patients import actions as patients
from patients import queries as patient_queries
from patients.models import AccessPurpose
from referral import alike
from referral.actions import assessing, care, documenting, duplicates, routes, seats, timing
from referral.actions.moving import advance, demand
from referral.alike import OpenLeg
from referral.directions import heading
from referral.models import Referral, RouteChoice
from referral.policy import completeness as policy_completeness
from referral.policy import consents as policy_consents
from referral.policy import duplicates as policy_duplicates
from referral.policy import events as policy_events
from referral.policy import referrals as policy
from referral.policy import routes as policy_routes
from referral.queries import referrals as queries
from referral.states import Urgency

NUMBER_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH: Final = 8
# Designated facilities that a sentence names; the machine gets all of them.
SAID: Final = 5


class Prepared(NamedTuple):
    """What a checked submission still has to settle: open legs alike, and what an emergency goes without.

    `why` is the reason that its destination needed, if any; `gender` is the patient's.
    """

    alike: Sequence[OpenLeg]
    why: RouteChoice | None
    gender: str
    lacking: Sequence[str] = ()


def new_number(day: date) -> str:
    """Return a number to read out on the phone: the day and 8 random signs, never sequential."""
    random = "".join(secrets.choice(NUMBER_ALPHABET) for _position in range(NUMBER_LENGTH))
    return f"ZZ{day:%Y%m%d}-{random}"


def submit_locked(
    referral: Referral,
    *,
    by: Actor,
    now: datetime,
    duplicate: Mapping[str, str] | None = None,
    assessed: bool = True,
) -> Referral:
    """Submit a referral that the caller has locked or has just made.

    `assessed` is false where the caller knows that nobody has assessed it, so that nothing is read.
    """
    demand(policy.may_submit(referral, by))
    return send(referral, "submit", by=by, now=now, duplicate=duplicate, assessed=assessed)


def settle_places(referral: Referral) -> None:
    """Read the facilities and departments that a draft names, and hang them on it by one statement.

    Raises Refused `unknown-place` with the field named; a foreign key would only fail at the commit.
    """
    queries.hang_places([referral])
    same = referral.to_facility_id == referral.from_facility_id
    wrong = ["to_facility"] if same else []
    for side in ("from", "to"):
        facility_id = getattr(referral, f"{side}_facility_id")
        department = getattr(referral, f"{side}_department")
        if facility_id and getattr(referral, f"{side}_facility") is None:
            wrong.append(f"{side}_facility")
        elif getattr(referral, f"{side}_department_id") and (
            department is None or not department.is_active or department.facility_id != facility_id
        ):
            wrong.append(f"{side}_department")
    if wrong:
        unknown = [str(_("There is no such facility or department."))]
        text = _("The referral names a place that does not exist.")
        errors = dict.fromkeys(wrong, unknown)
        raise Refused("unknown-place", text, kind=Kind.UNPROCESSABLE, errors=errors)


def patient_of(patient_id: UUID, *, at: UUID, on: date) -> patient_queries.ForReferral:
    """Return what a referral needs of a patient; raises Refused `patient-not-found`."""
    known = patient_queries.for_referral(patient_id, at, on)
    if known is None:
        raise Refused(
            "patient-not-found",
            _("There is no such patient here."),
            kind=Kind.UNPROCESSABLE,
            errors={"patient": [str(_("There is no such patient here."))]},
        )
    return known


def prepare(
    referral: Referral,
    *,
    now: datetime,
    person: patient_queries.ForReferral | None = None,
    choice: RouteChoice | None = None,
) -> Prepared:
    """Check a submission and fix what is true today: route, tiers, alliance, age, consent.

    A leg that is not stored yet carries no plan. `choice` is the sender's reason for an unusual
    destination where it is not stored yet. The open legs of the same illness that are returned are the
    caller's to settle.
    """
    today = timezone.localdate(now)
    route, why = _way(referral, choice, on=today)
    missing = _missing(referral, route.direction)
    if route.direction != Direction.UP and not referral._state.adding:
        care.demand_ready(referral)
    known = person or patient_of(referral.patient_id, at=referral.from_facility_id, on=today)
    demand(policy_consents.may_proceed(known, referral.urgency))
    referral.direction = route.direction
    referral.from_tier, referral.to_tier = route.from_tier, route.to_tier
    referral.alliance_id = route.alliance_id
    referral.consent_id = known.consent_id
    referral.patient_age = known.age
    referral.submitted_at = now
    standing = alike.before_sending(referral)
    referral.keeps_seat = standing.keeps_seat
    unmet = _unmet(referral, standing.hard_items)
    return Prepared(standing.alike, why, known.gender, (*missing, *unmet))


def _way(
    referral: Referral, choice: RouteChoice | None, *, on: date
) -> tuple[hierarchy.Route, RouteChoice | None]:
    """Return the route to the destination, and the sender's reason where it needs one; raises Refused.

    Without a destination `incomplete` names it with all the rest that is missing, so that nobody is told by and by.
    """
    if referral.to_facility_id is None:
        missing = policy.missing_fields(referral, heading(referral))
        raise _incomplete(["to_facility", *policy_completeness.holds_up(missing, referral)])
    found = route_to(referral, referral.to_facility_id, referral.to_department_id, on=on)
    why = routes.reason_for(referral, found, choice)
    route = passable(referral, found, outside=why is not None and why.outside)
    demand(policy_routes.may_leave_out(route, referral.urgency, why))
    return route, why


def _missing(referral: Referral, direction: Direction) -> list[str]:
    """Return the parts of the official slip that an emergency goes without.

    Raises Refused `incomplete` with the parts that hold it up.
    """
    missing = policy.missing_fields(referral, direction)
    held_up = policy_completeness.holds_up(missing, referral)
    if held_up:
        raise _incomplete(held_up)
    return missing


def _incomplete(fields: Sequence[str]) -> Refused:
    """Return the refusal that names the parts that hold a submission up."""
    needed = [str(_("This is needed before submission."))]
    return Refused(
        "incomplete",
        _("The referral is not complete yet."),
        kind=Kind.UNPROCESSABLE,
        errors=dict.fromkeys(fields, needed),
    )


def _unmet(referral: Referral, needs: Sequence[str]) -> list[str]:
    """Return the fields that the destination insists on and an emergency goes without.

    Raises Refused `department-needs-more` with them where the leg is none.
    """
    lacking = [item for item in needs if not getattr(referral, item)]
    if lacking and not policy_duplicates.goes_ahead(referral):
        needed = [str(_("The destination needs this before submission."))]
        raise Refused(
            "department-needs-more",
            _("The destination needs more before the referral is sent."),
            kind=Kind.UNPROCESSABLE,
            errors=dict.fromkeys(lacking, needed),
        )
    return lacking


def passable(
    referral: Referral, route: hierarchy.Route | None, *, outside: bool = False
) -> hierarchy.Route:
    """Return the route, if a patient may be sent that way today, or `outside` the network; raises Refused.

    Names of designated facilities are read only to say where to instead.
    """
    if route is not None:
        verdict = policy_events.may_go(route)
        if verdict is policy_events.ELSEWHERE:
            raise _designated_elsewhere(verdict, route)
        demand(verdict)
    known = not outside and _is_way_back(referral, route)
    demand(policy.may_send(route, known=known, outside=outside))
    assert route is not None
    return route


def _designated_elsewhere(verdict: policy.Verdict, route: hierarchy.Route) -> Refused:
    places = directory.places(route.designated or ())
    named = sorted((str(place), pk) for pk, place in places.items())
    facts = {"designated": [{"id": pk, "name": name} for name, pk in named]}
    names = [name for name, _pk in named]
    said = {"rule": verdict.reason, "names": ", ".join(names[:SAID])}
    text = _("%(rule)s Choose: %(names)s") % said if names else verdict.reason
    errors = {"to_facility": names}
    return Refused(verdict.code, text, kind=verdict.kind, errors=errors, facts=facts)


def _is_way_back(referral: Referral, route: hierarchy.Route | None) -> bool:
    """Say whether the leg goes back down to who sent the patient without a common alliance.

    Asked of the database only where there is no alliance, which no plain submission knows.
    """
    if route is None or route.alliance_id is not None or referral.previous_id is None:
        return False
    came = Referral.objects.filter(pk=referral.previous_id, alliance=None)
    return (
        route.direction == Direction.DOWN
        and came.filter(from_facility=route.to_facility_id).exists()
    )


def route_to(
    referral: Referral, facility_id: UUID | None, department_id: UUID | None, *, on: date
) -> hierarchy.Route | None:
    """Return the way from the sender to a destination on a day, None where there is none."""
    if facility_id is None or facility_id == referral.from_facility_id:
        return None
    return hierarchy.route(
        referral.from_facility_id,
        facility_id,
        on,
        department_id=department_id,
        diagnosis=referral.diagnosis_code,
    )


SUBMISSION: Final = (
    "direction",
    "from_tier",
    "to_tier",
    "alliance_id",
    "consent_id",
    "patient_age",
    "submitted_at",
)


def send(
    referral: Referral,
    verb: str,
    *,
    by: Actor,
    now: datetime,
    note: str = "",
    duplicate: Mapping[str, str] | None = None,
    assessed: bool = True,
) -> Referral:
    """Check and make the move that takes a referral to its receiver, by `submit` or `approve`.

    Returns it, or the open one that it joined as `duplicate` says (duplicates.settle).
    """
    ready = prepare(referral, now=now)
    joined = duplicates.settle(referral, ready.alike, duplicate, by=by, now=now)
    if joined is not None:
        return joined
    if assessed:
        assessing.settle(referral, gender=ready.gender, now=now)
    code, text = routes.told(ready.why)
    words = note or (duplicate or {}).get("reason", "") or text
    fixed = {name: getattr(referral, name) for name in SUBMISSION}
    advance(referral, verb, by=by, now=now, note=words, reason_code=code, changes=fixed)
    deliver(referral, by=by, now=now)
    if referral.urgency == Urgency.EMERGENCY:
        accept_emergency(referral, by=by, now=now)
        documenting.call_for(referral, ready.lacking, now=now)
    return referral


def accept_emergency(referral: Referral, *, by: Actor, now: datetime) -> None:
    """Count a submitted emergency as accepted by its receiver, who still has to acknowledge it."""
    advance(
        referral,
        "accept",
        by=by,
        now=now,
        on_behalf_of=referral.to_facility_id,
        changes={"decided_at": now},
    )


def deliver(referral: Referral, *, by: Actor, now: datetime) -> None:
    """Do what follows once a leg has gone: its receiver sees the patient, and a return is a report."""
    hand_over(referral, by=by, now=now)
    if referral.keeps_seat:
        seats.prolong(referral, now=now)
    timing.report_by_return(referral, now=now)


def hand_over(referral: Referral, *, by: Actor, now: datetime) -> None:
    """Let the receiver read the patient's record for as long as the leg lives."""
    assert referral.to_facility_id is not None
    patients.grant_access(
        referral.patient_id,
        referral.to_facility_id,
        purpose=AccessPurpose.REFERRAL,
        reference=referral.id,
        starts=now,
        by=by,
    )
