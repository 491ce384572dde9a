"""Stores what a facility offers: departments, capabilities, and the people at their posts."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.permissions import ADMINISTRATORS, Role
from facilities import names
from facilities.models.dated import Dated, never_beside, never_twice
from facilities.models.facility import Facility
from facilities.vocabulary import SPECIALTY_PATTERN, CapabilityCode, is_post_of

NO_DEPARTMENT = Coalesce(F("department"), Value(UUID(int=0), output_field=models.UUIDField()))


class Department(models.Model):
    """A clinical department, by the national list of treatment subjects 诊疗科目名录."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="departments", verbose_name=_("Facility")
    )
    code = models.CharField(
        _("Treatment subject"), max_length=8, validators=[RegexValidator(SPECIALTY_PATTERN)]
    )
    name = models.CharField(_("Name"), max_length=80)
    pinyin = models.CharField(max_length=names.PINYIN_LENGTH, editable=False)
    initials = models.CharField(max_length=names.INITIALS_LENGTH, editable=False)
    phone = models.CharField(_("Telephone"), max_length=40, blank=True)
    accepts = models.TextField(_("What it takes"), max_length=2000, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("Department")
        verbose_name_plural = _("Departments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["facility", "code", "name"],
                name="department_once_a_facility",
                violation_error_message=_("The facility has this department already."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=SPECIALTY_PATTERN), name="department_code_well_formed"
            ),
            # The target of the references that keep posts and capabilities in their own facility.
            models.UniqueConstraint(fields=["id", "facility"], name="department_id_and_facility"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "code", "id"], name="department_of_facility"),
            models.Index(
                fields=["code", "facility"],
                opclasses=["varchar_pattern_ops", "uuid_ops"],
                name="department_by_code",
            ),
            models.Index(fields=["pinyin", "id"], name="department_by_pinyin"),
            models.Index(
                fields=["pinyin"], opclasses=["varchar_pattern_ops"], name="department_pinyin_start"
            ),
            models.Index(
                fields=["initials"],
                opclasses=["varchar_pattern_ops"],
                name="department_initials_start",
            ),
            models.Index(
                fields=["name"], opclasses=["varchar_pattern_ops"], name="department_name_start"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Write the row and keep the search columns in step with the name."""
        fields = None if update_fields is None else set(update_fields)
        if fields is None or "name" in fields:
            self.spell()
            if fields is not None:
                fields |= {"pinyin", "initials"}
        super().save(*args, update_fields=fields, **kwargs)

    def spell(self) -> None:
        """Derive the search columns from the name; bulk writers call this themselves."""
        self.pinyin, self.initials = names.spellings(self.name)


class Capability(Dated):
    """Something a facility, or one of its departments, can do in a term."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="capabilities", verbose_name=_("Facility")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="capabilities",
        verbose_name=_("Department"),
    )
    code = models.CharField(_("Capability"), max_length=20, choices=CapabilityCode)

    class Meta:
        verbose_name = _("Capability")
        verbose_name_plural = _("Capabilities")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(code__in=CapabilityCode.values), name="capability_code_known"
            ),
            never_twice(
                "capability_once",
                "facility",
                "code",
                NO_DEPARTMENT,
                message=_("The capability exists already in this term."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["code", "facility"], name="capability_by_code")]

    def __str__(self) -> str:
        return self.get_code_display()


class StaffPost(Dated):
    """A person's term in one role at one facility; one person may hold several posts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="posts", verbose_name=_("User")
    )
    facility = models.ForeignKey(
        Facility, models.PROTECT, related_name="posts", verbose_name=_("Facility")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("Department"),
    )
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    title = models.CharField(_("Professional title"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("Staff post")
        verbose_name_plural = _("Staff posts")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            models.CheckConstraint(condition=Q(role__in=Role.values), name="post_role_known"),
            never_twice(
                "post_once",
                "user",
                "facility",
                "role",
                NO_DEPARTMENT,
                message=_("The person holds this post already in this term."),
            ),
            never_beside(
                "post_one_administration",
                "user",
                "role",
                condition=Q(role__in=sorted(ADMINISTRATORS)),
                message=_("System, security and audit administration are never in one hand."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "starts", "id"], name="post_of_user"),
            models.Index(fields=["facility", "role"], name="post_at_facility"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.facility_id}"

    def clean(self) -> None:
        """Refuse clinical roles at a health authority, and its own role anywhere else."""
        super().clean()
        if not is_post_of(self.role, self.facility.kind):
            text = _("This role does not belong to such an institution.")
            raise ValidationError({"role": text})
