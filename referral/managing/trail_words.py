"""Says in words what stands in the audit trail, and which kinds of acts a search may ask for."""

from typing import Any, Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.models import Kind, Result
from notifications.wording import topic
from referral.wording import VERBS, Mark

Words = str | Promise


class Sort(NamedTuple):
    """A kind of acts: its words, and what the search asks for."""

    words: Words
    wanted: dict[str, Any]


SORTS: Final[dict[str, Sort]] = {
    "looked": Sort(_("Looked at something"), {"kind": Kind.ACCESS}),
    "changed": Sort(_("Changed something"), {"kind": Kind.CHANGE}),
    "refused": Sort(_("Refused"), {"result": Result.REFUSED}),
    "revealed": Sort(_("Saw a patient unmasked"), {"acts": ("patient.reveal",)}),
    "papers": Sort(
        _("Opened papers and files"),
        {
            "acts": (
                "referral.slip",
                "referral.consent_form",
                "referral.attachment",
                "order.file",
            )
        },
    ),
    "patients": Sort(_("About patients"), {"acts": ("patient.",)}),
    "referrals": Sort(
        _("About referrals"), {"acts": ("referral.", "episode.", "follow_up.", "advice.")}
    ),
    "orders": Sort(_("About examination orders"), {"acts": ("order.",)}),
    "entries": Sort(
        _("Signing in and sessions"),
        {"acts": ("sign_in.", "session.", "second_factor.", "password.", "identity.")},
    ),
    "rights": Sort(
        _("Rights and deputies"), {"acts": ("access.", "delegation.", "staff.", "post.")}
    ),
    "settings": Sort(
        _("Settings"),
        {
            "acts": (
                *("alliance.", "capacity.", "directory.", "facility.", "event."),
                *("webhook.", "delivery_task.", "criteria.", "message"),
            )
        },
    ),
    "trail": Sort(_("Searches of this trail"), {"acts": ("audit.",)}),
}

LOOKED: Final = Mark(_("Looked"), "eye", "blue")
CHANGED: Final = Mark(pgettext_lazy("audit", "Changed"), "pencil", "teal")
ENTERED: Final = Mark(_("Sign-in"), "person", "grey")
REFUSED: Final = Mark(_("Refused"), "ban", "red")

