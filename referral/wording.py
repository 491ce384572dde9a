"""Gives every state, verb, box and step its words, icon and colour; pages show no raw code."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from facilities.vocabulary import Direction
from referral.codes import CancelReason, DeclineReason, NoReturnReason, PutOffReason, SkipReason
from referral.states import Status, Urgency

Words = str | Promise


class Mark(NamedTuple):
    """A word with its icon (an id in static/referral/icons.svg) and its colour (a class of ours)."""

    words: Words
    icon: str
    colour: str


# Colour never stands alone: word and icon say the same.
_STATUS: Final[dict[Status, tuple[str, str]]] = {
    Status.DRAFT: ("pencil", "grey"),
    Status.INTERNAL_REVIEW: ("users", "grey"),
    Status.SUBMITTED: ("send", "blue"),
    Status.RECEIVED: ("eye", "blue"),
    Status.INFORMATION_REQUESTED: ("question", "amber"),
    Status.ACCEPTED: ("check", "green"),
    Status.SCHEDULED: ("calendar", "green"),
    Status.ARRIVED: ("pin", "teal"),
    Status.COMPLETED: ("flag", "green"),
    Status.DECLINED: ("cross", "red"),
    Status.REDIRECTED: ("right", "violet"),
    Status.NO_SHOW: ("absent", "red"),
    Status.CANCELLED: ("ban", "grey"),
    Status.EXPIRED: ("clock", "red"),
    Status.ENTERED_IN_ERROR: ("trash", "grey"),
}
_DIRECTION: Final[dict[Direction, tuple[str, str]]] = {
    Direction.UP: ("up", "blue"),
    Direction.DOWN: ("down", "teal"),
    Direction.LATERAL: ("right", "violet"),
}
_URGENCY: Final[dict[Urgency, tuple[str, str]]] = {
    Urgency.EMERGENCY: ("alarm", "red"),
    Urgency.URGENT: ("alarm", "amber"),
    Urgency.ROUTINE: ("clock", "grey"),
}
OVERDUE: Final = Mark(_("Overdue"), "clock", "red")
UNSENT: Final = Mark(_("Not sent yet"), "pencil", "grey")


def status(code: str) -> Mark:
    """Return how a state is shown."""
    known = Status(code)
    return Mark(known.label, *_STATUS[known])


def direction(code: str) -> Mark:
    """Return how a direction is shown; a draft has none yet."""
    if not code:
        return UNSENT
    known = Direction(code)
    return Mark(known.label, *_DIRECTION[known])


def urgency(number: int) -> Mark:
    """Return how an urgency is shown."""
    known = Urgency(number)
    return Mark(known.label, *_URGENCY[known])


class Verb(NamedTuple):
    """What a button of a verb says, what the timeline says of it, and how the button looks."""

    button: Words
    done: Words
    icon: str
    style: str = "outline-primary"


VERBS: Final[dict[str, Verb]] = {
    "submit": Verb(_("Submit"), _("Submitted the referral"), "send", "primary"),
    "request_review": Verb(_("Send for review"), _("Sent it for review"), "users", "primary"),
    "approve": Verb(_("Approve and submit"), _("Approved it"), "check", "primary"),
    "send_back": Verb(_("Send back to the author"), _("Sent it back to the author"), "undo"),
    "open": Verb(_("Confirm receipt"), _("Confirmed receipt"), "eye"),
    "ask_information": Verb(_("Ask for information"), _("Asked for information"), "question"),
    "answer": Verb(_("Answer"), _("Gave the information"), "message", "primary"),
    "accept": Verb(_("Accept"), _("Accepted the referral"), "check", "primary"),
    "acknowledge": Verb(
        _("Acknowledge the emergency"), _("Acknowledged the emergency"), "alarm", "primary"
    ),
    "decline": Verb(_("Decline"), _("Declined the referral"), "cross", "outline-danger"),
    "redirect": Verb(_("Redirect"), _("Redirected the referral"), "right"),
    "schedule": Verb(_("Arrange the visit"), _("Arranged the visit"), "calendar"),
    "reschedule": Verb(_("Change the visit"), _("Changed the visit"), "calendar"),
    "put_off": Verb(_("Cannot come then"), _("Noted that the patient cannot come then"), "absent"),
    "arrive": Verb(_("Confirm arrival"), _("Confirmed the patient's arrival"), "pin", "primary"),
    "record_no_show": Verb(
        _("Did not come"), _("Recorded that the patient did not come"), "absent", "outline-danger"
    ),
    "complete": Verb(
        pgettext_lazy("button", "Complete"), _("Completed the referral"), "flag", "primary"
    ),
    "cancel": Verb(_("Withdraw"), _("Withdrew the referral"), "ban", "outline-danger"),
    "expire": Verb(
        _("End as unanswered"), _("Ended it, since nobody answered"), "clock", "outline-danger"
    ),
    "void": Verb(
        _("Entered by mistake"), _("Marked it as entered by mistake"), "trash", "outline-danger"
    ),
    # Those that are no moves of the table: the way back down, the way up again, the contact after a return,
    # what an emergency went without.
    "return": Verb(_("Send the patient back"), _("Started the return"), "down", "primary"),
    "refer_again": Verb(_("Refer up again"), _("Referred the patient up again"), "up"),
    "record_follow_up": Verb(
        _("Record a follow-up"), _("Recorded a follow-up"), "message", "primary"
    ),
    "document": Verb(_("Complete the slip"), _("Completed the slip"), "pencil", "primary"),
    "send_message": Verb(_("Write a message"), _("The message was sent"), "message"),
    "mark_read": Verb(_("Mark as read"), _("The messages are marked as read"), "check"),
    "create": Verb(_("Create"), _("Created the referral"), "pencil"),
}

REASONS: Final[dict[str, Words]] = {
    code: label
    for codes in (DeclineReason, CancelReason, NoReturnReason, SkipReason, PutOffReason)
    for code, label in codes.choices
}


class Box(NamedTuple):
    """A list of referrals: its name, its icon, what an empty one says, the keys to it, its short name."""

    title: Words
    icon: str
    empty: Words
    keys: str = ""
    short: Words = ""


BOXES: Final[dict[str, Box]] = {
    "overdue": Box(_("Overdue"), "clock", _("Nothing is overdue."), "g o"),
    "documentation": Box(
        _("To be completed"),
        "alarm",
        _("No emergency has to be completed."),
        short=pgettext_lazy("menu", "To complete"),
    ),
    "inbox": Box(_("Inbox"), "inbox", _("No referral waits for you."), "g i"),
    "tracking": Box(_("Tracking"), "route", _("None of your patients is under way."), "g r"),
    "sent": Box(_("Sent"), "send", _("Your facility has sent no referral yet."), "g s"),
    "drafts": Box(_("Drafts"), "pencil", _("There are no drafts."), "g d"),
    "all": Box(
        _("All referrals"),
        "list",
        _("There are no referrals to see."),
        "g a",
        pgettext_lazy("menu", "All"),
    ),
}


class DeskPage(NamedTuple):
    """A page of a receiver's desk: its name, its icon, its address' name, the keys to it, its short name."""

    title: Words
    icon: str
    name: str
    keys: str
    short: Words = ""


DESK: Final[dict[str, DeskPage]] = {
    "arrivals": DeskPage(_("Arrivals"), "pin", "referral:arrivals", "g v"),
    "ready": DeskPage(
        _("Ready to go down"), "down", "referral:ready", "g b", pgettext_lazy("menu", "To go down")
    ),
    "orders": DeskPage(
        _("Examinations"), "eye", "referral:orders", "g e", pgettext_lazy("menu", "Exams")
    ),
    "advice": DeskPage(_("Advice"), "message", "referral:advices", "g q"),
}


class Work(NamedTuple):
    """A kind of work: its name, its icon, what an empty list says, and where the whole list is."""

    title: Words
    icon: str
    empty: Words
    page: str = "referral:work"
    box: str = ""


NOTHING: Final = _("Nothing of this waits for you.")
WORK: Final[dict[str, Work]] = {
    "stuck": Work(_("Stuck in the alliance"), "alarm", NOTHING, "referral:under-way"),
    "overdue": Work(_("Overdue"), "clock", NOTHING, "referral:box", "overdue"),
    "waiting": Work(_("Waiting for your answer"), "inbox", NOTHING),
    "asked": Work(_("You were asked something"), "question", NOTHING),
    "declined": Work(_("Declined: begin again?"), "cross", NOTHING),
    "returned": Work(_("Patients returned to you"), "down", NOTHING),
    "put-off": Work(_("Cannot come: find another time"), "absent", NOTHING),
    "arriving": Work(_("Arriving today"), "pin", NOTHING, "referral:arrivals"),
    "follow-ups": Work(_("Follow-ups due"), "message", NOTHING),
    "ready": Work(_("Ready to go down"), "down", NOTHING, "referral:ready"),
    "documentation": Work(_("To be completed"), "alarm", NOTHING, "referral:box", "documentation"),
    "consents": Work(_("Consent still to be recorded"), "pencil", NOTHING),
    "review": Work(_("To be reviewed"), "users", NOTHING),
    "drafts": Work(_("Drafts"), "pencil", NOTHING, "referral:box", "drafts"),
}

STEPS: Final[dict[str, Words]] = {
    "submission": _("The referral is still to be submitted."),
    "decision": _("The hospital is still to decide."),
    "arrival": _("The patient is still to arrive."),
    "completion": _("The treatment is still to be completed."),
    "return_submission": _("The return is still to be submitted."),
    "return_decision": _("The community is still to take the patient over."),
    "first_contact": _("The first contact in the community is still to come."),
    "follow_up": _("The follow-up is still to be carried out."),
}

LOOPS: Final[dict[str, Mark]] = {
    "open": Mark(_("Under way"), "route", "blue"),
    "closed": Mark(_("Closed: the loop is complete"), "check", "green"),
    "ended_without_return": Mark(_("Ended without a return"), "ban", "red"),
}


# Units that have words; all others are written as their signs in every language.
_UNITS: Final[dict[str, Words]] = {
    "years": pgettext_lazy("unit", "years"),
    "months": pgettext_lazy("unit", "months"),
    "d": pgettext_lazy("unit", "days"),
    "h": pgettext_lazy("unit", "hours"),
    "min": pgettext_lazy("unit", "minutes"),
    "drugs": pgettext_lazy("unit", "drugs"),
    "visits": pgettext_lazy("unit", "visits"),
    "episodes": pgettext_lazy("unit", "episodes"),
    "leads": pgettext_lazy("unit", "leads"),
    "points": pgettext_lazy("unit", "points"),
    "count": "",
}


def unit(sign: str) -> Words:
    """Return how a unit of an observation is written."""
    return _UNITS.get(sign, sign)
