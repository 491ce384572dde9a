"""What both sides write beside the moves: messages, follow-ups and documents."""

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from audit import record
from notifications import outbox
from referral import documents, messages, policy
from referral.actions import timing
from referral.actions.moving import demand, locked
from referral.models import Attachment, FollowUp, Message, Referral

MESSAGE_SENT = "referral.message"


def send_message(
    referral_id: UUID, *, by: Actor, text: str, now: datetime | None = None
) -> Message:
    """Write a line to the clinician of the other end."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_write(referral, by))
    message = Message(
        referral=referral,
        facility_id=by.place,
        sender_id=by.user_id,
        text=text,
        sent_at=moment,
    )
    message.save(force_insert=True)
    if by.facility_id == referral.to_facility_id:
        timing.report(referral, now=moment)
    _tell(referral, MESSAGE_SENT, by=by, now=moment)
    return message


def plan_follow_up(
    referral_id: UUID, *, by: Actor, due_on: date, now: datetime | None = None
) -> FollowUp:
    """Plan a contact with a returned patient."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_record_follow_up(referral, by))
    planned = FollowUp(referral=referral, facility_id=by.place, due_on=due_on, created_at=moment)
    planned.save(force_insert=True)
    _log(referral, by=by, what="referral.follow_up_planned")
    return planned


def record_follow_up(
    referral_id: UUID,
    *,
    by: Actor,
    method: str,
    findings: str,
    due_on: date | None = None,
    now: datetime | None = None,
) -> FollowUp:
    """Record a contact with a returned patient; the earliest planned one counts as done by it."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_record_follow_up(referral, by))
    planned = FollowUp.objects.filter(referral=referral, done_at__isnull=True)
    contact = planned.order_by("due_on", "id").first()
    done = {
        "done_at": moment,
        "method": method,
        "findings": findings,
        "recorded_by_id": by.user_id,
    }
    if contact is None:
        contact = FollowUp(
            referral=referral,
            facility_id=by.place,
            due_on=due_on or timezone.localdate(moment),
            created_at=moment,
            **done,
        )
        contact.save(force_insert=True)
    else:
        for name, value in done.items():
            setattr(contact, name, value)
        contact.save(update_fields=["done_at", "method", "findings", "recorded_by"])
    _tell(referral, "referral.followed_up", by=by, now=moment)
    return contact


def attach(
    referral_id: UUID,
    *,
    by: Actor,
    document: documents.Document,
    now: datetime | None = None,
) -> Attachment:
    """Store a checked document with the referral; the file is on disk before the row commits."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy.may_write(referral, by))
    attachment = Attachment(
        referral=referral,
        facility_id=by.place,
        name=document.name,
        media_type=document.media_type,
        size=len(document.content),
        sha256=document.sha256,
        uploaded_by_id=by.user_id,
        uploaded_at=moment,
    )
    documents.store(attachment.id, document)
    attachment.save(force_insert=True)
    if by.facility_id == referral.to_facility_id:
        timing.report(referral, now=moment)
    _tell(referral, "referral.document_added", by=by, now=moment)
    return attachment


def _tell(referral: Referral, topic: str, *, by: Actor, now: datetime) -> None:
    outbox.post(
        topic,
        messages.payload(referral, now),
        messages.recipients(referral, by),
        priority=messages.priority(referral),
        subject=referral.id,
        sequence=referral.version,
        origin=by.facility_id,
    )
    _log(referral, by=by, what=topic)


def _log(referral: Referral, *, by: Actor, what: str) -> None:
    record.change(by, patient=referral.patient_id, referral=referral.id, what=what)
