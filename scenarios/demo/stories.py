"""Tells the longer courses of the day: a stroke, a place that was kept, a referral sent again, a call unheeded."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from referral.codes import (
    DeclineReason,
    FollowUpMethod,
    Item,
    Outcome,
    ReferralReason,
    RuleOutcome,
)
from referral.codes_returns import (
    Adherence,
    SignatureMethod,
    SignCode,
    SignedBy,
    VisitSide,
    WarningAction,
)
from referral.states import Status, Urgency
from scenarios.demo import backdated, cast
from scenarios.demo.client import Answer, Stopped
from scenarios.demo.patient import CASES, Leg, Patient

DOCTOR, OFFICE = cast.CARDIOLOGIST, cast.OFFICE
STROKE: Final = ("I63.9", "脑梗死？", "突发右侧肢体无力、言语不清1.5小时", "03.03")
SEEN: Final = {
    "fast_positive": {"value": True},
    "hours_since_last_known_well": {"value": 1.5, "unit": "h"},
}
INFARCT: Final = ("I21.9", "急性心肌梗死待排", "胸痛一小时，心电图ST段抬高", "03.04")
# So long ago was the emergency filed that every step of the ladder is due (data/ladder.toml).
UNHEEDED: Final = timedelta(minutes=40)
PATIENCE: Final = 15.0
DAYS: Final = 84
PRESSURE: Final = (128, 78)


def stroke(p: Patient) -> Iterator[str]:
    """The green channel: what is seen, what the criteria say, where thrombolysis is, arrival, and the way back."""
    p.case, doctor = STROKE, p.clinic.doctor
    yield p.register(doctor, p.clinic.place)
    asked = {"diagnosis": STROKE[0], "from_tier": 1, "to_tier": 3, "observations": SEEN}
    found = p.client.post(doctor, "/criteria/evaluate/", asked)
    yield _criteria(p, found)
    wanted = {
        "diagnosis": STROKE[0],
        "urgency": "emergency",
        "patient": p.id,
        "criteria": found["results"],
    }
    best = p.client.post(doctor, "/destinations/", wanted)["results"][0]
    yield _offered(p, best)
    place, receiver = p.day.cast.receiver(best["facility"]["id"])
    words = {
        "urgency": "emergency",
        "reason_code": ReferralReason.CRITICAL,
        "observations": SEEN,
    }
    leg = p.file(place, expected=Status.ACCEPTED, **words)
    yield p.filed(leg)
    p.move(leg, receiver, "acknowledge", Status.ACCEPTED)
    yield p.say(_("%(place)s acknowledges the emergency and expects %(patient)s."), place)
    yield from p.treated(leg, receiver, place)


def _criteria(p: Patient, found: Answer) -> str:
    """Return what the rules say; raises Stopped unless they ask for thrombolysis at once."""
    met = next((row for row in found["results"] if row["outcome"] == RuleOutcome.MET), None)
    if met is None or found["advice"]["capabilities"] != ["THROMBOLYSIS"]:
        raise Stopped(_("The criteria do not ask for thrombolysis."))
    words = {"place": p.clinic.place.name, "patient": p.name, "rule": met["rule"]}
    sentence = _("%(place)s observes %(patient)s; rule %(rule)s is met: %(text)s. %(advice)s")
    return sentence % {**words, "text": met["text"], "advice": found["advice"]["text"]}


def _offered(p: Patient, best: Answer) -> str:
    """Return the first destination and why; raises Stopped for one without what is needed."""
    reasons = {row["code"]: row["text"] for row in best["reasons"]}
    if "has-capability" not in reasons:
        raise Stopped(_("The destination that is offered first lacks what is needed."))
    sentence = _("For %(patient)s %(hospital)s is offered first. %(reason)s")
    words = {"patient": p.name, "hospital": best["facility"]["name"]}
    return sentence % {**words, "reason": reasons["has-capability"]}


def booked(p: Patient) -> Iterator[str]:
    """High blood pressure: a place kept and taken, twelve weeks of medicine, measured at home, and told above."""
    p.case, centre = CASES[0], p.day.cast.centre
    doctor, home = p.clinic.doctor, p.clinic.place
    yield p.register(doctor, home)
    leg = p.file(centre, expected=Status.DRAFT, submit=False)
    session = _free(p)
    held = p.client.post(doctor, f"/referrals/{leg.id}/hold/", {"pool": session["id"]})
    words = {"place": home.name, "patient": p.name, "day": _day(session), "seat": held["seat"]}
    yield _("%(place)s keeps a place for %(patient)s: %(day)s, number %(seat)d.") % words
    p.move(leg, doctor, "submit", Status.SUBMITTED)
    yield p.filed(leg)
    yield p.opened(leg, OFFICE, centre)
    p.move(leg, OFFICE, "accept", Status.SCHEDULED, pool=session["id"])
    words = {"place": centre.name, "patient": p.name, "day": _day(session)}
    yield _("%(place)s accepts %(patient)s at the place that was kept: %(day)s.") % words
    yield p.arrived(leg, DOCTOR, centre)
    down = yield from p.returned(leg, DOCTOR, centre, **_plan())
    sentence = _(
        "With %(patient)s go medicine for %(days)d days, signed for, and %(signs)d warning signs."
    )
    days, signs = down.body["medicines"][0]["days"], len(down.body["warning_signs"])
    yield sentence % {"patient": p.name, "days": days, "signs": signs}
    yield from _measured_at_home(p, down)


def _free(p: Patient) -> Answer:
    """Return the first session of the department with a place for the clinic; raises Stopped."""
    centre = p.day.cast.centre
    query = f"department={centre.departments[CASES[0][3]]}&kind=slot"
    rows = p.client.get(p.clinic.doctor, f"/facilities/{centre.id}/slots/?{query}")["results"]
    free: Answer | None = next((row for row in rows if row["free"] > 0), None)
    if free is None:
        raise Stopped(_("%(place)s has no free place in the next weeks.") % {"place": centre.name})
    return free


def _day(session: Answer) -> str:
    begins = parse_datetime(session["starts_at"])
    assert begins is not None
    return f"{timezone.localtime(begins):%m-%d %H:%M}"


def _plan() -> dict[str, Any]:
    """Return what the return carries: medicine for twelve weeks with what that needs, visits, warning signs."""
    signed = timezone.now() - timedelta(minutes=1)
    conditions = (
        "diagnosis_clear",
        "regimen_stable",
        "adherence_good",
        "condition_controlled",
        "long_term_needed",
    )
    return {
        "medicines": [
            {
                "name": "苯磺酸氨氯地平",
                "strength": "片剂 5mg",
                "dose": "5mg",
                "route": "口服",
                "frequency": "每日一次",
                "days": DAYS,
            }
        ],
        "long_prescription": {
            **dict.fromkeys(conditions, True),
            "assessment": "血压平稳，依从性好，无不良反应",
            "signature_method": SignatureMethod.PAPER,
            "signed_by": SignedBy.PATIENT,
            "signed_at": signed.isoformat(),
        },
        "next_visits": [
            {"side": VisitSide.DOWN, "due_in_days": 0, "purpose": "测血压"},
            {"side": VisitSide.UP, "due_in_days": DAYS, "purpose": "心内科复诊"},
        ],
        "warning_signs": [
            {"code": SignCode.BLOOD_PRESSURE_HIGH, "action": WarningAction.GO_UP},
            {"text": "剧烈头痛", "action": WarningAction.EMERGENCY},
        ],
    }


def _measured_at_home(p: Patient, down: Leg) -> Iterator[str]:
    """The clinic takes the patient back and measures as planned; the hospital reads it."""
    doctor, home, centre = p.clinic.doctor, p.clinic.place, p.day.cast.centre
    yield p.opened(down, doctor, home)
    yield p.accepted(down, doctor, home)
    p.move(down, doctor, "arrive", Status.ARRIVED)
    contacts = f"/referrals/{down.id}/follow-ups/"
    due = p.client.get(doctor, contacts)["results"][0]
    words = {"place": home.name, "patient": p.name, "purpose": due["purpose"]}
    yield _("%(place)s sees %(patient)s again; the return has planned: %(purpose)s.") % words
    p.client.post(doctor, contacts, _contact())
    yield p.say(_("%(place)s measures %(patient)s's blood pressure and records it."), home)
    rows = p.client.get(DOCTOR, "/returned/?state=following&limit=200")["results"]
    mine = next((row for row in rows if row["id"] == down.id), None)
    if mine is None:
        raise Stopped(_("The hospital does not see its returned patient."))
    read = mine["follow_up"]["last"]["observations"]
    pressure = "/".join(f"{read[name]['value']:.0f}" for name in ("sbp", "dbp"))
    words = {"place": centre.name, "patient": p.name, "pressure": pressure}
    yield _("%(place)s reads how %(patient)s is doing: blood pressure %(pressure)s mmHg.") % words
    told = {"outcome": Outcome.FOLLOW_UP_DONE, "feedback": "血压达标，继续社区管理"}
    p.move(down, doctor, "complete", Status.COMPLETED, **told)
    yield p.closed()


def _contact() -> Answer:
    measured = zip(("sbp", "dbp"), PRESSURE, strict=True)
    return {
        "method": FollowUpMethod.VISIT,
        "findings": "血压达标，按时服药",
        "observations": {name: {"value": value, "unit": "mmHg"} for name, value in measured},
        "adherence": Adherence.REGULAR,
    }


def resent(p: Patient) -> Iterator[str]:
    """Declined because something was missing; begun again with all that was written, completed, and accepted."""
    leg = yield from p.up()
    centre, doctor = p.day.cast.centre, p.clinic.doctor
    yield p.opened(leg, OFFICE, centre)
    reason = DeclineReason.INSUFFICIENT_INFORMATION
    words = {"reason": reason, "missing": [Item.ECG], "note": "请补充心电图"}
    p.move(leg, OFFICE, "decline", Status.DECLINED, **words)
    said = {"place": centre.name, "patient": p.name, "reason": reason.label, "item": Item.ECG.label}
    yield _("%(place)s declines %(patient)s: %(reason)s (%(item)s).") % said
    version = leg.body["version"]
    again = Leg(p.client.post(doctor, f"/referrals/{leg.id}/resend/", version=version))
    path = f"/referrals/{p.checked(again, Status.DRAFT).id}/"
    again.body = p.client.call(doctor, "PATCH", path, {"results": "心电图：窦性心律，ST段未见异常"})
    score = p.client.get(doctor, f"{path}completeness/")["score"]
    p.move(again, doctor, "submit", Status.SUBMITTED)
    said = {"place": p.clinic.place.name, "patient": p.name, "score": score}
    yield (
        _("%(place)s adds what was missing and sends %(patient)s again; %(score)d %% complete.")
        % said
    )
    yield p.opened(again, OFFICE, centre)
    yield p.accepted(again, OFFICE, centre)
    yield from p.treated(again, DOCTOR, centre)


def unheeded(p: Patient) -> Iterator[str]:
    """An emergency that nobody acknowledges, and whom the system calls until somebody does."""
    p.case, centre, doctor = INFARCT, p.day.cast.centre, p.clinic.doctor
    yield p.register(doctor, p.clinic.place)
    slip = _slip(p)
    made = backdated.file(doctor, p.clinic.place.id, p.id, slip, ago=UNHEEDED)
    leg = p.checked(Leg(p.client.get(doctor, f"/referrals/{made}/")), Status.ACCEPTED)
    p.journey.episode = leg.body["episode"]
    minutes = UNHEEDED // timedelta(minutes=1)
    sentence = _("(Entered by manage.py as if sent %(minutes)d minutes ago: %(patient)s.)")
    yield sentence % {"minutes": minutes, "patient": p.name}
    yield p.filed(leg)
    said = {"place": centre.name, "patient": p.name, "minutes": minutes}
    yield _("For %(minutes)d minutes nobody at %(place)s acknowledges %(patient)s.") % said
    yield _called(p, leg)
    p.move(leg, DOCTOR, "acknowledge", Status.ACCEPTED)
    yield p.say(_("%(place)s acknowledges the emergency and expects %(patient)s."), centre)
    yield from p.treated(leg, DOCTOR, centre)


def _slip(p: Patient) -> Mapping[str, Any]:
    code, diagnosis, reason, subject = p.case
    centre = p.day.cast.centre
    return {
        "to_facility_id": UUID(centre.id),
        "to_department_id": UUID(centre.departments[subject]),
        "urgency": Urgency.EMERGENCY,
        "reason_code": ReferralReason.CRITICAL,
        "diagnosis_code": code,
        "diagnosis": diagnosis,
        "reason": reason,
    }


def _called(p: Patient, leg: Leg) -> str:
    """Ask the worker for the sweep that it makes each minute, and tell whom it has called; raises Stopped."""
    backdated.ask_for_calls()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        clock = p.client.get(p.clinic.doctor, f"/referrals/{leg.id}/clock/")
        if clock["calls"]:
            names = _audiences()
            who = list(dict.fromkeys(names[each["audience"]] for each in clock["calls"]))
            words = {"who": ", ".join(who), "phone": clock["owner"]["duty_phone"]}
            sentence = _(
                "The system has called, one after the other: %(who)s; duty phone %(phone)s."
            )
            return sentence % words
        time.sleep(0.2)
    raise Stopped(_("The worker of the running system has called nobody: look at its log."))


def _audiences() -> dict[str, str]:
    return {
        "doctors": pgettext("who is called", "the doctors"),
        "office": pgettext("who is called", "the referral office"),
        "duty": pgettext("who is called", "the duty officer"),
        "alliance": pgettext("who is called", "the alliance"),
    }
