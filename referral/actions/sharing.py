"""What both sides write beside the moves: messages and documents."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from referral import documents
from referral.actions import timing
from referral.actions.moving import demand, locked, log, tell
from referral.models import Attachment, Message
from referral.policy import documents as policy_documents
from referral.policy import referrals as policy
from referral.queries import referrals as queries

MESSAGE_SENT = "referral.message"


def send_message(
    referral_id: UUID, *, by: Actor, text: str, now: datetime | None = None
) -> Message:
    """Write a line to the clinician of the other end. Raises Refused: `wrong-state` before the leg is sent."""
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_documents.may_send_message(referral, by))
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
    tell(referral, MESSAGE_SENT, by=by, now=moment)
    return message


def mark_read(
    referral_id: UUID, *, by: Actor, up_to: UUID, now: datetime | None = None
) -> tuple[int, int]:
    """Mark the other side's messages as read, up to one of them and with it.

    Returns how many were marked now, and how many are left unread. Raises Refused `unknown-message`.
    """
    moment = now or timezone.now()
    referral = locked(referral_id, by=by)
    demand(policy_documents.may_mark_read(referral, by))
    last = queries.messages(referral).filter(pk=up_to).first()
    if last is None:
        text = _("There is no such message in this referral.")
        raise Refused(
            "unknown-message", text, kind=Kind.UNPROCESSABLE, errors={"up_to": [str(text)]}
        )
    waiting = queries.unread_by(by).filter(referral=referral)
    earlier = Q(sent_at__lt=last.sent_at) | Q(sent_at=last.sent_at, pk__lte=last.pk)
    marked = waiting.filter(earlier).update(read_at=moment, read_by_id=by.user_id)
    left = waiting.count()
    log(referral, "referral.messages_read", by=by)
    return marked, left


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
        uploaded_by_id=by.user_id,
        uploaded_at=moment,
        **document.described,
    )
    documents.store(attachment.id, document)
    attachment.save(force_insert=True)
    if by.facility_id == referral.to_facility_id:
        timing.report(referral, now=moment)
    tell(referral, "referral.document_added", by=by, now=moment)
    return attachment
