"""Holds the courses that a referral can take, as patients of the day live through them."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from referral.codes import (
    CancelReason,
    DeclineReason,
    NoReturnReason,
    Outcome,
    ReferralReason,
)
from referral.states import Status
from scenarios.demo import cast, stories
from scenarios.demo.cast import Cast, Clinic
from scenarios.demo.client import Stopped
from scenarios.demo.patient import Day, Leg, Patient

Plot = Callable[[Patient], Iterator[str]]
DOCTOR, SECOND_DOCTOR, OFFICE = cast.CARDIOLOGIST, cast.SECOND_DOCTOR, cast.OFFICE


def loop(p: Patient) -> Iterator[str]:
    """Up, treated, back down, followed up, closed."""
    leg = yield from p.up()
    yield p.opened(leg, DOCTOR, p.day.cast.centre)
    yield p.accepted(leg, DOCTOR, p.day.cast.centre)
    yield from p.treated(leg, DOCTOR, p.day.cast.centre)


def scheduled(p: Patient) -> Iterator[str]:
    """The same with a day for the visit, given by the referral office."""
    leg = yield from p.up()
    yield p.opened(leg, OFFICE, p.day.cast.centre)
    yield p.accepted(leg, OFFICE, p.day.cast.centre, days=2)
    yield from p.treated(leg, DOCTOR, p.day.cast.centre)


def asked(p: Patient) -> Iterator[str]:
    """The hospital asks before it decides."""
    leg = yield from p.up()
    centre = p.day.cast.centre
    yield p.opened(leg, DOCTOR, centre)
    p.move(
        leg, DOCTOR, "ask-information", Status.INFORMATION_REQUESTED, note="请补充近期心电图与用药"
    )
    yield p.say(_("%(place)s asks for more information on %(patient)s."), centre)
    p.move(leg, p.clinic.doctor, "answer", Status.RECEIVED, note="心电图未见急性改变，用药清单已附")
    yield p.say(_("%(place)s answers for %(patient)s."), p.clinic.place)
    yield p.accepted(leg, DOCTOR, centre, days=1)
    yield from p.treated(leg, DOCTOR, p.day.cast.centre)


def reviewed(p: Patient) -> Iterator[str]:
    """A colleague at the clinic approves before anything leaves."""
    leg = yield from p.up(expected=Status.DRAFT, submit=False)
    p.move(leg, p.clinic.doctor, "request-review", Status.INTERNAL_REVIEW)
    yield p.say(
        _("%(place)s asks a colleague to review the referral of %(patient)s."), p.clinic.place
    )
    p.move(leg, p.clinic.manager, "approve", Status.SUBMITTED)
    yield p.say(_("%(place)s approves the referral of %(patient)s."), p.clinic.place)
    yield p.opened(leg, DOCTOR, p.day.cast.centre)
    yield p.accepted(leg, DOCTOR, p.day.cast.centre)
    yield from p.treated(leg, DOCTOR, p.day.cast.centre)


def declined(p: Patient) -> Iterator[str]:
    """The hospital declines with a coded reason."""
    leg = yield from p.up()
    centre = p.day.cast.centre
    yield p.opened(leg, OFFICE, centre)
    reason = DeclineReason.CAPACITY
    p.move(leg, OFFICE, "decline", Status.DECLINED, reason=reason, note="本周床位已满")
    words = {"place": centre.name, "patient": p.name, "reason": reason.label}
    yield _("%(place)s declines %(patient)s: %(reason)s.") % words
    yield p.closed("ended_without_return")


def redirected(p: Patient) -> Iterator[str]:
    """The referral office sends the patient on to the second hospital, which treats."""
    leg = yield from p.up()
    centre, second = p.day.cast.centre, p.day.cast.second
    yield p.opened(leg, OFFICE, centre)
    where = {"to_facility": second.id, "to_department": second.departments["03.04"]}
    p.client.post(OFFICE, f"/referrals/{leg.id}/redirect/", where, version=leg.body["version"])
    words = {"place": centre.name, "patient": p.name, "other": second.name}
    yield _("%(place)s redirects %(patient)s to %(other)s.") % words
    following = _next_leg(p, leg)
    yield p.opened(following, SECOND_DOCTOR, second)
    yield p.accepted(following, SECOND_DOCTOR, second)
    yield from p.treated(following, SECOND_DOCTOR, second)


def missed(p: Patient) -> Iterator[str]:
    """The patient does not come."""
    leg = yield from p.up()
    centre = p.day.cast.centre
    yield p.opened(leg, DOCTOR, centre)
    yield p.accepted(leg, DOCTOR, centre, days=1)
    p.move(leg, DOCTOR, "record-no-show", Status.NO_SHOW, note="两次电话未接")
    yield p.say(_("%(patient)s has not come to %(place)s."), centre)
    yield p.closed("ended_without_return")


def cancelled(p: Patient) -> Iterator[str]:
    """The clinic takes the referral back."""
    leg = yield from p.up()
    reason = CancelReason.PATIENT_WISH
    p.move(leg, p.clinic.doctor, "cancel", Status.CANCELLED, reason=reason)
    words = {"place": p.clinic.place.name, "patient": p.name, "reason": reason.label}
    yield _("%(place)s takes the referral of %(patient)s back: %(reason)s.") % words
    yield p.closed("ended_without_return")


def emergency(p: Patient) -> Iterator[str]:
    """An emergency is accepted on filing; the hospital acknowledges and expects the patient."""
    words: dict[str, Any] = {
        "urgency": "emergency",
        "reason_code": ReferralReason.CRITICAL,
        "diagnosis_code": "I21.9",
        "diagnosis": "急性心肌梗死待排",
        "reason": "胸痛一小时，心电图ST段抬高",
    }
    leg = yield from p.up(expected=Status.ACCEPTED, **words)
    centre = p.day.cast.centre
    p.move(leg, DOCTOR, "acknowledge", Status.ACCEPTED)
    yield p.say(_("%(place)s acknowledges the emergency and expects %(patient)s."), centre)
    yield from p.treated(leg, DOCTOR, p.day.cast.centre)


def recovered(p: Patient) -> Iterator[str]:
    """Treated, with a coded reason for no return."""
    leg = yield from p.up()
    centre = p.day.cast.centre
    yield p.accepted(leg, DOCTOR, centre)
    yield p.arrived(leg, DOCTOR, centre)
    reason = NoReturnReason.RECOVERED
    p.move(
        leg, DOCTOR, "complete", Status.COMPLETED, outcome=Outcome.CURED, no_return_reason=reason
    )
    words = {"place": centre.name, "patient": p.name, "reason": reason.label}
    yield _("%(place)s completes treatment of %(patient)s without a return: %(reason)s.") % words
    yield p.closed()


def waiting(p: Patient) -> Iterator[str]:
    """Filed, and still waiting in the evening."""
    yield from p.up(urgency="urgent")


def expected_tomorrow(p: Patient) -> Iterator[str]:
    """Accepted with a day for the visit, which lies ahead."""
    leg = yield from p.up()
    yield p.opened(leg, OFFICE, p.day.cast.centre)
    yield p.accepted(leg, OFFICE, p.day.cast.centre, days=1)


def straight_down(p: Patient) -> Iterator[str]:
    """Somebody who came to the hospital alone goes down to the clinic near home."""
    centre, doctor = p.day.cast.centre, cast.ENDOCRINOLOGIST
    yield p.register(doctor, centre)
    body = p.slip(
        p.clinic.place,
        to_department=None,
        reason_code=ReferralReason.LONG_TERM_CARE,
        plan="胰岛素方案已定，社区每月随访血糖",
        setting="inpatient",
        inpatient_no="示例00123",
    )
    down = p.checked(Leg(p.client.post(doctor, "/referrals/", body)), Status.SUBMITTED)
    p.journey.episode = down.body["episode"]
    words = {"place": centre.name, "patient": p.name, "home": p.clinic.place.name}
    yield _("%(place)s sends its inpatient %(patient)s down to %(home)s.") % words
    yield from p.followed(down)


def _next_leg(p: Patient, leg: Leg) -> Leg:
    """Return the leg that follows another one, as the clinic sees it."""
    episode = p.client.get(p.clinic.doctor, f"/episodes/{p.journey.episode}/")
    following = [each for each in episode["legs"] if each["previous"] == leg.id]
    if len(following) != 1:
        raise Stopped(_("The redirected referral has no successor."))
    return p.checked(Leg(following[0]), Status.SUBMITTED)


# How many patients of the day live through each course; 37 in all.
DAY: Final[tuple[tuple[Plot, int], ...]] = (
    (loop, 4),
    (scheduled, 3),
    (asked, 3),
    (reviewed, 2),
    (declined, 2),
    (stories.resent, 2),
    (redirected, 3),
    (missed, 2),
    (cancelled, 2),
    (emergency, 2),
    (stories.stroke, 2),
    (stories.booked, 2),
    (stories.unheeded, 1),
    (recovered, 2),
    (waiting, 2),
    (expected_tomorrow, 1),
    (straight_down, 2),
)


def plan(day: Day, people: Cast) -> None:
    """Spread the courses over the clinics, the rare ones among the common ones."""
    deck = [(round_, plot) for plot, count in DAY for round_ in range(count)]
    clinics = people.direct
    for number, (_round, plot) in enumerate(sorted(deck, key=lambda card: card[0])):
        clinic: Clinic = people.reviewing if plot is reviewed else clinics[number % len(clinics)]
        day.add(plot, clinic)
