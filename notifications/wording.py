"""Says in words which events a subscription may ask for, and why a delivery failed; pages show no code."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

EVERYTHING: Final = "*"


class Family(NamedTuple):
    """Events about one kind of thing: what all of them are called, and each of them."""

    words: Words
    topics: dict[str, Words]


# All that is told to facilities; tests/notifications/test_wording.py compares it with what the code posts.
FAMILIES: Final[dict[str, Family]] = {
    "referral": Family(
        _("All about referrals"),
        {
            "referral.submitted": _("Referral submitted"),
            "referral.review_requested": _("Sent for review"),
            "referral.approved": _("Approved and sent"),
            "referral.sent_back": _("Sent back to its author"),
            "referral.opened": _("Receipt confirmed"),
            "referral.information_requested": _("Information asked for"),
            "referral.answered": _("Information given"),
            "referral.accepted": _("Accepted"),
            "referral.acknowledged": _("Emergency acknowledged"),
            "referral.declined": _("Declined"),
            "referral.redirected": _("Redirected"),
            "referral.scheduled": _("Visit arranged"),
            "referral.rescheduled": _("Visit changed"),
            "referral.put_off": _("Patient cannot come"),
            "referral.visit_confirmed": _("Visit confirmed by the patient"),
            "referral.arrived": _("Patient arrived"),
            "referral.no_show": _("Patient did not come"),
            "referral.completed": _("Completed"),
            "referral.cancelled": _("Withdrawn"),
            "referral.expired": _("Ended unanswered"),
            "referral.voided": _("Entered by mistake"),
            "referral.message": _("Message written"),
            "referral.document_added": _("Document added"),
            "referral.documented": _("Emergency slip completed"),
            "referral.followed_up": _("Follow-up recorded"),
            "referral.consent_withdrawn": _("Consent withdrawn"),
            "referral.overdue": _("Overdue"),
            "referral.escalated": _("Overdue, further people called"),
            "referral.reassigned": _("Handed to another colleague"),
        },
    ),
    "episode": Family(
        _("All about episodes"),
        {"episode.closed": _("Episode closed")},
    ),
    "order": Family(
        _("All about examination orders"),
        {
            "order.placed": _("Order placed"),
            "order.received": _("Order received"),
            "order.reported": _("Report given"),
            "order.amended": _("Report amended"),
            "order.file_added": _("File added to an order"),
            "order.cancelled": _("Order withdrawn"),
            "order.handed_back": _("Order handed back"),
            "order.consent_overdue": _("Consent of an order overdue"),
        },
    ),
    "advice": Family(
        _("All about advice"),
        {
            "advice.asked": _("Advice asked for"),
            "advice.answered": _("Advice given"),
            "advice.converted": _("Became a referral"),
            "advice.avoided": _("Referral avoided"),
            "advice.withdrawn": _("Question withdrawn"),
            "advice.consent_withdrawn": _("Consent for advice withdrawn"),
        },
    ),
    "event": Family(
        _("All about events of public health"),
        {
            "event.declared": _("Event of public health declared"),
            "event.ended": _("Event of public health ended"),
        },
    ),
    "delegation": Family(
        _("All about deputies"),
        {
            "delegation.granted": _("Deputy named"),
            "delegation.ended": _("Deputy no longer named"),
        },
    ),
    "staff": Family(
        _("All about staff"),
        {"staff.post_ended": _("Colleague leaves a post")},
    ),
}
_TOPICS: Final[dict[str, Words]] = {
    EVERYTHING: _("Everything, also what is added later"),
    **{f"{name}.*": family.words for name, family in FAMILIES.items()},
    **{topic: words for family in FAMILIES.values() for topic, words in family.topics.items()},
}
# Why an attempt failed: the codes of the channels and of the worker (notifications.worker).
CODES: Final[dict[str, Words]] = {
    "timeout": _("No answer in time"),
    "connection": _("No connection to the address"),
    "status": _("The receiver refused it"),
    "redirect": _("The receiver sent us to another address; we do not follow"),
    "gone": _("The receiver says the address no longer exists"),
    "address_blocked": _("The address leads into an inner network"),
    "address_malformed": _("The address is wrong"),
    "address_not_https": _("The address is not https"),
    "address_port": _("The port of the address is not allowed"),
    "no_address": _("There is no address any more"),
    "endpoint_unreadable": _("The address could not be read"),
    "endpoint_off": _("The address was switched off"),
    "recipient_refused": _("The mail server refused the recipient"),
    "mail_server": _("The mail server did not answer"),
    "poison": _("It failed again and again inside this system"),
}


def topic(name: str) -> Words:
    """Return an event, a family of events or all of them in words; another system's own topic stays as it is."""
    return _TOPICS.get(name, name)


def trouble(code: str) -> Words:
    """Return in words why an attempt failed, empty where it did not; what nobody foresaw is an error of ours."""
    return CODES.get(code, _("An error inside this system")) if code else ""
