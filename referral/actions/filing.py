"""What the sending side does: draft, review, submit, answer, cancel, void."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.rows import insert
from audit import record
from patients.queries import ForReferral
from referral.actions import assessing, care, duplicates, routes, seats, sending, timing
from referral.actions.moving import (
    CREATE,
    advance,
    announce,
    demand,
    demand_no_open_leg,
    entry,
    locked,
    move,
    open_leg,
)
from referral.codes import ReleaseReason
from referral.models import Episode, Referral, RouteChoice, Transition
from referral.policy import referrals as policy
from referral.queries import referrals as queries
from referral.states import Status, Urgency

# What a draft may say; everything else on a referral is written by a move.
DRAFT_FIELDS: Final = (
    "to_facility_id",
    "to_department_id",
    "from_department_id",
    "urgency",
    "setting",
    "diagnosis_code",
    "diagnosis",
    "reason_code",
    "reason",
    "past_history",
    "allergies",
    "treatment",
    "results",
    "plan",
    "rehabilitation",
    "inpatient_no",
    "contact_phone",
)


def create(
    patient_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, Any],
    previous_id: UUID | None = None,
    plan: care.Content | None = None,
    choice: Mapping[str, Any] | None = None,
    submit: bool = False,
    duplicate: Mapping[str, str] | None = None,
    assessment: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Referral:
    """File a leg as a draft, or submit it in the same breath.

    It opens an episode, or with `previous_id`, a leg whose patient has arrived here, goes on in that
    leg's episode. `fields` are those of DRAFT_FIELDS, `plan` parts of care.FIELDS, `choice` those of
    actions.routes.CHOICE_FIELDS, `assessment` the words of `assess`. With a decision about a
    `duplicate` it may return the open leg instead (duplicates.settle). Raises Refused:
    `patient-not-found`, `unknown-previous`, `another-patient`, `leg-follows`, or as `submit` and
    `care.write` do.
    """
    moment = now or timezone.now()
    demand(policy.may_file(by))
    person = sending.patient_of(patient_id, at=by.place, on=timezone.localdate(moment))
    earlier = _earlier(previous_id, person.id, by=by) if previous_id else None
    referral = _drafted(person.id, earlier, fields, by=by, now=moment)
    referral.patient = person.record
    why = routes.chosen(referral, choice, now=moment)
    emergency = referral.urgency == Urgency.EMERGENCY
    if submit and not (emergency or duplicate or plan or assessment):
        return _sent_at_once(referral, person, why, by=by, now=moment)
    _store(referral, why, [entry(referral, CREATE, by=by, now=moment)])
    if plan:
        care.write(referral, plan, by=by, now=moment)
    record.change(by, patient=person.id, referral=referral.id, what="referral.create")
    if assessment:
        assessing.assess_locked(referral, by=by, now=moment, **assessment)
    if not submit:
        return referral
    return sending.submit_locked(
        referral, by=by, now=moment, duplicate=duplicate, assessed=bool(assessment)
    )


def _sent_at_once(
    referral: Referral,
    person: ForReferral,
    why: RouteChoice | None,
    *,
    by: Actor,
    now: datetime,
) -> Referral:
    """File a leg that brings nothing but its slip as submitted: one row written where a draft takes two writes.

    It asks what `submit` asks, in the same order, and leaves the same behind but for the draft's line of audit.
    """
    created = entry(referral, CREATE, by=by, now=now)
    demand(policy.may_submit(referral, by))
    ready = sending.prepare(referral, now=now, person=person, choice=why)
    duplicates.demand_none(ready.alike, by=by)
    code, text = routes.told(ready.why)
    referral.status = Status.SUBMITTED
    referral.version += 1
    submitted = entry(
        referral, "submit", by=by, now=now, before=Status.DRAFT, note=text, reason_code=code
    )
    _store(referral, why, [created, submitted])
    sending.deliver(referral, by=by, now=now)
    announce(referral, "submit", by=by, now=now)
    return referral


def _store(referral: Referral, why: RouteChoice | None, history: Sequence[Transition]) -> None:
    """Insert a new leg with its history and the reason for its destination, in its episode or a new one."""
    if referral.previous_id is None:
        insert(referral.episode)
    else:
        open_leg(referral.episode)
    insert(referral)
    insert(*history)
    routes.keep(why)


def _drafted(
    patient_id: UUID,
    earlier: Referral | None,
    fields: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> Referral:
    """Return a draft that is not stored yet, in the episode of `earlier` or in a new one."""
    new = Episode(patient_id=patient_id, origin_id=by.place, opened_at=now)
    episode = earlier.episode if earlier else new
    referral = Referral(
        number=sending.new_number(timezone.localdate(now)),
        episode=episode,
        previous=earlier,
        patient_id=patient_id,
        origin_id=episode.origin_id,
        from_facility_id=by.place,
        filed_by_id=by.user_id,
        created_at=now,
        **_checked(fields),
    )
    sending.settle_places(referral)
    return referral


def _earlier(previous_id: UUID, patient_id: UUID, *, by: Actor) -> Referral:
    """Return the locked leg that a new one goes on from."""
    earlier = queries.lock(previous_id, by)
    if earlier is None:
        text = _("There is no such object.")
        errors = {"previous": [str(text)]}
        raise Refused("unknown-previous", text, kind=Kind.UNPROCESSABLE, errors=errors)
    demand(policy.may_refer_onward(earlier, by))
    demand_no_open_leg(earlier)
    if earlier.patient_id != patient_id:
        text = _("The earlier referral is of another patient.")
        raise Refused("another-patient", text, kind=Kind.UNPROCESSABLE)
    return earlier


def update(
    referral_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, Any],
    plan: care.Content | None = None,
    choice: Mapping[str, Any] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Change a draft; its version rises, but saving words is no move and leaves no transition.

    Each part that `plan` names is replaced as a whole. Raises Refused `wrong-state` once it has been
    handed on, and as `care.write` does.
    """
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_edit(referral, by))
    changes = _checked(fields)
    before = referral.to_facility_id
    for name, value in changes.items():
        setattr(referral, name, value)
    sending.settle_places(referral)
    if referral.to_facility_id != before:
        seats.release(referral, ReleaseReason.MOVED, timezone.now())
    routes.keep(routes.chosen(referral, choice, now=now or timezone.now()))
    referral.version += 1
    columns = sorted({name.removesuffix("_id") for name in changes} | {"version"})
    referral.save(update_fields=columns)
    if plan:
        care.write(referral, plan, by=by, now=now or timezone.now())
        columns += sorted(plan)
    record.change(
        by,
        patient=referral.patient_id,
        referral=referral.id,
        what="referral.update",
        fields=columns,
    )
    return referral


