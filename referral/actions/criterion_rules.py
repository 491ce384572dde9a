"""Sets what an alliance makes of the criteria for itself; a change is a new row, and the one before it ends."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import not_found
from audit import record
from referral.actions import terms
from referral.actions.moving import demand
from referral.codes import CriterionMode
from referral.criteria import held, loading
from referral.criteria.shapes import Rule
from referral.models import CriterionSetting
from referral.policy import clocks as policy_clocks
from referral.policy import criterion_rules as policy
from referral.queries import clocks as queries_clocks
from referral.queries import criterion_rules as queries


def set_criterion(
    alliance_id: UUID,
    rule: Rule,
    *,
    by: Actor,
    mode: CriterionMode,
    reason: str,
    source: str,
    starts: date,
    thresholds: Mapping[int, Decimal] | None = None,
    follow_up_days: int | None = None,
    now: datetime | None = None,
) -> CriterionSetting:
    """Set how an alliance holds one edition of a rule from a day on, from tomorrow at the earliest.

    `thresholds` are by the place of their comparison in the rule, in the rule's own units. Raises Refused
    `not-its-manager`, `criterion-from-tomorrow`, `criterion-other-edition`, `threshold-out-of-range`,
    `criterion-unchanged`, and as terms.begin.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    own = mode == CriterionMode.OWN
    numbers = dict(thresholds or {}) if own else {}
    days = follow_up_days if own else None
    demand(policy_clocks.may_set_rules(by, alliance_id))
    demand(policy.may_begin(rule, starts, today))
    demand(policy.may_set(rule, mode, numbers, days, loading.book().variables))
    queries_clocks.lock_rules(alliance_id)
    setting = CriterionSetting(
        alliance_id=alliance_id,
        rule=rule.id,
        edition=rule.effective_from,
        mode=mode,
        thresholds={str(place): str(number) for place, number in sorted(numbers.items())},
        follow_up_days=days,
        reason=reason,
        source=source,
        starts=starts,
        set_by_id=by.user_id,
        created_at=moment,
    )
    terms.begin(queries.beside(alliance_id, rule.id), setting, today=today)
    _forget()
    record.change(by, what="alliance.criterion_set", fields=[_named(rule.id), mode])
    return setting


def withdraw_criterion(
    alliance_id: UUID, setting_id: UUID, *, by: Actor, now: datetime | None = None
) -> CriterionSetting:
    """Withdraw a setting that has not begun; again, it changes nothing.

    Raises Refused `not-its-manager`, `not-found`, `term-begun`.
    """
    demand(policy_clocks.may_set_rules(by, alliance_id))
    queries_clocks.lock_rules(alliance_id)
    row = CriterionSetting.objects.filter(alliance=alliance_id, pk=setting_id).first()
    if row is None:
        raise not_found()
    if not row.is_withdrawn:
        today = timezone.localdate(now or timezone.now())
        demand(policy_clocks.may_withdraw(row.starts, today))
        terms.withdraw(queries.beside(alliance_id, row.rule), row)
        _forget()
        record.change(by, what="alliance.criterion_withdrawn", fields=[_named(row.rule), row.mode])
    return row


def _named(rule: str) -> str:
    """Return the id of a rule as the audit trail takes names."""
    return rule.lower().replace("-", "_")


def _forget() -> None:
    """Let this process read the settings anew, now and when other requests can see the change."""
    held.forget()
    transaction.on_commit(held.forget)
