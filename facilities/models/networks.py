"""Stores who is bound to whom: alliances with their dated members, and dated pairs."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models.dated import Dated, never_twice
from facilities.models.facility import Facility
from facilities.vocabulary import (
    SPECIALTY_PATTERN,
    AllianceForm,
    MembershipRole,
    RelationKind,
)


class Alliance(Dated):
    """A medical alliance 医联体 of one of the four forms; a nested one names its parent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    form = models.CharField(_("Form"), max_length=20, choices=AllianceForm)
    lead = models.ForeignKey(
        Facility, models.PROTECT, related_name="led_alliances", verbose_name=_("Lead")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Part of"),
    )
    specialty = models.CharField(
        _("Specialty"),
        max_length=8,
        null=True,
        blank=True,
        validators=[RegexValidator(SPECIALTY_PATTERN)],
        help_text=_("Code of the national list of treatment subjects; for specialty alliances."),
    )
    allows_lateral = models.BooleanField(_("Allows referrals between equal tiers"), default=False)

    class Meta:
        verbose_name = _("Alliance")
        verbose_name_plural = _("Alliances")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(form__in=AllianceForm.values), name="alliance_form_known"
            ),
            models.CheckConstraint(
                condition=Q(form=AllianceForm.SPECIALTY, specialty__isnull=False)
                | (~Q(form=AllianceForm.SPECIALTY) & Q(specialty__isnull=True)),
                name="alliance_specialty_iff_its_form",
                violation_error_message=_("A specialty alliance, and only one, names a specialty."),
            ),
            models.CheckConstraint(
                condition=Q(specialty__isnull=True) | Q(specialty__regex=SPECIALTY_PATTERN),
                name="alliance_specialty_well_formed",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="alliance_not_own_parent",
            ),
            # The target of the reference that keeps Membership.form true.
            models.UniqueConstraint(fields=["id", "form"], name="alliance_id_and_form"),
        ]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="alliance_by_name")]

    def __str__(self) -> str:
        return self.name


class Membership(Dated):
    """A facility's term in an alliance; `parent_facility` places it in the tree below the lead."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, related_name="memberships")
    # A copy held true by a reference on (alliance, form): the constraints below need it in this row.
    form = models.CharField(max_length=20, choices=AllianceForm, editable=False)
    facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="memberships", verbose_name=_("Facility")
    )
    role = models.CharField(
        _("Role"), max_length=10, choices=MembershipRole, default=MembershipRole.MEMBER
    )
    parent_facility = models.ForeignKey(
        Facility,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Under"),
        help_text=_("Empty: directly under the lead."),
    )

    class Meta:
        verbose_name = _("Membership")
        verbose_name_plural = _("Memberships")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(role__in=MembershipRole.values), name="membership_role_known"
            ),
            models.CheckConstraint(
                condition=Q(parent_facility__isnull=True) | ~Q(parent_facility=F("facility")),
                name="membership_not_under_itself",
            ),
            models.CheckConstraint(
                condition=~Q(role=MembershipRole.LEAD) | Q(parent_facility__isnull=True),
                name="membership_lead_is_on_top",
                violation_error_message=_("The lead is under no other member."),
            ),
            never_twice(
                "membership_once_an_alliance",
                "alliance",
                "facility",
                message=_("The facility is a member already in this term."),
            ),
            never_twice(
                "membership_one_lead",
                "alliance",
                condition=Q(role=MembershipRole.LEAD),
                message=_("The alliance has another lead in this term."),
            ),
            never_twice(
                "membership_one_city_group",
                "facility",
                condition=Q(form=AllianceForm.CITY_GROUP),
                message=_("A facility belongs to one city medical group at a time."),
            ),
            never_twice(
                "membership_one_county_community",
                "facility",
                condition=Q(form=AllianceForm.COUNTY_COMMUNITY, role=MembershipRole.MEMBER),
                message=_("A member belongs to one county medical community at a time."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["facility", "starts"],
                include=["alliance", "ends"],
                name="membership_of_facility",
            )
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} in {self.alliance_id}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Write the row with the form of its alliance."""
        fields = None if update_fields is None else set(update_fields)
        if fields is None or "alliance" in fields:
            self.form = self.alliance.form
            if fields is not None:
                fields.add("form")
        super().save(*args, update_fields=fields, **kwargs)


class Relation(Dated):
    """A dated bond of a pair: the giver of help or service, and the one who gets it.

    trusteeship: manager → managed (托管); counterpart: supporter → supported (对口帮扶);
    regional_centre: sending hospital → host (输出–依托); third_party: centre → customer.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("Kind"), max_length=20, choices=RelationKind)
    from_facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="relations_given", verbose_name=_("Giver")
    )
    to_facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="relations_received", verbose_name=_("Receiver")
    )

    class Meta:
        verbose_name = _("Relation")
        verbose_name_plural = _("Relations")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind__in=RelationKind.values), name="relation_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(from_facility=F("to_facility")), name="relation_of_two_facilities"
            ),
            never_twice(
                "relation_once_a_pair",
                "kind",
                "from_facility",
                "to_facility",
                message=_("This relation exists already in this term."),
            ),
            never_twice(
                "relation_one_trustee",
                "to_facility",
                condition=Q(kind=RelationKind.TRUSTEESHIP),
                message=_("A facility has one trustee at a time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_facility_id} → {self.to_facility_id}"
