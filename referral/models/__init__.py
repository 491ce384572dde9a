"""Gathers the tables of the workflow, which are split by subject."""

from referral.models.advice import ADVICE_ENDS, ADVICE_OPEN, AdviceRequest, AdviceState
from referral.models.assignments import Assignment
from referral.models.booking import Booking, BookingState
from referral.models.clocks import AutomaticStep, LegClock, Reminder, ServiceLimit, VainStep
from referral.models.completeness import DepartmentNeed, Duplicate, InformationGap
from referral.models.consents import ConsentAlert
from referral.models.criteria import Assessment, DownReview
from referral.models.criterion_settings import CriterionSetting
from referral.models.documentation import Documentation
from referral.models.legs import Episode, Referral, Transition
from referral.models.links import Link, LinkKind
from referral.models.message_texts import MessageText
from referral.models.orders import (
    ExaminationFile,
    ExaminationOrder,
    ExaminationReport,
    OrderConsent,
    OrderState,
)
from referral.models.patient_words import HiddenFeedback, PatientFeedback, VisitConfirmation
from referral.models.returns import (
    LongPrescription,
    Medicine,
    NextVisit,
    ReturnFeedback,
    WarningSign,
)
from referral.models.routes import AnswerTime, RouteChoice
from referral.models.sharing import Attachment, FollowUp, Message

__all__ = [
    "ADVICE_ENDS",
    "ADVICE_OPEN",
    "AdviceRequest",
    "AdviceState",
    "AnswerTime",
    "Assessment",
    "Assignment",
    "Attachment",
    "AutomaticStep",
    "Booking",
    "BookingState",
    "ConsentAlert",
    "CriterionSetting",
    "DepartmentNeed",
    "Documentation",
    "DownReview",
    "Duplicate",
    "Episode",
    "ExaminationFile",
    "ExaminationOrder",
    "ExaminationReport",
    "FollowUp",
    "HiddenFeedback",
    "InformationGap",
    "LegClock",
    "Link",
    "LinkKind",
    "LongPrescription",
    "Medicine",
    "Message",
    "MessageText",
    "NextVisit",
    "OrderConsent",
    "OrderState",
    "PatientFeedback",
    "Referral",
    "Reminder",
    "ReturnFeedback",
    "RouteChoice",
    "ServiceLimit",
    "Transition",
    "VainStep",
    "VisitConfirmation",
    "WarningSign",
]