_ACTS: Final[dict[str, Words]] = {
    "access.factor_removed": _("Removed a colleague's second factor"),
    "access.let_in": _("Ended a colleague's waiting"),
    "access.password_set": _("Set a colleague's password"),
    "access.person_added": _("Entered a person"),
    "access.person_changed": _("Changed a person's particulars or rights"),
    "access.signed_out": _("Signed a colleague out everywhere"),
    "access.identity_linked": _("Linked a colleague's identity at the organisation"),
    "access.identity_unlinked": _("Removed the link of a colleague's identity"),
    "advice.list": _("Listed questions for advice"),
    "advice.view": _("Looked at a question for advice"),
    "alliance.automatic_step_set": _("Set what the system does by itself"),
    "alliance.automatic_step_withdrawn": _("Withdrew what the system does by itself"),
    "alliance.limit_set": _("Set a time limit"),
    "alliance.limit_withdrawn": _("Withdrew a time limit"),
    "audit.export": _("Exported the audit trail"),
    "audit.search": _("Searched the audit trail"),
    "audit.verify": _("Had the audit trail checked"),
    "capacity.alter": _("Changed a session"),
    "capacity.import": _("Imported sessions"),
    "capacity.plan": _("Planned sessions"),
    "delivery_task.closed": _("Saw to a message that did not arrive"),
    "directory.alliance": _("Changed an alliance"),
    "directory.membership": _("Changed who belongs to an alliance"),
    "directory.relation": _("Changed a relation of two institutions"),
    "episode.view": _("Looked at a whole journey"),
    "facility.needs.set": _("Set what the institution wants to know"),
    "follow_up.list": _("Listed follow-ups"),
    "identity.linked": _("Linked the own identity at the organisation"),
    "identity.unlinked": _("Removed the link of the own identity"),
    "indicator.export": _("Exported the referrals behind a number"),
    "indicator.referrals": _("Listed the referrals behind a number"),
    "object.refused": _("Asked for something that is not there for them"),
    "order.consents": _("Listed consents that orders await"),
    "order.file": _("Opened a file of an order"),
    "order.list": _("Listed examination orders"),
    "order.view": _("Looked at an examination order"),
    "password.changed": _("Changed the own password"),
    "patient.consent.record": _("Recorded a consent"),
    "patient.consent.withdraw": _("Recorded that a consent was taken back"),
    "patient.consents": _("Looked at a patient's consents"),
    "patient.contract.end": _("Ended a family-doctor contract"),
    "patient.contract.sign": _("Recorded a family-doctor contract"),
    "patient.contracts": _("Looked at a patient's family-doctor contracts"),
    "patient.merge": _("Merged two records of a patient"),
    "patient.refused": _("Asked for a patient who is not there for them"),
    "patient.register": _("Registered a patient"),
    "patient.search": _("Searched for patients"),
    "patient.update": _("Changed a patient's particulars"),
    "patient.view": _("Looked at a patient"),
    "referral.arrivals": _("Looked for an arriving patient"),
    "referral.assess": _("Recorded what the criteria say"),
    "referral.assessment": _("Looked at what the criteria say"),
    "referral.assign": _("Handed a referral to a colleague"),
    "referral.assignments": _("Listed who answers for open referrals"),
    "referral.attachment": _("Opened a document"),
    "referral.attachments": _("Listed documents"),
    "referral.booking": _("Looked at a kept place"),
    "referral.candidates": _("Listed patients ready to go down"),
    "referral.clock": _("Looked at the time limits of a referral"),
    "referral.completeness": _("Checked what a referral lacks"),
    "referral.consent_form": _("Printed a consent form"),
    "referral.consents": _("Listed consents that are awaited"),
    "referral.destinations": _("Ranked destinations for a patient"),
    "referral.documentation": _("Listed emergencies to complete"),
    "referral.feedback_hidden": _("Hid a line of a patient"),
    "referral.follow_up_planned": _("Planned a follow-up"),
    "referral.follow_ups": _("Looked at follow-ups"),
    "referral.hold": _("Kept a place"),
    "referral.hold_given_back": _("Gave a kept place back"),
    "referral.link": _("Made a link for a receiver outside"),
    "referral.link_opened": _("A receiver outside opened its link"),
    "referral.list": _("Listed referrals"),
    "referral.messages": _("Read messages of a referral"),
    "referral.messages_read": _("Marked messages as read"),
    "referral.outside": _("Looked at a referral by a link"),
    "referral.refused": _("Asked for a referral that is not there for them"),
    "referral.reminded": _("Called for something overdue"),
    "referral.resend": _("Began a declined referral again"),
    "referral.return": _("Started the return"),
    "referral.returned": _("Listed returned patients"),
    "referral.review": _("Judged whether a patient may go down"),
    "referral.reviews": _("Looked at judgements about going down"),
    "referral.search": _("Searched in the header"),
    "referral.slip": _("Printed a referral slip"),
    "referral.timeline": _("Looked at the timeline"),
    "referral.today": _("Looked at the Today page"),
    "referral.together": _("Looked at several referrals to move"),
    "referral.track": _("Opened a patient's page"),
    "referral.tracking_revoked": _("Revoked a patient's page"),
    "referral.update": _("Changed a draft"),
    "referral.view": _("Looked at a referral"),
    "second_factor.codes_renewed": _("Made new recovery codes"),
    "second_factor.confirmed": _("Set up a second factor"),
    "session.ended": _("Ended sessions"),
    "session.locked": _("Locked the session"),
    "sign_in.code": _("Signed in with a second factor"),
    "sign_in.provider": _("Signed in through the organisation"),
    "sign_in.password": _("Signed in with the password"),
    "sign_in.unlock": _("Unlocked the session"),
    "webhook.added": _("Added an address for events"),
    "webhook.changed": _("Changed what an address is sent"),
    "webhook.paused": _("Switched an address off"),
    "webhook.removed": _("Removed an address"),
    "webhook.resumed": _("Switched an address on"),
    "webhook.secret_rotated": _("Made a new secret of a webhook"),
    "webhook.sent_again": _("Had messages sent again"),
}
_BEGINNINGS: Final[dict[str, Words]] = {
    "patient.reveal.": _("Saw a patient unmasked"),
    "directory.": _("Changed the directory"),
    "patient.": _("Another act about a patient"),
    "referral.": _("Another act about a referral"),
}
OTHER: Final = _("Another act")


def act(what: str) -> Words:
    """Return an act of the trail in words; never its code, also where somebody adds a new one."""
    if what in _ACTS:
        return _ACTS[what]
    verb = what.removeprefix("referral.")
    if verb in VERBS:
        return VERBS[verb].done
    told = topic(what)
    if told != what:
        return told
    return next((words for begin, words in _BEGINNINGS.items() if what.startswith(begin)), OTHER)


def mark(what: str, kind: str, result: str) -> Mark:
    """Return whether something was looked at, changed or refused, or whether somebody came in."""
    if result == Result.REFUSED:
        return REFUSED
    if what.startswith(("sign_in.", "session.")):
        return ENTERED
    return LOOKED if kind == Kind.ACCESS else CHANGED
