"""The coded reasons and outcomes of a referral, with the documents they come from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReferralReason(models.TextChoices):
    """Why a patient is referred (domain.md §3.1: the lists of the two-way referral rules)."""

    DIAGNOSIS_UNCLEAR = "diagnosis_unclear", _("Diagnosis unclear or means of treatment limited")
    CRITICAL = "critical", _("Critical or emergency condition")
    NOT_QUALIFIED = "not_qualified", _("Technique or operation outside our qualification")
    NEEDS_EXAMINATION = "needs_examination", _("Needs examination at a higher level")
    OUT_OF_SCOPE = "out_of_scope", _("Outside the registered departments of this facility")
    STABLE_CONTINUE = "stable_continue", _("Stable or better: continue or rehabilitate below")
    CLEAR_STILL_INPATIENT = "clear_still_inpatient", _("Diagnosis clear, stable, still needs a bed")
    AFTER_OPERATION = "after_operation", _("Stable after an operation, needs rehabilitation")
    LONG_TERM_CARE = "long_term_care", _("Long-term care of a chronic disease")
    PATIENT_WISH = "patient_wish", _("Wish of the patient or family")
    OTHER = "other", _("Other")


class SkipReason(models.TextChoices):
    """Why a destination beyond the next tier, or outside the network, is right for this patient.

    The principle is step by step (逐级转诊, domain.md §3.1); the list is our own and unverified.
    """

    CAPABILITY = "capability", _("No facility of the next step can do what is needed")
    NO_CAPACITY = "no_capacity", _("The next step has no capacity in time")
    DECLINED_BELOW = "declined_below", _("The next step has declined or advised to send on")
    KNOWN_THERE = "known_there", _("Treated there for the same condition")
    SPECIALTY_ALLIANCE = "specialty_alliance", _("Agreed way of a specialty alliance")
    PATIENT_LIVES_THERE = "patient_lives_there", _("The patient lives or is insured there")
    PATIENT_ASKS = "patient_asks", _("The patient or family asks for it, and knows the cost")
    OTHER = "other_skip", _("Another reason, explained")


class Setting(models.TextChoices):
    """Whether the patient is referred from an outpatient visit or from a bed."""

    OUTPATIENT = "outpatient", _("Outpatient or emergency")
    INPATIENT = "inpatient", _("Inpatient")


class DeclineReason(models.TextChoices):
    """Why a receiver declines (interfaces.md F3)."""

    CAPACITY = "capacity", _("No capacity")
    WRONG_SPECIALTY = "wrong_specialty", _("Not our specialty")
    INSUFFICIENT_INFORMATION = "insufficient_information", _("Not enough information")
    OUT_OF_NETWORK = "out_of_network", _("Outside our network")
    NOT_INDICATED = "not_indicated", _("No indication for referral")
    PATIENT_DECLINED = "patient_declined", _("The patient does not want it")
    OTHER = "other_decline", _("Other")


class CancelReason(models.TextChoices):
    """Why a sender cancels."""

    PATIENT_WISH = "patient_changed_mind", _("The patient changed their mind")
    CONDITION_CHANGED = "condition_changed", _("The condition has changed")
    DUPLICATE = "duplicate", _("Filed twice")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent was withdrawn")
    OTHER = "other_cancel", _("Other")


class PutOffReason(models.TextChoices):
    """Why a patient cannot come to a visit; the list is our own and unverified."""

    OTHER_TIME = "other_time", _("Another day or time is needed")
    TOO_UNWELL = "too_unwell", _("Too unwell to travel")
    BETTER = "feels_better", _("Better now: asks whether it is still needed")
    TRANSPORT = "transport", _("No transport or nobody to come along")
    COST = "cost", _("The cost")
    ELSEWHERE = "went_elsewhere", _("Goes to another hospital")
    OTHER = "other_put_off", _("Other")


class Outcome(models.TextChoices):
    """How a leg ended: the condition after treatment above, the fate of the plan below."""

    CURED = "cured", _("Cured")
    IMPROVED = "improved", _("Improved")
    UNCHANGED = "unchanged", _("Not improved")
    DIED = "died", _("Died")
    OTHER = "other_outcome", _("Other outcome")
    FOLLOW_UP_DONE = "follow_up_done", _("Follow-up plan carried out")
    HANDED_ON = "handed_on", _("Handed on")


TREATMENT_OUTCOMES = (
    Outcome.CURED,
    Outcome.IMPROVED,
    Outcome.UNCHANGED,
    Outcome.DIED,
    Outcome.OTHER,
)
RETURN_OUTCOMES = (Outcome.FOLLOW_UP_DONE, Outcome.HANDED_ON, Outcome.DIED)


class NoReturnReason(models.TextChoices):
    """Why no down leg follows a completed leg (interfaces.md F7)."""

    RECOVERED = "recovered", _("Recovered: no further care needed")
    DIED = "patient_died", _("The patient died")
    CONTINUED_CARE = "continued_care", _("Continued care here")
    TRANSFERRED = "transferred", _("Transferred elsewhere")
    REFUSED = "refused", _("The patient refused")
    LIVES_ELSEWHERE = "lives_elsewhere", _("The patient lives elsewhere")


class FollowUpMethod(models.TextChoices):
    """How the community followed a patient up."""

    VISIT = "visit", _("Visit to the clinic")
    HOME = "home", _("Home visit")
    PHONE = "phone", _("Phone call")


class ReleaseReason(models.TextChoices):
    """Why a seat went back to its pool: by a move of the referral, or by itself."""

    DECLINED = "decline", _("Declined")
    CANCELLED = "cancel", _("Cancelled")
    NO_SHOW = "record_no_show", _("Did not arrive")
    REDIRECTED = "redirect", _("Redirected")
    EXPIRED = "expire", _("Expired")
    VOIDED = "void", _("Entered in error")
    MOVED = "moved", _("Moved to another time or place")
    GIVEN_BACK = "given_back", _("Given back by the sender")
    LAPSED = "lapsed", _("The hold ran out")


class Item(models.TextChoices):
    """What a receiver may miss in a referral: fields of the slip first, then kinds of result."""

    DIAGNOSIS_CODE = "diagnosis_code", _("Diagnosis code (ICD-10)")
    PAST_HISTORY = "past_history", _("Past history")
    ALLERGIES = "allergies", _("Allergies")
    TREATMENT = "treatment", _("Treatment so far")
    RESULTS = "results", _("Main results")
    CONTACT_PHONE = "contact_phone", _("Doctor's phone")
    INPATIENT_NO = "inpatient_no", _("Inpatient record number")
    REHABILITATION = "rehabilitation", _("Rehabilitation advice")
    ECG = "ecg", _("Electrocardiogram")
    BLOOD_PRESSURE = "blood_pressure", _("Blood pressure readings")
    BLOOD_GLUCOSE = "blood_glucose", _("Blood glucose or HbA1c")
    BLOOD_TESTS = "blood_tests", _("Blood tests")
    KIDNEY_FUNCTION = "kidney_function", _("Kidney function and urine")
    IMAGING = "imaging", _("Imaging report")
    LUNG_FUNCTION = "lung_function", _("Lung function")
    ULTRASOUND = "ultrasound", _("Ultrasound report")
    MEDICATION_LIST = "medication_list", _("Medicines with doses")
    DISCHARGE_SUMMARY = "discharge_summary", _("Discharge summary")


# Those that are a field of the slip under the same name: filled in or not, nobody has to guess.
SLIP_ITEMS = (
    Item.DIAGNOSIS_CODE,
    Item.PAST_HISTORY,
    Item.ALLERGIES,
    Item.TREATMENT,
    Item.RESULTS,
    Item.CONTACT_PHONE,
    Item.INPATIENT_NO,
    Item.REHABILITATION,
)


class NeedLevel(models.TextChoices):
    """Whether a destination insists."""

    HARD = "hard", _("Needed")
    SOFT = "soft", _("Wanted")


class ReturnVerb(models.TextChoices):
    """The moves by which a receiver says that something is missing."""

    ASK_INFORMATION = "ask_information", _("Asked for information")
    DECLINE = "decline", _("Declined")


class DuplicateDecision(models.TextChoices):
    """What a sender does about a referral of the same illness that is open already."""

    JOIN = "join", _("Add to the open referral")
    REPLACE = "replace", _("Take the open referral back and send this one")
    OVERRIDE = "override", _("Send this one as well")


class OverrideReason(models.TextChoices):
    """Why a sender does otherwise than the criteria say; they advise, and the doctor decides."""

    CLINICAL_JUDGEMENT = "clinical_judgement", _("Clinical judgement of the doctor")
    PATIENT_CHOICE = "patient_choice", _("Choice of the patient or family")
    NO_SUCH_CAPABILITY = "no_such_capability", _("No destination in reach has the capability")
    ARRANGED_BY_PHONE = "arranged_by_phone", _("Arranged with the receiver by phone")
    OBSERVATION_DOUBTFUL = "observation_doubtful", _("The observation is in doubt")
    RULE_DOES_NOT_FIT = "rule_does_not_fit", _("The rule does not fit this patient")
    OTHER = "other_override", _("Other")


class StayReason(models.TextChoices):
    """Why a patient who may return stays in the hospital for now (domain.md §7: obstacles of the way down)."""

    NOT_STABLE = "not_stable", _("The condition is not stable enough")
    AWAITING_RESULT = "awaiting_result", _("A result or an operation is awaited")
    HOME_LACKS_MEANS = "home_lacks_means", _("The community lacks equipment or medicine")
    PATIENT_REFUSES = "patient_refuses_return", _("The patient or family does not want it")
    NO_TRANSPORT = "no_transport", _("Transport cannot be arranged")
    OTHER = "other_stay", _("Other")


class CriterionMode(models.TextChoices):
    """What an alliance makes of a rule of the documents."""

    STANDARD = "standard", _("As in the document")
    OWN = "own", _("With thresholds or follow-up of our own")
    OFF = "off", _("Switched off here")


class Visit(models.TextChoices):
    """Which list of the criteria a visit falls under: that of the first, or that of a follow-up."""

    FIRST = "first", _("First visit")
    FOLLOW_UP = "follow-up", _("Follow-up visit")


class RuleOutcome(models.TextChoices):
    """What one criterion comes to; a missing observation never makes it fail."""

    MET = "met", _("Met")
    NOT_MET = "not-met", _("Not met")
    CANNOT_EVALUATE = "cannot-evaluate", _("Cannot be evaluated")
