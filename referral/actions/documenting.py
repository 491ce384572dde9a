"""Calls for what an emergency was sent without, and writes it down when its sender says it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from audit import record
from referral import clocks, documentation
from referral.actions.moving import demand, locked, tell
from referral.models import Documentation, Referral
from referral.policy import documentation as policy_documentation
from referral.stages import Stage

DOCUMENTED: Final = "referral.documented"
# The words of the slip; where the leg went and how soon is not written afterwards.
FIELDS: Final = (
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


def call_for(referral: Referral, items: Sequence[str], *, now: datetime) -> None:
    """Note what an emergency has just been sent without, if anything, and by when it is to be written.

    The limit of the day holds, that of the leg's alliance or else the one of the data file.
    """
    if not items:
        return
    rules = clocks.rules()
    limit = rules.limit(referral, Stage.DOCUMENTATION)
    Documentation(
        referral=referral,
        items=list(dict.fromkeys(items)),
        due_at=rules.add(now, limit.length, limit.clock),
    ).save(force_insert=True)


def document(
    referral_id: UUID,
    *,
    by: Actor,
    fields: Mapping[str, Any],
    version: int | None = None,
    now: datetime | None = None,
) -> Referral:
    """Write into an emergency what it went without; the task is met with the last part that was called for.

    What the receiver has read stays as it is: only empty parts of the slip are filled. Raises Refused:
    `not-sender`, `nothing-to-document`, `written-already`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    demand(policy_documentation.may_document(referral, by))
    said = {name: fields[name] for name in FIELDS if fields.get(name)}
    _demand_empty(referral, said)
    for name, value in said.items():
        setattr(referral, name, value)
    referral.version += 1
    referral.save(update_fields=[*said, "version"])
    meet(referral, by=by, now=moment)
    tell(referral, DOCUMENTED, by=by, now=moment)
    record.change(
        by,
        patient=referral.patient_id,
        referral=referral.id,
        what="referral.document",
        fields=sorted(said),
    )
    return referral


def meet(referral: Referral, *, by: Actor, now: datetime) -> None:
    """End the task of a locked emergency once nothing that was called for is empty.

    The sweep asks too: the receiver may have filled in the last part, the results, with its own.
    """
    asked = documentation.asked_of(referral)
    if asked is not None and asked.met_at is None and not documentation.lacking(referral, asked):
        asked.met_at, asked.met_by_id = now, by.user_id
        asked.save(update_fields=["met_at", "met_by"])


def _demand_empty(referral: Referral, said: Mapping[str, Any]) -> None:
    """Raise Refused `written-already` with the parts that were sent and would be changed."""
    written = [name for name, value in said.items() if getattr(referral, name) not in ("", value)]
    if written:
        text = _("What was sent with the emergency stays: write a message instead.")
        errors = {name: [str(text)] for name in written}
        raise Refused("written-already", text, kind=Kind.UNPROCESSABLE, errors=errors)
