"""Stores what alliances set of the criteria for themselves; a change is a new row, and rows stay."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance
from facilities.models.dated import Planned, never_twice
from referral.codes import CriterionMode
from referral.models.constraints import iff
from referral.models.criteria import RULE


class CriterionSetting(Planned):
    """What one alliance makes of one rule in a term of days; never edited, withdrawn before it begins.

    `thresholds` holds numbers as text by the place of their comparison in the rule, from 0. They were set for
    one `edition` of the rule (its first day in force): where another edition holds, the row says nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    rule = models.CharField(max_length=RULE)
    edition = models.DateField()
    mode = models.CharField(max_length=10, choices=CriterionMode)
    thresholds = models.JSONField(default=dict)
    follow_up_days = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(_("Reason"), max_length=500)
    source = models.CharField(_("Source"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Criterion of an alliance")
        verbose_name_plural = _("Criteria of alliances")
        constraints: ClassVar = [
            *Planned.Meta.constraints,
            models.CheckConstraint(
                name="criterion_mode_known", condition=Q(mode__in=CriterionMode.values)
            ),
            iff(
                "criterion_own_says_what",
                Q(mode=CriterionMode.OWN),
                ~Q(thresholds={}) | Q(follow_up_days__isnull=False),
            ),
            models.CheckConstraint(
                name="criterion_follow_up_in_a_year",
                condition=Q(follow_up_days__isnull=True) | Q(follow_up_days__range=(1, 366)),
            ),
            models.CheckConstraint(
                name="criterion_explained", condition=~Q(reason="") & ~Q(source="")
            ),
            never_twice(
                "criterion_never_twice",
                "alliance",
                "rule",
                message=_("Another setting of this criterion holds in this term."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.mode}"
