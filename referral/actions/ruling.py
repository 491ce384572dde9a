"""Sets what an alliance rules about time: a change is a new row, and the one before it ends.

What has not begun may be withdrawn: its term is made empty, and the one before it goes on.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from facilities.models.dated import in_force
from facilities.queries import directory
from referral import clocks
from referral.actions import terms
from referral.actions.moving import demand
from referral.models import AutomaticStep, ServiceLimit
from referral.policy import clocks as policy_clocks
from referral.queries import clocks as queries
from referral.stages import Clock, Stage
from referral.states import Urgency

OFF: Final = "off"


def set_limit(
    alliance_id: UUID,
    *,
    by: Actor,
    stage: Stage,
    urgency: Urgency,
    direction: str,
    minutes: int,
    clock: Clock,
    source: str,
    starts: date | None = None,
    now: datetime | None = None,
) -> ServiceLimit:
    """Set how long a stage may take for the legs submitted from `starts` on, by default from today.

    Raises Refused `not-its-manager`, `term-in-the-past`, `term-too-far`, `term-followed`.
    """
    moment = now or timezone.now()
    limit = ServiceLimit(
        alliance_id=alliance_id,
        stage=stage,
        urgency=urgency,
        direction=direction,
        minutes=minutes,
        clock=clock,
        source=source,
        starts=starts or timezone.localdate(moment),
        set_by_id=by.user_id,
        created_at=moment,
    )
    demand(policy_clocks.may_set_rules(by, alliance_id))
    queries.lock_rules(alliance_id)
    terms.begin(queries.limits_beside(limit), limit, today=timezone.localdate(moment))
    _forget()
    record.change(by, what="alliance.limit_set", fields=[stage, direction, clock])
    return limit


def set_automatic_step(
    alliance_id: UUID,
    *,
    by: Actor,
    stage: Stage,
    action: str,
    after_steps: int = 4,
    fallback_id: UUID | None = None,
    starts: date | None = None,
    now: datetime | None = None,
) -> AutomaticStep | None:
    """Let the system end or send on what nobody answers, or with the action `off` no longer; return the row.

    It may send on to one fallback, or to the best match. Raises Refused as `set_limit`, `unknown-fallback`,
    `sent-on-unanswered-only` and `nothing-to-switch-off`.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    begins = starts or today
    demand(policy_clocks.may_set_rules(by, alliance_id))
    queries.lock_rules(alliance_id)
    same = AutomaticStep.objects.filter(alliance=alliance_id, stage=stage)
    made: AutomaticStep | None = None
    if action == OFF:
        _switch_off(same, begins, today=today)
    else:
        demand(policy_clocks.may_switch_on(stage, action))
        _check_fallback(alliance_id, action, fallback_id, begins)
        made = AutomaticStep(
            alliance_id=alliance_id,
            stage=stage,
            action=action,
            after_steps=after_steps,
            fallback_id=fallback_id,
            starts=begins,
            set_by_id=by.user_id,
            created_at=moment,
        )
        terms.begin(same, made, today=today)
    record.change(by, what="alliance.automatic_step_set", fields=[stage, action])
    return made


def withdraw_rule(
    alliance_id: UUID, rule_id: UUID, *, by: Actor, now: datetime | None = None
) -> None:
    """Withdraw a limit or an automatic step of an alliance that has not begun; again, it changes nothing.

    The row that it would have ended holds on until the next one. Raises Refused `not-its-manager`,
    `not-found`, `term-begun`.
    """
    today = timezone.localdate(now or timezone.now())
    demand(policy_clocks.may_set_rules(by, alliance_id))
    queries.lock_rules(alliance_id)
    limit = ServiceLimit.objects.filter(alliance=alliance_id, pk=rule_id)
    step = AutomaticStep.objects.filter(alliance=alliance_id, pk=rule_id)
    row = limit.first() or step.first()
    if row is None:
        raise not_found()
    if row.is_withdrawn:
        return
    demand(policy_clocks.may_withdraw(row.starts, today))
    if isinstance(row, ServiceLimit):
        terms.withdraw(queries.limits_beside(row), row)
        _forget()
        record.change(by, what="alliance.limit_withdrawn", fields=[row.stage, row.direction])
    else:
        terms.withdraw(queries.automatic_steps_beside(row), row)
        record.change(by, what="alliance.automatic_step_withdrawn", fields=[row.stage, row.action])


def _switch_off(same: QuerySet[AutomaticStep], on: date, *, today: date) -> None:
    """End the step in force on a day, and withdraw what is planned from that day on."""
    demand(policy_clocks.may_begin(on, today, None))
    planned = same.exclude(ends=F("starts")).filter(starts__gte=on, starts__gt=today)
    withdrawn = planned.update(ends=F("starts"))
    row = same.filter(in_force(on)).first()
    if row is None and withdrawn:
        return
    demand(policy_clocks.may_switch_off(row.starts if row else None, on))
    assert row is not None
    row.ends = on
    row.save(update_fields=["ends"])


def _check_fallback(alliance_id: UUID, action: str, fallback_id: UUID | None, on: date) -> None:
    """Raise Refused where a redirect names no member of the alliance, or another action names any facility."""
    named = fallback_id is not None
    member = fallback_id is not None and directory.is_member(fallback_id, alliance_id, on)
    demand(policy_clocks.may_fall_back(action, named=named, member=member), field="fallback")


def _forget() -> None:
    """Let this process read the rules anew, now and when other requests can see the change."""
    clocks.forget()
    transaction.on_commit(clocks.forget)
