"""Stores regions and institutions, with the accreditations that an institution held over time."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities import names
from facilities.codes import validate_uscc
from facilities.models.dated import Dated, never_twice
from facilities.vocabulary import (
    CATEGORY_PATTERN,
    FACILITY_CODE_PATTERN,
    REGION_PATTERN,
    USCC_PATTERN,
    FacilityKind,
    Grade,
    Level,
    Ownership,
    RegionLevel,
    Tier,
)

# Community centres and unrated institutions have no grade (domain.md §2.1).
GRADE_NEEDS_LEVEL = Q(level__in=[Level.FIRST, Level.SECOND, Level.THIRD]) | Q(grade=Grade.UNRATED)


def rating_constraints(model: str) -> list[models.CheckConstraint]:
    """Return the constraints on level, grade and tier, shared by facilities and their accreditations."""
    return [
        models.CheckConstraint(condition=Q(level__in=Level.values), name=f"{model}_level_known"),
        models.CheckConstraint(condition=Q(grade__in=Grade.values), name=f"{model}_grade_known"),
        models.CheckConstraint(condition=Q(tier__in=Tier.values), name=f"{model}_tier_known"),
        models.CheckConstraint(
            condition=GRADE_NEEDS_LEVEL,
            name=f"{model}_grade_needs_level",
            violation_error_message=_("Only levels 1 to 3 have a grade."),
        ),
    ]


class Region(models.Model):
    """An administrative division; codes change with the years and none is ever deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(_("Code"), max_length=12, unique=True)
    name = models.CharField(_("Name"), max_length=100)
    level = models.CharField(_("Level"), max_length=10, choices=RegionLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, to_field="code", null=True, blank=True, related_name="children"
    )
    revision = models.CharField(_("Last edition"), max_length=4)
    ended = models.PositiveSmallIntegerField(_("Ended in"), null=True, blank=True)

    class Meta:
        verbose_name = _("Region")
        verbose_name_plural = _("Regions")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(code__regex=REGION_PATTERN), name="region_code_6_9_or_12_digits"
            ),
            models.CheckConstraint(
                condition=Q(level__in=RegionLevel.values), name="region_level_known"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("code")),
                name="region_not_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Facility(models.Model):
    """An institution, or one campus of a legal person that has several."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(
        _("Code"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(FACILITY_CODE_PATTERN)],
        help_text=_("Own code: capital letters, digits and hyphens."),
    )
    uscc = models.CharField(
        _("Unified social credit code"),
        max_length=18,
        null=True,
        blank=True,
        unique=True,
        validators=[validate_uscc],
        help_text=_("Empty where the institution has none, and on every campus but the main one."),
    )
    name = models.CharField(_("Name"), max_length=120)
    short_name = models.CharField(_("Short name"), max_length=60, blank=True)
    pinyin = models.CharField(max_length=names.PINYIN_LENGTH, editable=False)
    initials = models.CharField(max_length=names.INITIALS_LENGTH, editable=False)
    terms = ArrayField(models.CharField(max_length=2), editable=False, default=list)
    region = models.ForeignKey(
        Region, models.PROTECT, to_field="code", verbose_name=_("Region"), related_name="+"
    )
    category = models.CharField(
        _("Category (WS 218)"), max_length=4, validators=[RegexValidator(CATEGORY_PATTERN)]
    )
    level = models.PositiveSmallIntegerField(_("Level"), choices=Level, default=Level.UNRATED)
    grade = models.PositiveSmallIntegerField(_("Grade"), choices=Grade, default=Grade.UNRATED)
    tier = models.PositiveSmallIntegerField(_("Tier"), choices=Tier)
    ownership = models.CharField(
        _("Ownership"), max_length=10, choices=Ownership, default=Ownership.PUBLIC
    )
    kind = models.CharField(
        _("Kind"), max_length=20, choices=FacilityKind, default=FacilityKind.TREATING
    )
    legal_person = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="campuses",
        verbose_name=_("Legal person"),
        help_text=_("The main site, when this is one of its campuses."),
    )
    campus_name = models.CharField(_("Campus"), max_length=60, blank=True)
    phone = models.CharField(_("Telephone"), max_length=40, blank=True)
    duty_phone = models.CharField(_("Telephone on duty, day and night"), max_length=40, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("Latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("Longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    profile = models.TextField(_("Function and scope"), max_length=2000, blank=True)
    requires_internal_review = models.BooleanField(
        _("Referrals need an internal review"), default=False
    )
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("Facility")
        verbose_name_plural = _("Facilities")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(code__regex=FACILITY_CODE_PATTERN), name="facility_code_well_formed"
            ),
            models.CheckConstraint(
                condition=Q(uscc__isnull=True) | Q(uscc__regex=USCC_PATTERN),
                name="facility_uscc_well_formed",
            ),
            models.CheckConstraint(
                condition=Q(category__regex=CATEGORY_PATTERN), name="facility_category_well_formed"
            ),
            models.CheckConstraint(
                condition=Q(ownership__in=Ownership.values), name="facility_ownership_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=FacilityKind.values), name="facility_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(legal_person__isnull=True) | ~Q(legal_person=F("id")),
                name="facility_not_own_campus",
            ),
            models.CheckConstraint(
                condition=(Q(latitude__isnull=True) & Q(longitude__isnull=True))
                | Q(
                    # Said outright: a check whose outcome is unknown passes.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="facility_position_on_earth",
            ),
            *rating_constraints("facility"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pinyin", "id"], name="facility_by_pinyin"),
            models.Index(fields=["tier", "pinyin", "id"], name="facility_by_tier"),
            models.Index(
                fields=["initials"],
                opclasses=["varchar_pattern_ops"],
                name="facility_initials_start",
            ),
            models.Index(
                fields=["pinyin"], opclasses=["varchar_pattern_ops"], name="facility_pinyin_start"
            ),
            GinIndex(
                fields=["initials"], opclasses=["gin_trgm_ops"], name="facility_initials_part"
            ),
            GinIndex(fields=["pinyin"], opclasses=["gin_trgm_ops"], name="facility_pinyin_part"),
            GinIndex(fields=["terms"], name="facility_terms"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Write the row and keep the search columns in step with the names."""
        fields = None if update_fields is None else set(update_fields)
        if fields is None or fields & {"name", "short_name"}:
            self.spell()
            if fields is not None:
                fields |= {"pinyin", "initials", "terms"}
        super().save(*args, update_fields=fields, **kwargs)

    def spell(self) -> None:
        """Derive everything that the search reads from the names; bulk writers call this themselves."""
        self.pinyin, self.initials = names.spellings(self.name)
        self.terms = names.pieces(self.name, self.short_name)


class Accreditation(Dated):
    """The level, grade and tier in a term; `Facility` itself says what counts outside every term."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="accreditations")
    level = models.PositiveSmallIntegerField(_("Level"), choices=Level)
    grade = models.PositiveSmallIntegerField(_("Grade"), choices=Grade)
    tier = models.PositiveSmallIntegerField(_("Tier"), choices=Tier)

    class Meta:
        verbose_name = _("Accreditation")
        verbose_name_plural = _("Accreditations")
        constraints: ClassVar = [
            *Dated.Meta.constraints,
            never_twice(
                "accreditation_one_at_a_time",
                "facility",
                message=_("Another accreditation holds in this term."),
            ),
            *rating_constraints("accreditation"),
        ]

    def __str__(self) -> str:
        return f"{self.starts} {self.get_level_display()}"
