"""Puts who may go back down into words: why, to a community that can do what, with both forms filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from facilities.vocabulary import CapabilityCode
from referral import pages
from referral.criteria import explain
from referral.desk import offers
from referral.desk.forms import StayForm
from referral.forms_return import ReturnForm
from referral.models import DownReview, Referral
from referral.queries import criteria as queries_criteria
from referral.queries.criteria import Home


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient who may go down."""

    line: pages.Line
    days: int
    home: Home
    means: Sequence[str]
    why: Sequence[Mapping[str, Any]]
    back: ReturnForm
    stay: StayForm


def candidates(
    rows: Sequence[Referral], by: Actor, refused: StayForm | None, *, now: datetime
) -> list[Candidate]:
    """Return these up legs with what their return depends on; `refused` is the form just sent for one of them."""
    today = timezone.localdate(now)
    homes = queries_criteria.homes(rows, on=today) if rows else {}
    reviews = queries_criteria.newest_observed([row.pk for row in rows]) if rows else {}
    again = {refused.referral.pk: refused} if refused else {}
    return [
        _candidate(line, homes[line.referral.pk], reviews[line.referral.pk], again, now)
        for line in pages.lines(rows, by, now)
    ]


def _candidate(
    line: pages.Line,
    home: Home,
    review: DownReview,
    again: Mapping[UUID, StayForm],
    now: datetime,
) -> Candidate:
    referral = line.referral
    assert referral.arrived_at is not None
    told = explain.advice(review.results)
    end = referral.pk.hex[-8:]
    return Candidate(
        line=line,
        days=(timezone.localdate(now) - timezone.localdate(referral.arrived_at)).days,
        home=home,
        means=[str(CapabilityCode(code).label) for code in home.capabilities],
        why=[each for each in explain.shown(review.results) if each["rule"] in told["met"]],
        back=ReturnForm(
            referral=referral,
            initial=offers.return_begun(referral, told),
            auto_id=f"return_{end}_%s",
        ),
        stay=again.get(referral.pk) or StayForm(referral=referral, auto_id=f"stay_{end}_%s"),
    )
