"""The codes of what returns carry: classes of drugs, visits, warning signs, signatures, adherence."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DrugClass(models.TextChoices):
    """The classes that the rules for long prescriptions tell apart (国卫办医发〔2021〕17号)."""

    ORDINARY = "ordinary", _("Ordinary medicine")
    ANTIMICROBIAL = "antimicrobial", _("Antimicrobial")
    TOXIC = "toxic", _("Toxic drug for medical use")
    RADIOACTIVE = "radioactive", _("Radioactive drug")
    PRECURSOR = "precursor", _("Drug precursor chemical")
    NARCOTIC = "narcotic", _("Narcotic drug")
    PSYCHOTROPIC_1 = "psychotropic_1", _("Psychotropic drug of class I")
    PSYCHOTROPIC_2 = "psychotropic_2", _("Psychotropic drug of class II")
    SPECIAL_STORAGE = "special_storage", _("Medicine that needs special storage")


class ExceptionGround(models.TextChoices):
    """Why an antimicrobial may be prescribed for long all the same."""

    TUBERCULOSIS = "tuberculosis", _("Tuberculosis")
    CHRONIC_BACTERIAL = "chronic_bacterial", _("Other chronic bacterial infection")
    CHRONIC_FUNGAL = "chronic_fungal", _("Chronic fungal infection")


class VisitSide(models.TextChoices):
    """Where the next visit is."""

    UP = "up", _("At the hospital")
    DOWN = "down", _("In the community")


class WarningAction(models.TextChoices):
    """What the patient does when a warning sign appears."""

    CALL_CLINIC = "call_clinic", _("Call the clinic")
    GO_UP = "go_up", _("Go back to the hospital")
    EMERGENCY = "emergency", _("Call an ambulance")


class SignCode(models.TextChoices):
    """Warning signs with a code; data/follow_up.toml says which of them a measurement shows."""

    BLOOD_PRESSURE_HIGH = "blood_pressure_high", _("Blood pressure very high")
    BLOOD_PRESSURE_LOW = "blood_pressure_low", _("Blood pressure too low")
    GLUCOSE_HIGH = "glucose_high", _("Blood glucose very high")
    GLUCOSE_LOW = "glucose_low", _("Blood glucose too low")
    HEART_FAST = "heart_fast", _("Heart rate too fast")
    OXYGEN_LOW = "oxygen_low", _("Oxygen saturation too low")
    FEVER = "fever", _("High fever")
    CHEST_PAIN = "chest_pain", _("Chest pain")
    BREATHLESS = "breathless", _("Shortness of breath")
    STROKE_SIGNS = "stroke_signs", _("Crooked face, weak arm or unclear speech")
    BLEEDING = "bleeding", _("Bleeding")
    WOUND = "wound", _("Wound red, swollen or discharging")


class SignatureMethod(models.TextChoices):
    """How a signature was given."""

    PAPER = "paper", _("On paper")
    ON_SCREEN = "on_screen", _("On screen")


class SignedBy(models.TextChoices):
    """Who signed for a long prescription."""

    PATIENT = "patient", _("The patient")
    GUARDIAN = "guardian", _("The guardian")


class Adherence(models.TextChoices):
    """How regularly the patient takes the medicines."""

    REGULAR = "regular", _("Regularly")
    IRREGULAR = "irregular", _("Irregularly")
    NONE = "none", _("Not at all")


class HideReason(models.TextChoices):
    """Why a line of a patient is not shown to staff."""

    NAMES_SOMEBODY = "names_somebody", _("Names a person or tells of the health of others")
    ABUSE = "abuse", _("Insults or threatens")
    NOT_ABOUT_IT = "not_about_it", _("Has nothing to do with the visit, advertises")
    WRONG_PERSON = "wrong_person", _("Was not written by the patient")
