"""The table of moves: which verb leads a referral from which states to which state."""

from typing import Final, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where one leg stands."""

    DRAFT = "draft", _("Draft")
    INTERNAL_REVIEW = "internal_review", _("Internal review")
    SUBMITTED = "submitted", _("Submitted")
    RECEIVED = "received", _("Received")
    INFORMATION_REQUESTED = "information_requested", _("Information requested")
    ACCEPTED = "accepted", _("Accepted")
    SCHEDULED = "scheduled", _("Scheduled")
    ARRIVED = "arrived", _("Arrived")
    COMPLETED = "completed", _("Completed")
    DECLINED = "declined", _("Declined")
    REDIRECTED = "redirected", _("Redirected")
    NO_SHOW = "no_show", _("Did not arrive")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")


class Urgency(models.IntegerChoices):
    """How soon; the lower, the sooner (domain.md §3.2: R, E, S)."""

    EMERGENCY = 0, _("Emergency")
    URGENT = 1, _("Urgent")
    ROUTINE = 2, _("Routine")


class Move(NamedTuple):
    """One line of the table."""

    sources: frozenset[Status]
    target: Status


S = Status
PREPARING: Final = frozenset({S.DRAFT, S.INTERNAL_REVIEW})
WAITING: Final = frozenset({S.SUBMITTED, S.RECEIVED, S.INFORMATION_REQUESTED})
AGREED: Final = frozenset({S.ACCEPTED, S.SCHEDULED})
LIVE: Final = WAITING | AGREED | {S.ARRIVED}
OPEN: Final = PREPARING | LIVE
ENDED: Final = frozenset(S) - OPEN
DECIDED: Final = AGREED | {S.ARRIVED, S.COMPLETED, S.NO_SHOW, S.DECLINED}
ANY: Final = frozenset(S) - {S.ENTERED_IN_ERROR}

TRANSITIONS: Final[dict[str, Move]] = {
    "request_review": Move(frozenset({S.DRAFT}), S.INTERNAL_REVIEW),
    "approve": Move(frozenset({S.INTERNAL_REVIEW}), S.SUBMITTED),
    "send_back": Move(frozenset({S.INTERNAL_REVIEW}), S.DRAFT),
    "submit": Move(frozenset({S.DRAFT}), S.SUBMITTED),
    "open": Move(frozenset({S.SUBMITTED}), S.RECEIVED),
    "ask_information": Move(frozenset({S.SUBMITTED, S.RECEIVED}), S.INFORMATION_REQUESTED),
    "answer": Move(frozenset({S.INFORMATION_REQUESTED}), S.RECEIVED),
    "accept": Move(frozenset({S.SUBMITTED, S.RECEIVED}), S.ACCEPTED),
    "acknowledge": Move(frozenset({S.ACCEPTED}), S.ACCEPTED),
    "decline": Move(frozenset({S.SUBMITTED, S.RECEIVED, S.ACCEPTED}), S.DECLINED),
    "redirect": Move(frozenset({S.SUBMITTED, S.RECEIVED}), S.REDIRECTED),
    "schedule": Move(frozenset({S.ACCEPTED}), S.SCHEDULED),
    "reschedule": Move(frozenset({S.SCHEDULED}), S.SCHEDULED),
    "put_off": Move(frozenset({S.SCHEDULED}), S.ACCEPTED),
    "arrive": Move(AGREED, S.ARRIVED),
    "record_no_show": Move(AGREED, S.NO_SHOW),
    "complete": Move(frozenset({S.ARRIVED}), S.COMPLETED),
    "cancel": Move(PREPARING | WAITING | AGREED, S.CANCELLED),
    "expire": Move(WAITING, S.EXPIRED),
    "void": Move(ANY, S.ENTERED_IN_ERROR),
}
