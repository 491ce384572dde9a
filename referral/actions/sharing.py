"""What both sides write beside the moves: messages and documents."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from audit import record
from notifications import outbox
from referral import documents, messages, policy
from referral.actions import timing
from referral.actions.moving import demand, locked
from referral.models import Attachment, Message, Referral

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
