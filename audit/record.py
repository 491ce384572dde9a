"""Writes one line of the audit trail in the caller's transaction, by one INSERT each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.ids import uuid7
from audit.models import SYSTEM_CHAIN, Kind, Result

# The trigger audit_chain overwrites seq, at and both hashes under the head's lock.
INSERT = """
INSERT INTO audit_event (id, chain, seq, at, kind, actor_id, actor_role, facility_id, what,
                         patient_ids, referral_ids, result, detail, prev_hash, hash)
VALUES (%s, %s, 0, now(), %s, %s, %s, %s, %s, %s::uuid[], %s::uuid[], %s, %s::jsonb, ''::bytea,
        ''::bytea)
"""

WHAT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
NAME = re.compile(r"[a-z][a-z0-9_.]{0,62}")


def read(
    by: Actor,
    *,
    what: str,
    patients: Iterable[UUID] = (),
    referrals: Iterable[UUID] = (),
    result: Result = Result.OK,
) -> None:
    """Record that `by` looked at these patients and referrals.

    `what` is a dotted code such as `referral.view`. Call it last in the
    transaction: from here to the commit the chain of the facility is locked.
    Raises RuntimeError outside a transaction, ValueError for a bad code.
    """
    _write(by, Kind.ACCESS, what, (list(patients), list(referrals)), result, {})


def change(
    by: Actor,
    *,
    what: str,
    patient: UUID | None = None,
    referral: UUID | None = None,
    fields: Iterable[str] = (),
    before: str = "",
    after: str = "",
    result: Result = Result.OK,
) -> None:
    """Record that `by` changed a patient or a referral.

    `fields` are names of fields, `before` and `after` names of states: never
    values. Call it last in the transaction, as `read`. Raises RuntimeError
    outside a transaction, ValueError for anything that is not a name.
    """
    names = list(fields)
    for name in (*names, *filter(None, (before, after))):
        if not NAME.fullmatch(name):
            raise ValueError("The audit trail holds names of fields and states, never values.")
    detail: dict[str, object] = {"fields": names} if names else {}
    detail |= {"before": before} if before else {}
    detail |= {"after": after} if after else {}
    whom = ([patient] if patient else [], [referral] if referral else [])
    _write(by, Kind.CHANGE, what, whom, result, detail)


def _write(
    by: Actor,
    kind: Kind,
    what: str,
    whom: tuple[list[UUID], list[UUID]],
    result: Result,
    detail: dict[str, object],
) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("The audit trail is written in the transaction of what it records.")
    if not WHAT.fullmatch(what):
        raise ValueError(f"Not a code for the audit trail: {what!r}")
    patients, referrals = whom
    if by.for_user_id is not None:
        detail = {**detail, "for_user": str(by.for_user_id)}
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            (
                uuid7(),
                by.facility_id or SYSTEM_CHAIN,
                kind.value,
                by.user_id,
                by.role.value if by.role else "",
                by.facility_id,
                what,
                patients,
                referrals,
                result.value,
                json.dumps(detail, sort_keys=True),
            ),
        )
