"""Says what a return may prescribe and plan, with the rule behind each refusal; no other module decides it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind
from facilities.vocabulary import Direction
from referral import drug_names, observations, prescriptions
from referral.codes_returns import DrugClass, WarningAction
from referral.directions import heading
from referral.models import (
    FollowUp,
    LongPrescription,
    Medicine,
    NextVisit,
    Referral,
    WarningSign,
)
from referral.policy.referrals import MAX_NOTICE, YES, Verdict


class Finding(NamedTuple):
    """A refusal and the field that it is about."""

    verdict: Verdict
    field: str


def _rule(code: str, reason: object) -> Verdict:
    return Verdict(False, code, reason, Kind.UNPROCESSABLE)  # type: ignore[arg-type]


VERIFIED: Final = "verified"
TOO_LONG: Final = _rule(
    "prescription-too-long", _("A prescription is for twelve weeks (84 days) at most.")
)
GROUND_NEEDED: Final = _rule(
    "antimicrobial-needs-ground",
    _(
        "An antimicrobial for more than four weeks needs its ground: tuberculosis, or another chronic"
        " bacterial or fungal disease."
    ),
)
NO_EXCEPTION: Final = _rule(
    "exception-not-antimicrobial", _("Only an antimicrobial has such a ground.")
)
LONG_NEEDED: Final = _rule(
    "long-prescription-needed",
    _("More than four weeks (28 days) need an assessment and the patient's signature."),
)
LONG_INCOMPLETE: Final = _rule(
    "long-prescription-incomplete", _("The long prescription is not complete yet.")
)
SIGNED_LATER: Final = _rule("signed-in-the-future", _("Nobody signs in the future."))
VISIT_DAY: Final = _rule(
    "next-visit-day", _("The next visit is today or later, at most a year ahead.")
)
CONTACT_DAY: Final = _rule("contact-day", _("A contact is planned at most a year ahead."))
NOT_HERE: Final = _rule(
    "no-plan-upwards",
    _("A referral upwards carries medicines, but no visits, warning signs or long prescription."),
)
NO_FEEDBACK_HERE: Final = _rule(
    "no-feedback-here", _("Feedback belongs to a return; a hospital writes its results.")
)
RESULTS_STAY: Final = _rule(
    "results-stay", _("The hospital's results stay as they are: write feedback instead.")
)
PLAN_OPEN: Final = _rule(
    "follow-ups-left", _("Contacts that are due are not recorded yet, or hand the patient on.")
)


def carries_plan(referral: Referral) -> bool:
    """Say whether a leg carries a plan: every one but a leg upwards; without a destination it may."""
    return heading(referral) != Direction.UP


def prescribing(medicines: Sequence[Medicine], *, plan: bool) -> list[Finding]:
    """Return what speaks against these medicines; the classes count where the leg carries a plan."""
    found = []
    for place, medicine in enumerate(medicines):
        field = f"medicines.{place}"
        if medicine.days is not None and medicine.days > prescriptions.rules().longest_days:
            found.append(Finding(TOO_LONG, f"{field}.days"))
        elif medicine.exception and medicine.drug_class != prescriptions.rules().exceptions_for:
            found.append(Finding(NO_EXCEPTION, f"{field}.exception"))
        elif plan and prescriptions.is_long(medicine):
            kind = prescriptions.excluded_class(medicine)
            if kind == prescriptions.rules().exceptions_for:
                found.append(Finding(GROUND_NEEDED, f"{field}.exception"))
            elif kind:
                found.append(Finding(_excluded(medicine, kind), f"{field}.drug_class"))
    return found


def _excluded(medicine: Medicine, kind: str) -> Verdict:
    """Return the refusal of a class, which it names, as it was stated or as the name is listed."""
    named = {"name": medicine.name, "kind": DrugClass(kind).label}
    text = (
        gettext("A long prescription may not contain %(name)s (%(kind)s): 28 days at most.") % named
    )
    if kind == drug_names.listed_class(medicine.name):
        text = f"{text} {_listed_by(kind)}"
    return _rule("drug-class-excluded", text)


def _listed_by(kind: str) -> str:
    """Return by which list a name is of a class, and that the list waits to be checked where it does."""
    listing = drug_names.listings()[kind]
    if listing.status == VERIFIED:
        return gettext("Listed by: %(source)s.") % {"source": listing.source}
    return gettext("Listed by: %(source)s (to be checked).") % {"source": listing.source}


def long_prescribing(medicines: Sequence[Medicine], long: LongPrescription | None) -> list[Finding]:
    """Return what a leg lacks to be sent with a medicine for more than four weeks."""
    if not prescriptions.any_long(medicines):
        return []
    verdict = LONG_NEEDED if long is None else LONG_INCOMPLETE
    return [Finding(verdict, f"long_prescription.{name}") for name in prescriptions.lacking(long)]


def signing(long: LongPrescription | None, at: datetime) -> list[Finding]:
    """Return what speaks against a signature."""
    late = long is not None and long.signed_at is not None and long.signed_at > at
    return [Finding(SIGNED_LATER, "long_prescription.signed_at")] if late else []


def visiting(visits: Sequence[NextVisit], at: datetime) -> list[Finding]:
    """Return what speaks against these days: from today on, within a year."""
    today = timezone.localdate(at)
    return [
        Finding(VISIT_DAY, f"next_visits.{place}.due_on")
        for place, visit in enumerate(visits)
        if visit.due_on is not None and not today <= visit.due_on <= today + MAX_NOTICE
    ]


def may_plan_contact(due_on: date, today: date) -> Verdict:
    """Let a contact be planned for no later than in a year; one that was due before is overdue at once."""
    return YES if due_on <= today + MAX_NOTICE else CONTACT_DAY


def day_of(visit: NextVisit, sent_on: date) -> date:
    """Return the day of a visit; `due_in_days` counts from the day on which the return was sent."""
    return visit.due_on or sent_on + timedelta(days=visit.due_in_days or 0)


def leads_up(contact: FollowUp, signs: Sequence[WarningSign]) -> bool:
    """Say whether a contact is a reason to go up again, by the warning signs of its return.

    A measurement that shows a sign is one, whether or not the return names it; a sign that was met
    otherwise is one unless all that it asks for is a call.
    """
    met = [sign for sign in signs if sign.pk in contact.met_signs]
    asked = any(sign.action != WarningAction.CALL_CLINIC for sign in met)
    return asked or bool(observations.signs_shown(contact.observations))


def warnings(medicines: Sequence[Medicine]) -> list[Finding]:
    """Return what a doctor should look at again: a class stated that is not the one listed."""
    found = []
    for place, medicine in enumerate(medicines):
        listed = drug_names.listed_class(medicine.name)
        if listed and listed != medicine.drug_class:
            named = {"name": medicine.name, "kind": DrugClass(listed).label}
            text = gettext("%(name)s is listed as: %(kind)s. Please check the class.") % named
            rule = _rule("drug-class-differs", f"{text} {_listed_by(listed)}")
            found.append(Finding(rule, f"medicines.{place}.drug_class"))
    return found
