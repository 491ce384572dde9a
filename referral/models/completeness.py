"""Stores what departments want to know, what they asked for in vain, and what became of duplicates."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Department, Facility
from referral.codes import SLIP_ITEMS, DuplicateDecision, Item, NeedLevel, ReturnVerb
from referral.models.constraints import implies
from referral.models.legs import Referral


class DepartmentNeed(models.Model):
    """What a destination wants with every referral: for one department, for one specialty, or for all.

    `specialty` is a code of the list of diagnosis and treatment subjects, as `Department.code`. A need
    in force has no `ended_at`; one that is changed ends, and a new row follows. Only what a machine can
    judge, a field of the slip, may be hard.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    specialty = models.CharField(max_length=20, blank=True)
    item = models.CharField(max_length=24, choices=Item)
    level = models.CharField(max_length=4, choices=NeedLevel)
    note = models.CharField(max_length=200, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Need of a department")
        verbose_name_plural = _("Needs of departments")
        constraints: ClassVar = [
            models.CheckConstraint(name="need_item_known", condition=Q(item__in=Item.values)),
            models.CheckConstraint(
                name="need_level_known", condition=Q(level__in=NeedLevel.values)
            ),
            implies(
                "need_hard_only_on_the_slip",
                Q(level=NeedLevel.HARD),
                Q(item__in=[item.value for item in SLIP_ITEMS]),
            ),
            models.CheckConstraint(
                name="need_for_department_or_specialty",
                condition=Q(department__isnull=True) | Q(specialty=""),
            ),
            models.UniqueConstraint(
                name="need_once_in_force",
                fields=["facility", "department", "specialty", "item"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.level}"


class InformationGap(models.Model):
    """One return of a referral for want of information, with the items that its receiver named.

    Written when a receiver asks or declines for this reason, also with no item named: what is learnt is
    a share of all such returns. The version is that of the move.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="gaps")
    version = models.PositiveIntegerField()
    verb = models.CharField(max_length=24, choices=ReturnVerb)
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    items = ArrayField(models.CharField(max_length=24, choices=Item))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Information gap")
        verbose_name_plural = _("Information gaps")
        indexes: ClassVar = [
            models.Index(
                name="information_gap_latest", fields=["facility", "department", "-at", "-id"]
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="information_gap_items_known",
                condition=Q(items__contained_by=sorted(Item.values)),
            ),
            models.CheckConstraint(
                name="information_gap_verb_known", condition=Q(verb__in=ReturnVerb.values)
            ),
            models.UniqueConstraint(
                name="information_gap_one_a_version", fields=["referral", "version"]
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Duplicate(models.Model):
    """A second referral of an illness that one was under way for, and what its sender decided.

    `referral` is the leg that was sent, `other` the one that was open then, null where its sender was
    not let see it. Where the sender joined the open one, `referral` is the draft that was given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="+")
    other = models.ForeignKey(Referral, models.PROTECT, null=True, db_index=False, related_name="+")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    decision = models.CharField(max_length=10, choices=DuplicateDecision)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Duplicate")
        verbose_name_plural = _("Duplicates")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="duplicate_decision_known", condition=Q(decision__in=DuplicateDecision.values)
            ),
            implies(
                "duplicate_override_says_why",
                Q(decision=DuplicateDecision.OVERRIDE),
                ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="duplicate_of_another", condition=~Q(referral=models.F("other"))
            ),
            models.UniqueConstraint(name="duplicate_once", fields=["referral", "other"]),
        ]

    def __str__(self) -> str:
        return str(self.id)
