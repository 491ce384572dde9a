"""Stores the counters: for each scope, breakdown and piece of time how many legs each measure counts."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insights.vocabulary import Dim, Grain, Scope


def _count() -> "models.IntegerField[Any, Any]":
    return models.IntegerField(default=0, db_default=0)


class Rollup(models.Model):
    """One counter row; a row whose measures are all 0 is no row.

    `key` is the region's code or the id of the alliance or facility, empty for everything; `value` is what `dim`
    takes there, empty without a breakdown; `starts` the first day of the piece of time.
    """

    pk = models.CompositePrimaryKey("scope", "key", "dim", "grain", "starts", "value")
    scope = models.SmallIntegerField(choices=Scope)
    key = models.CharField(max_length=36)
    dim = models.SmallIntegerField(choices=Dim)
    grain = models.CharField(max_length=1, choices=Grain)
    starts = models.DateField()
    value = models.CharField(max_length=36)
    up_submitted = _count()
    down_submitted = _count()
    up_submitted_accepted = _count()
    down_submitted_accepted = _count()
    up_submitted_declined = _count()
    down_submitted_declined = _count()
    up_submitted_redirected = _count()
    down_submitted_redirected = _count()
    up_submitted_expired = _count()
    down_submitted_expired = _count()
    up_submitted_late = _count()
    down_submitted_late = _count()
    up_submitted_arrived = _count()
    down_submitted_arrived = _count()
    up_submitted_completed = _count()
    down_submitted_completed = _count()
    up_submitted_returned = _count()
    up_submitted_followed = _count()
    up_submitted_located = _count()
    up_submitted_outside = _count()
    lateral_submitted = _count()
    up_cancelled = _count()
    down_cancelled = _count()
    up_accepted = _count()
    down_accepted = _count()
    up_accepted_arrived = _count()
    down_accepted_arrived = _count()
    down_accepted_outpatient = _count()
    down_accepted_inpatient = _count()
    down_accepted_chronic = _count()
    down_accepted_wish = _count()
    up_arrived = _count()
    up_arrived_wish = _count()
    down_arrived = _count()
    up_completed = _count()
    down_completed = _count()
    up_closed = _count()
    follow_ups_due = _count()
    follow_ups_done = _count()

    class Meta:
        verbose_name = _("Counter")
        verbose_name_plural = _("Counters")
        indexes: ClassVar = [
            # Side by side: all facilities, all regions or all alliances in one piece of time.
            models.Index(
                name="rollup_beside",
                fields=["scope", "grain", "starts", "key"],
                condition=Q(dim=Dim.NONE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key} {self.grain} {self.starts}"
