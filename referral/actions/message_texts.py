"""Sets the words of a message in an alliance; a change is a new row, and the one before it ends."""

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from referral import message_texts
from referral.actions import terms
from referral.actions.moving import demand
from referral.models import MessageText
from referral.policy import clocks as policy_clocks
from referral.policy import message_texts as policy
from referral.queries import clocks as queries_clocks
from referral.queries import message_texts as queries


def set_message_text(
    alliance_id: UUID,
    code: str,
    *,
    by: Actor,
    zh: str,
    en: str,
    starts: date | None = None,
    now: datetime | None = None,
) -> MessageText:
    """Set the words of a message from a day on, by default today; without any the standard again.

    Raises Refused `not-its-manager`, `not-found`, `message-empty` where one language is missing,
    `message-too-long`, `message-unknown-variable`, `message-unbalanced`, `message-control-character`,
    and as terms.begin.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    demand(policy_clocks.may_set_rules(by, alliance_id))
    kind = message_texts.kinds().get(code)
    if kind is None:
        raise not_found()
    if zh or en:
        example = queries.example(kind, moment)
        demand(policy.may_say(kind, zh, example), field="zh")
        demand(policy.may_say(kind, en, example), field="en")
    queries_clocks.lock_rules(alliance_id)
    row = MessageText(
        alliance_id=alliance_id,
        code=code,
        zh=zh,
        en=en,
        starts=starts or today,
        set_by_id=by.user_id,
        created_at=moment,
    )
    terms.begin(queries.beside(alliance_id, code), row, today=today)
    record.change(by, what="alliance.message_set", fields=[code.lower()])
    return row


def withdraw_message_text(
    alliance_id: UUID, text_id: UUID, *, by: Actor, now: datetime | None = None
) -> MessageText:
    """Withdraw words that have not begun; again, it changes nothing.

    Raises Refused `not-its-manager`, `not-found`, `term-begun`.
    """
    demand(policy_clocks.may_set_rules(by, alliance_id))
    queries_clocks.lock_rules(alliance_id)
    row = MessageText.objects.filter(alliance=alliance_id, pk=text_id).first()
    if row is None:
        raise not_found()
    if not row.is_withdrawn:
        today = timezone.localdate(now or timezone.now())
        demand(policy_clocks.may_withdraw(row.starts, today))
        terms.withdraw(queries.beside(alliance_id, row.code), row)
        record.change(by, what="alliance.message_withdrawn", fields=[row.code.lower()])
    return row
