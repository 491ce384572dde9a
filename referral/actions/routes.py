"""Keeps the sender's reason for an unusual destination, and hands out the address for one outside the network."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from audit import record
from facilities.hierarchy import Route
from referral import links
from referral.actions.moving import demand, locked
from referral.codes import SkipReason
from referral.models import LinkKind, Referral, RouteChoice
from referral.policy import routes as policy_routes

CHOICE_FIELDS: Final = ("skip_reason", "skip_note", "outside")
TOLD: Final = ("skip_reason", "note", "outside")


def chosen(
    referral: Referral, words: Mapping[str, Any] | None, *, now: datetime
) -> RouteChoice | None:
    """Return the reason that a sender gives, not stored yet; None where he gives none.

    Raises Refused `choice-incomplete` for `outside` without a reason, or another reason not explained.
    """
    if not any((words or {}).values()):
        return None
    assert words is not None
    note = words.get("skip_note", "")
    # Words without a code are another reason, explained.
    reason = words.get("skip_reason") or (SkipReason.OTHER if note else "")
    missing = [] if reason else ["skip_reason"]
    if reason == SkipReason.OTHER and not note:
        missing = ["skip_note"]
    if missing:
        text = _("Say why this destination is right for the patient.")
        needed = {key: [str(text)] for key in missing}
        raise Refused("choice-incomplete", text, kind=Kind.UNPROCESSABLE, errors=needed)
    return RouteChoice(
        referral=referral,
        skip_reason=reason,
        note=note,
        outside=bool(words.get("outside", False)),
        created_at=now,
    )


def keep(choice: RouteChoice | None) -> None:
    """Store a reason in place of the one that the draft had."""
    if choice is None:
        return
    told = {name: getattr(choice, name) for name in TOLD}
    if not RouteChoice.objects.filter(pk=choice.pk).update(**told):
        choice.save(force_insert=True)


def carry(earlier: Referral, later: Referral, *, now: datetime) -> None:
    """Give a new draft to the same destination the reason that the earlier leg had for it, if it had one."""
    choice = RouteChoice.objects.filter(pk=earlier.pk).first()
    if choice is not None:
        told = {name: getattr(choice, name) for name in TOLD}
        keep(RouteChoice(referral=later, created_at=now, **told))


def reason_for(
    referral: Referral, route: Route | None, choice: RouteChoice | None
) -> RouteChoice | None:
    """Return the reason that a destination needs: the one given, else the stored one; None if it needs none.

    A stored reason is read only then, so a plain submission asks nothing of the database.
    """
    if route is None or not policy_routes.needs_choice(route, referral.urgency):
        return None
    return choice or RouteChoice.objects.filter(pk=referral.pk).first()


def told(choice: RouteChoice | None) -> tuple[str, str]:
    """Return the code and the words of a reason for the history of a move, empty without one."""
    return ("", "") if choice is None else (choice.skip_reason, choice.note)


def make_outside_link(
    referral_id: UUID, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> str:
    """Make the address by which the receiver outside the network opens this leg; returns its token, once.

    The address made before, and what was opened by it, ends. Raises Refused `not-outside`, `not-sender`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by, version=version)
    choice = RouteChoice.objects.filter(pk=referral.pk).first()
    demand(policy_routes.may_make_outside_link(referral, by, choice))
    return _link(referral, by=by, now=moment)


def outside_link_of(referral_id: UUID, *, by: Actor, now: datetime | None = None) -> str | None:
    """Make the first address of a leg that the sender has just submitted; None where it stays in the network."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    choice = RouteChoice.objects.filter(pk=referral.pk).first()
    if not policy_routes.may_make_outside_link(referral, by, choice).allowed:
        return None
    return _link(referral, by=by, now=moment)


def _link(referral: Referral, *, by: Actor, now: datetime) -> str:
    token = links.make(referral, LinkKind.OUTSIDE, by=by, now=now)
    record.change(by, patient=referral.patient_id, referral=referral.pk, what="referral.link")
    return token
