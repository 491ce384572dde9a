"""The one way a referral moves: lock, ask, write, log, post; every verb goes through here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import scope
from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from accounts.rows import insert
from audit import record
from notifications import outbox
from patients import actions as patients
from referral import limits, messages
from referral.actions import seats
from referral.models import Episode, Referral, Transition
from referral.policy.referrals import MAY, Verdict
from referral.queries import referrals as queries
from referral.states import ENDED, OPEN, TRANSITIONS, Status

CREATE: Final = "create"


def demand(verdict: Verdict, *, field: str = "") -> None:
    """Raise Refused with the verdict's own code and reason unless it allows; `field` is what it is about."""
    if not verdict.allowed:
        errors = {field: [str(verdict.reason)]} if field else None
        raise Refused(verdict.code, verdict.reason, kind=verdict.kind, errors=errors)


def locked(
    referral_id: UUID,
    *,
    by: Actor,
    version: int | None = None,
    with_consent: bool = False,
    with_seat: bool = False,
) -> Referral:
    """Return the referral, locked with its episode until the transaction ends.

    Raises Refused: `not-found` where the actor may not see it, `stale-referral` where `version` is
    given and is no longer the referral's.
    """
    referral = queries.lock(referral_id, by, with_consent=with_consent, with_seat=with_seat)
    if referral is None:
        raise not_found()
    if version is not None and version != referral.version:
        raise Refused(
            "stale-referral",
            _("Somebody has changed this referral meanwhile: reload it."),
            kind=Kind.STALE,
        )
    return referral


def entry(
    referral: Referral,
    verb: str,
    *,
    by: Actor,
    now: datetime,
    before: str = "",
    note: str = "",
    reason_code: str = "",
    on_behalf_of: UUID | None = None,
) -> Transition:
    """Return the row of history for a move that has just been made to `referral`."""
    return Transition(
        referral=referral,
        version=referral.version,
        verb=verb,
        from_status=before,
        to_status=referral.status,
        at=now,
        by_id=by.user_id,
        facility_id=by.facility_id,
        on_behalf_of_id=on_behalf_of,
        for_user_id=by.for_user_id,
        reason_code=reason_code,
        note=note,
    )


def advance(
    referral: Referral,
    verb: str,
    *,
    by: Actor,
    now: datetime,
    note: str = "",
    reason_code: str = "",
    on_behalf_of: UUID | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Referral:
    """Write one allowed move of a locked referral, with its history, messages and audit."""
    before = referral.status
    for name, value in (changes or {}).items():
        setattr(referral, name, value)
    referral.status = TRANSITIONS[verb].target
    referral.version += 1
    written = {"status", "version", *(changes or {})}
    ended = referral.status in ENDED and before not in ENDED
    if ended:
        referral.ended_at = now
        written.add("ended_at")
    referral.save(update_fields=sorted(written))
    insert(
        entry(
            referral,
            verb,
            by=by,
            now=now,
            before=before,
            note=note,
            reason_code=reason_code,
            on_behalf_of=on_behalf_of,
        )
    )
    if ended:
        if referral.status != Status.COMPLETED:
            seats.release(referral, verb, now)
        _end(referral, by=by, now=now)
    elif referral.status == Status.ENTERED_IN_ERROR:
        _end_access(referral, by=by, now=now)
    announce(referral, verb, by=by, now=now)
    return referral


def move(
    referral_id: UUID,
    verb: str,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
    note: str = "",
    reason_code: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Referral:
    """Lock, ask policy, and write one plain move."""
    referral = locked(referral_id, by=by, version=version)
    demand(MAY[verb](referral, by))
    return advance(
        referral, verb, by=by, now=now, note=note, reason_code=reason_code, changes=changes
    )


def announce(referral: Referral, verb: str, *, by: Actor, now: datetime) -> None:
    """Tell the facilities concerned, and write the audit row, last of all in a move."""
    _post(referral, messages.TOPICS[verb], by=by, now=now)
    log(referral, f"referral.{verb}", by=by)


def tell(referral: Referral, topic: str, *, by: Actor, now: datetime) -> None:
    """Tell the facilities concerned of what is no move, and write the audit row under the same name."""
    _post(referral, topic, by=by, now=now)
    log(referral, topic, by=by)


def log(referral: Referral, what: str, *, by: Actor) -> None:
    """Write the audit row of a change to a referral."""
    record.change(by, patient=referral.patient_id, referral=referral.id, what=what)


def _post(referral: Referral, topic: str, *, by: Actor, now: datetime) -> None:
    outbox.post(
        topic,
        messages.payload(referral, now),
        messages.recipients(referral, by),
        priority=messages.priority(referral),
        subject=referral.id,
        sequence=referral.version,
        origin=by.facility_id,
    )


@contextmanager
def access_scope(referral: Referral, by: Actor) -> Iterator[Actor]:
    """Give whoever writes the grants that follow a move: the actor, or for a coordinator the system.

    A coordinator may send a leg on or end it, but sees nothing of its patient.
    """
    if by.is_system or by.facility_id in {referral.from_facility_id, referral.to_facility_id}:
        yield by
        return
    with scope.lifted(by) as system:
        yield system


def demand_no_open_leg(referral: Referral) -> None:
    """Raise Refused where the receiver of this leg has an open leg under way already."""
    if queries.sent_on(referral).filter(status__in=sorted(OPEN)).exists():
        raise Refused("leg-follows", _("The patient's next referral is already under way."))


def open_leg(episode: Episode) -> None:
    """Count one more open leg; an episode that was closed is open again."""
    Episode.objects.filter(pk=episode.pk).update(open_legs=F("open_legs") + 1, closed_at=None)
    episode.open_legs += 1
    episode.closed_at = None


def _end_access(referral: Referral, *, by: Actor, now: datetime) -> None:
    """Let the receiver lose the patient: at once, or some time later where the patient has arrived.

    Whoever treats a patient keeps the record at hand, even if the sender voids the referral meanwhile.
    """
    if referral.submitted_at is None or referral.to_facility_id is None:
        return
    keeps = referral.arrived_at is not None
    ends = now + limits.access_after_end() if keeps else now
    with access_scope(referral, by) as giver:
        patients.end_access(referral.id, referral.to_facility_id, ends=ends, by=giver)


def _end(referral: Referral, *, by: Actor, now: datetime) -> None:
    """Count the leg out of its episode, close the episode after the last, and end the receiver's access."""
    episode = referral.episode
    episode.open_legs -= 1
    if episode.open_legs == 0:
        episode.closed_at = now
    episode.save(update_fields=["open_legs", "closed_at"])
    _end_access(referral, by=by, now=now)
    if episode.closed_at is not None and referral.submitted_at is not None:
        outbox.post(
            messages.EPISODE_CLOSED,
            messages.episode_payload(episode, now),
            messages.recipients(referral, by),
            priority=messages.priority(referral),
            subject=episode.id,
            sequence=referral.version,
            origin=by.facility_id,
        )
