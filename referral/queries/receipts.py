"""Reads what became of the messages about a leg's moves, whoever they were sent to, by one statement."""

from collections.abc import Collection

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery

from facilities.models import Facility
from notifications.models import DeliveryTask, OutboxMessage
from referral.messages import TOPICS
from referral.models import Referral

# As text, so that the type of the rows stays that of the model.
PLACE: str = "place"
ASKED: str = "asked"
# A leg has some dozens of messages; a receiver with twenty addresses that was moved often has more.
MOST = 500


def told(legs: Collection[Referral]) -> QuerySet[OutboxMessage]:
    """Return the messages about the moves of some legs, in the order of each leg's, each with its notice.

    `place` is the name of the institution that was told, `asked` whether people still have work because of
    the message. The outbox knows no row-level security: ask policy.receipts first.
    """
    name = Facility.objects.filter(pk=OuterRef("recipient_id")).values("name")
    at_work = DeliveryTask.objects.filter(message=OuterRef("pk"), closed_at=None)
    rows = OutboxMessage.objects.filter(
        subject__in=[leg.pk for leg in legs], topic__in=sorted(TOPICS.values())
    )
    rows = rows.select_related("notice").defer("payload", "notice__payload")
    named = rows.annotate(
        **{PLACE: Subquery(name, output_field=CharField()), ASKED: Exists(at_work)}
    )
    return named.order_by("sequence", "topic", "recipient_id", "created_at", "id")[:MOST]