def request_review(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Referral:
    """Hand a draft to a colleague at the sender."""
    return move(referral_id, "request_review", by=by, version=version, now=now or timezone.now())


def approve(
    referral_id: UUID,
    *,
    by: Actor,
    note: str = "",
    duplicate: Mapping[str, str] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Send a reviewed referral; raises Refused as `submit` does."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_approve(referral, by))
    demand(policy.may_review(by, authors=queries.authors(referral)))
    return sending.send(referral, "approve", by=by, now=moment, note=note, duplicate=duplicate)


def send_back(
    referral_id: UUID,
    *,
    by: Actor,
    note: str,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Return a referral under review to its author, saying why."""
    moment = now or timezone.now()
    return move(referral_id, "send_back", by=by, version=version, now=moment, note=note)


def submit(
    referral_id: UUID,
    *,
    by: Actor,
    duplicate: Mapping[str, str] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Send a draft to its destination; an emergency counts as accepted at once.

    Where a referral of the same illness is open, `duplicate` says what to do: `decision` join, replace
    or override, and a `reason`. Raises Refused: `incomplete`, `department-needs-more`,
    `consent-required`, `duplicate-open-referral`, `no-common-alliance`, `lateral-not-allowed`,
    `not-a-treating-destination`, `unknown-destination`, `destination-closed`, `review-required`,
    `override-reason-required`, `step-skipped`.
    """
    referral = locked(referral_id, by=by, version=version)
    moment = now or timezone.now()
    return sending.submit_locked(referral, by=by, now=moment, duplicate=duplicate)


def answer(
    referral_id: UUID,
    *,
    by: Actor,
    note: str,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Give the information that the receiver asked for; its clock runs again."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy.may_answer(referral, by))
    timing.resume(referral, now=moment)
    return advance(referral, "answer", by=by, now=moment, note=note)


def cancel(
    referral_id: UUID,
    *,
    by: Actor,
    reason: str,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Take a referral back before the patient has arrived."""
    return move(
        referral_id,
        "cancel",
        by=by,
        now=now or timezone.now(),
        version=version,
        note=note,
        reason_code=reason,
        changes={"cancel_reason": reason},
    )


def void(
    referral_id: UUID,
    *,
    by: Actor,
    note: str,
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Mark a referral as entered in error; nothing is deleted."""
    moment = now or timezone.now()
    return move(referral_id, "void", by=by, version=version, now=moment, note=note)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(DRAFT_FIELDS)
    if unknown:
        raise ValueError(f"not fields of a draft: {sorted(unknown)}")
    return dict(fields)
