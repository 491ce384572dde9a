"""Names the kinds of everything in the directory: levels, tiers, forms, relations, capabilities."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import ADMINISTRATORS, Role


class RegionLevel(models.TextChoices):
    """Levels of GB/T 2260 and of the 12-digit statistical code; the nation stands above them."""

    NATION = "nation", _("Nation")
    PROVINCE = "province", _("Province")
    PREFECTURE = "prefecture", _("Prefecture")
    COUNTY = "county", _("County")
    TOWNSHIP = "township", _("Township")
    VILLAGE = "village", _("Village")


# The region that holds all others; no code of GB/T 2260 begins with it.
NATION: Final = "000000"


class Level(models.IntegerChoices):
    """Hospital level 级别, with the codes of Shanghai's exchange (domain.md §2.1)."""

    COMMUNITY = 0, _("Community centre")
    FIRST = 1, _("Level 1")
    SECOND = 2, _("Level 2")
    THIRD = 3, _("Level 3")
    UNRATED = 9, _("No level")


class Grade(models.IntegerChoices):
    """Hospital grade 等次 within its level, with the codes of the same exchange."""

    A = 1, _("Grade A")
    B = 2, _("Grade B")
    C = 3, _("Grade C")
    UNRATED = 9, _("No grade")


class Tier(models.IntegerChoices):
    """Function tier that decides the direction of a referral (domain.md §2.1)."""

    STATION = 0, _("Village clinic or station")
    PRIMARY = 1, _("Township or community centre, level 1")
    COUNTY = 2, _("County or level 2 hospital")
    CITY = 3, _("City level 3 hospital")
    PROVINCE = 4, _("Province hospital or regional medical centre")
    NATION = 5, _("National medical centre")


# Who the reserved share of a pool is for 基层.
HIGHEST_PRIMARY_TIER: Final = Tier.PRIMARY


class Ownership(models.TextChoices):
    """Who owns the institution."""

    PUBLIC = "public", _("Public")
    PRIVATE = "private", _("Private")


class FacilityKind(models.TextChoices):
    """Whether patients can be sent there for treatment."""

    TREATING = "treating", _("Treats patients")
    THIRD_PARTY_CENTRE = "third_party_centre", _("Third-party centre (takes orders, never treats)")
    AUTHORITY = "authority", _("Health authority (counts its region, never treats)")


def is_post_of(role: str, kind: str) -> bool:
    """Say whether a role may be held at such an institution: that of an authority there alone, no clinical one there.

    Held by triggers as well (migration 0015).
    """
    if kind == FacilityKind.AUTHORITY:
        return role == Role.HEALTH_AUTHORITY or role in ADMINISTRATORS
    return role != Role.HEALTH_AUTHORITY


class AllianceForm(models.TextChoices):
    """The four forms of medical alliance (国卫医发〔2020〕13号)."""

    CITY_GROUP = "city_group", _("City medical group")
    COUNTY_COMMUNITY = "county_community", _("County medical community")
    SPECIALTY = "specialty", _("Specialty alliance")
    TELEMEDICINE = "telemedicine", _("Telemedicine network")


# Where two facilities share several alliances, the tightest one carries the referral.
TIGHTNESS: Final[tuple[str, ...]] = (
    AllianceForm.COUNTY_COMMUNITY.value,
    AllianceForm.CITY_GROUP.value,
    AllianceForm.SPECIALTY.value,
    AllianceForm.TELEMEDICINE.value,
)


class MembershipRole(models.TextChoices):
    """What a facility is in an alliance."""

    LEAD = "lead", _("Lead")
    MEMBER = "member", _("Member")


class RelationKind(models.TextChoices):
    """A dated bond of two facilities; it runs from the giver to the receiver of help or service."""

    TRUSTEESHIP = "trusteeship", _("Trusteeship")
    COUNTERPART = "counterpart", _("Counterpart support")
    REGIONAL_CENTRE = "regional_centre", _("Regional medical centre project")
    THIRD_PARTY = "third_party", _("Third-party service")


class CapabilityCode(models.TextChoices):
    """What a facility can do, as the referral criteria ask for it."""

    PCI = "pci", _("Percutaneous coronary intervention (PCI)")
    CHEST_PAIN_CENTRE = "chest_pain_centre", _("Chest pain centre")
    THROMBOLYSIS = "thrombolysis", _("Intravenous thrombolysis")
    THROMBECTOMY = "thrombectomy", _("Mechanical thrombectomy")
    STROKE_CENTRE = "stroke_centre", _("Stroke centre")
    TRAUMA_CENTRE = "trauma_centre", _("Trauma centre")
    CT = "ct", _("Computed tomography (CT)")
    MRI = "mri", _("Magnetic resonance imaging (MRI)")
    ECG = "ecg", _("Electrocardiography (ECG)")
    ULTRASOUND = "ultrasound", _("Ultrasound")
    ENDOSCOPY = "endoscopy", _("Endoscopy")
    LABORATORY = "laboratory", _("Laboratory")
    PATHOLOGY = "pathology", _("Pathology")
    DIALYSIS = "dialysis", _("Haemodialysis")
    KIDNEY_BIOPSY = "kidney_biopsy", _("Kidney biopsy")
    ICU = "icu", _("Intensive care")
    NICU = "nicu", _("Neonatal intensive care")
    CARDIAC_SURGERY = "cardiac_surgery", _("Cardiac surgery")
    RADIOTHERAPY = "radiotherapy", _("Radiotherapy")
    REHABILITATION = "rehabilitation", _("Rehabilitation")
    LONG_TERM_OXYGEN = "long_term_oxygen", _("Long-term oxygen therapy")
    HOSPICE = "hospice", _("Hospice care")
    TCM = "tcm", _("Traditional Chinese medicine")


class PoolKind(models.TextChoices):
    """What a pool holds."""

    SLOT = "slot", _("Appointments")
    BED = "bed", _("Beds")
    EQUIPMENT = "equipment", _("Examinations on shared equipment")


class Session(models.TextChoices):
    """The part of a day that a pool covers."""

    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")
    EVENING = "evening", _("Evening")
    WHOLE_DAY = "whole_day", _("Whole day")


class DoctorGrade(models.TextChoices):
    """Whose appointments they are; an expert is an associate chief or a chief physician 副高及以上."""

    ORDINARY = "ordinary", _("Ordinary clinic")
    ASSOCIATE_CHIEF = "associate_chief", _("Associate chief physician")
    CHIEF = "chief", _("Chief physician")


EXPERTS: Final = frozenset({DoctorGrade.ASSOCIATE_CHIEF, DoctorGrade.CHIEF})


class Direction(models.TextChoices):
    """Where a referral goes, computed from the tiers of both ends and never typed."""

    UP = "up", _("Upward")
    DOWN = "down", _("Downward")
    LATERAL = "lateral", _("Lateral")


CATEGORY_PATTERN: Final = r"^[A-R][0-9]{3}$"
REGION_PATTERN: Final = r"^[0-9]{6}([0-9]{3}){0,2}$"
# The beginning of an ICD-10 code, as J10 or U07.1.
DIAGNOSIS_PREFIX: Final = r"^[A-Za-z][0-9]{1,2}(\.[0-9A-Za-z]{0,3})?$"
FACILITY_CODE_PATTERN: Final = r"^[A-Z0-9][A-Z0-9-]{1,31}$"
USCC_PATTERN: Final = r"^[0-9A-HJ-NPQRTUWXY]{18}$"
SPECIALTY_PATTERN: Final = r"^[0-9]{2}(\.[0-9]{2}){0,2}$"
