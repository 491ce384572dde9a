"""Says what every move must leave behind, and that a refusal leaves nothing."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.ids import uuid7
from audit.models import Event
from audit.refusals import NAMELESS
from facilities.models import Facility
from notifications.models import OutboxMessage
from patients.models import AccessGrant
from referral.messages import TOPICS
from referral.models import Referral, Transition
from referral.states import TRANSITIONS
from tests.api import Answer, Api
from tests.factories import Person, as_system, new_key, reload

# Everything that a move or a draft may write; a refusal leaves each of them as it was.
WRITTEN: Final = (
    "referral_referral",
    "referral_episode",
    "referral_transition",
    "referral_followup",
    "referral_message",
    "referral_attachment",
    "patients_accessgrant",
    "notifications_outboxmessage",
    "audit_event",
    "accounts_idempotencykey",
)


# That somebody asked for what is not theirs is written down, and is the one thing that such a request leaves.
ROWS: Final = {"audit_event": f"SELECT * FROM audit_event WHERE what NOT IN {tuple(NAMELESS)}"}


def address(referral: Referral | UUID, verb: str) -> str:
    """Return the address of a verb."""
    pk = referral.pk if isinstance(referral, Referral) else referral
    return f"/referrals/{pk}/{verb.replace('_', '-')}/"


def snapshot(*tables: str) -> dict[str, str]:
    """Return a digest of every row of the tables, all those of the workflow by default."""
    as_system()
    digest = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
    parts = [
        f"(SELECT {digest} FROM ({ROWS.get(name, f'SELECT * FROM {name}')}) t)"
        for name in tables or WRITTEN
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts))
        return dict(zip(tables or WRITTEN, cursor.fetchone(), strict=True))


def do(
    who: Person | Api,
    verb: str,
    referral: Referral | UUID,
    body: Mapping[str, Any] | None = None,
    **headers: Any,
) -> Answer:
    """Ask the API for a move."""
    api = who.api if isinstance(who, Person) else who
    return api.post(address(referral, verb), body, **headers)


def refused(
    who: Person | Api,
    verb: str,
    referral: Referral,
    status: int,
    code: str,
    body: Mapping[str, Any] | None = None,
    **headers: Any,
) -> Answer:
    """Ask for a move that must be refused with this status and code and must change nothing."""
    before = snapshot()
    answer = do(who, verb, referral, body, **headers)
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert snapshot() == before
    return answer


def moved(
    who: Person,
    verb: str,
    referral: Referral,
    body: Mapping[str, Any] | None = None,
    *,
    told: Iterable[Facility],
    on_behalf_of: Facility | None = None,
) -> Referral:
    """Make a move that must succeed, check everything that each move writes, return the referral.

    `told` are the facilities that get a message of it.
    """
    before, lines = reload(referral), audited(referral, f"referral.{verb}", by=who)
    answer = do(who, verb, referral, body)
    assert answer.status == 200, answer
    after = reload(referral)
    assert after.status == TRANSITIONS[verb].target
    assert after.version == before.version + 1
    assert answer.body["id"] == str(referral.pk)
    assert answer.body["status"] == after.status
    assert answer.headers["ETag"] == f'"{after.version}"'
    written(after, verb, version=after.version, before=before.status, by=who)
    assert heard(after, TOPICS[verb]) == {facility.pk for facility in told}
    assert audited(after, f"referral.{verb}", by=who) == lines + 1
    return after


def written(
    referral: Referral, verb: str, *, version: int, before: str, by: Person | None
) -> Transition:
    """Return the row of history that a move must have left."""
    as_system()
    row = Transition.objects.get(referral=referral, version=version)
    assert (row.verb, row.from_status, row.to_status) == (verb, before, TRANSITIONS[verb].target)
    assert row.by_id == (by.user.pk if by else None)
    assert row.facility_id == (by.facility.pk if by else None)
    return row


def history(referral: Referral) -> list[str]:
    """Return the verbs of a referral's history in their order."""
    as_system()
    rows = Transition.objects.filter(referral=referral).order_by("version")
    return list(rows.values_list("verb", flat=True))


def heard(referral: Referral, topic: str) -> set[UUID]:
    """Return who was sent a message of a topic about a referral."""
    rows = OutboxMessage.objects.filter(subject=referral.pk, topic=topic)
    return set(rows.values_list("recipient_id", flat=True))


def audited(referral: Referral, what: str, *, by: Person | None) -> int:
    """Return how many lines of the trail say so of a referral and its patient."""
    return Event.objects.filter(
        what=what,
        actor_id=by.user.pk if by else None,
        facility_id=by.facility.pk if by else None,
        referral_ids__contains=[referral.pk],
        patient_ids__contains=[referral.patient_id],
    ).count()


def grant_of(referral: Referral, facility: Facility) -> AccessGrant | None:
    """Return what the referral lets a facility see of its patient."""
    as_system()
    return AccessGrant.objects.filter(reference=referral.pk, facility=facility).first()


def sees_patient(who: Person, referral: Referral) -> bool:
    """Say whether the API shows a person who the patient of a referral is."""
    answer = who.api.get(f"/referrals/{referral.pk}/")
    assert answer.status == 200, answer
    return answer.body["patient"] is not None


def hidden_from(who: Person, verb: str, referral: Referral, body: Any = None) -> None:
    """Check that a referral that is not the caller's and one that is not there answer the same bytes."""
    theirs = refused(who, verb, referral, 404, "not-found", body)
    nowhere = do(who, verb, uuid7(), body)
    assert (theirs.status, theirs.content) == (nowhere.status, nowhere.content)
    assert dict(theirs.headers) == dict(nowhere.headers)


def well_mannered(
    who: Person, verb: str, referral: Referral, body: Mapping[str, Any] | None = None
) -> None:
    """Check what holds for every move: stale versions, repeated keys, keys of another body."""
    version = reload(referral).version
    refused(who, verb, referral, 412, "stale-referral", body, if_match=f'"{version + 1}"')
    refused(who, verb, referral, 412, "stale-version", body, if_match='"x"')
    key = new_key()
    first = do(who, verb, referral, body, key=key, if_match=f'"{version}"')
    assert first.status == 200, first
    left = snapshot()
    again = do(who, verb, referral, body, key=key, if_match=f'"{version}"')
    assert (again.status, again.content) == (first.status, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replay"] == "true"
    other = {**(body or {}), "note": "something else"}
    reused = do(who, verb, referral, other, key=key)
    assert (reused.status, reused.code) == (422, "idempotency-key-reused")
    assert snapshot() == left
