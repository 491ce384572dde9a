"""Begins and withdraws rows with a term of days: a change is a new row, and the one before it ends there."""

from datetime import date
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from facilities.models.dated import Planned
from referral.actions.moving import demand
from referral.policy import clocks as policy_clocks

Term = TypeVar("Term", bound=Planned)


def begin(same: QuerySet[Term], new: Term, *, today: date) -> None:
    """End the row in force where the new one begins, and insert it; the constraint settles a race.

    `same` are the rows beside the new one. Raises Refused `term-in-the-past`, `term-too-far`,
    `term-followed`, `term-taken`.
    """
    last = same.exclude(ends=F("starts")).order_by("-starts").first()
    demand(policy_clocks.may_begin(new.starts, today, last.starts if last else None))
    try:
        with transaction.atomic():
            if last is not None and (last.ends is None or last.ends > new.starts):
                last.ends = new.starts
                last.save(update_fields=["ends"])
            new.save(force_insert=True)
    except IntegrityError as error:
        text = _("Somebody has set a rule of this kind at the same time.")
        raise Refused("term-taken", text) from error


def withdraw(same: QuerySet[Term], row: Term) -> None:
    """Make the term of a row empty, and let the one before it last as long as this would have."""
    until, row.ends = row.ends, row.starts
    row.save(update_fields=["ends"])
    same.filter(starts__lt=row.starts, ends=row.starts).update(ends=until)
