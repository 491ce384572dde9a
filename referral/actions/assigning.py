"""Hands open legs from one person of a facility to another, all of them or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.ids import uuid7
from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from audit import record
from facilities.queries import people as staff
from notifications import outbox
from notifications.models import Priority
from referral.models import Assignment, Referral
from referral.queries import assignments as queries

# As many ids as one message may carry (notifications.payloads).
A_MESSAGE: Final = 50
# A person who answers for legs must be able to act on them.
ACTING: Final = frozenset({Permission.REFERRAL_FILE, Permission.REFERRAL_RECEIVE})


def assign(
    referral_ids: Sequence[UUID], *, by: Actor, user_id: UUID, now: datetime | None = None
) -> int:
    """Let a colleague answer for these open legs of the actor's facility; returns how many changed.

    One transaction: where one of them cannot be handed over, none is, and the refusal names each by its
    place in the list. Raises Refused: `not-assignable`, `legs-not-assignable`.
    """
    moment = now or timezone.now()
    _check_person(user_id, by=by, now=moment)
    wanted = list(dict.fromkeys(referral_ids))
    found = queries.lock_legs(wanted, by)
    _check_legs(wanted, set(found))
    held = queries.current(wanted, by)
    same = set(held.filter(user=user_id).values_list("referral_id", flat=True))
    changed = [found[pk] for pk in wanted if pk not in same]
    held.exclude(user=user_id).update(ended_at=moment)
    Assignment.objects.bulk_create(
        Assignment(
            referral=leg, facility_id=by.place, user_id=user_id, since=moment, by_id=by.user_id
        )
        for leg in changed
    )
    _tell(changed, user_id, by=by, now=moment)
    return len(changed)


def _check_person(user_id: UUID, *, by: Actor, now: datetime) -> None:
    roles = staff.live_roles([user_id], at=by.place, on=timezone.localdate(now))
    able = user_id in roles and ACTING & ROLE_PERMISSIONS[Role(roles[user_id])]
    if not able:
        text = _("Choose a colleague who works here today and may file or receive referrals.")
        errors = {"user": [str(text)]}
        raise Refused("not-assignable", text, kind=Kind.UNPROCESSABLE, errors=errors)


def _check_legs(wanted: Sequence[UUID], found: set[UUID]) -> None:
    text = _("This is not an open referral of your facility.")
    errors = {
        f"referrals[{place}]": [str(text)] for place, pk in enumerate(wanted) if pk not in found
    }
    if errors:
        detail = _("Some referrals cannot be handed over, so none was.")
        raise Refused("legs-not-assignable", detail, kind=Kind.UNPROCESSABLE, errors=errors)


def _tell(legs: Sequence[Referral], user_id: UUID, *, by: Actor, now: datetime) -> None:
    """Tell the facility itself, in messages of 50 legs, and write the trail, last of all."""
    batch = uuid7()
    for start in range(0, len(legs), A_MESSAGE):
        part = legs[start : start + A_MESSAGE]
        outbox.post(
            "referral.reassigned",
            {
                "referral_ids": [leg.pk for leg in part],
                "user_id": user_id,
                "occurred_at": now,
            },
            [by.place],
            priority=Priority.ROUTINE,
            subject=batch,
            sequence=start // A_MESSAGE + 1,
            origin=by.facility_id,
        )
    for leg in legs:
        record.change(
            by, patient=leg.patient_id, referral=leg.pk, what="referral.assign", fields=["user"]
        )
