"""Lets the people around one patient act through the API; each step returns the sentence that tells it."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from patients.synthetic import InventedPerson
from referral.codes import FollowUpMethod, Outcome, ReferralReason, SkipReason
from referral.states import Status
from scenarios.demo.cast import Cast, Clinic, Place
from scenarios.demo.client import Answer, Client, Stopped

# Diagnosis, code, reason and department of what patients of the day suffer from.
CASES: Final = (
    ("I10", "高血压2级，三药联用未达标", "规范用药三月血压仍 168/102 mmHg", "03.04"),
    ("I20.9", "心绞痛待查", "活动后胸闷两周，休息可缓解", "03.04"),
    ("E11.9", "2型糖尿病，血糖控制不佳", "糖化血红蛋白 9.8%，需调整方案", "03.07"),
    ("J44.1", "慢阻肺急性加重", "咳喘加重三天，血氧 91%", "03.01"),
    ("M16.9", "髋关节骨关节炎", "疼痛影响行走，需评估手术", "04.03"),
    ("N18.3", "慢性肾脏病3期", "血肌酐三月上升三成", "03.06"),
)


@dataclass(slots=True)
class Journey:
    """One patient's day, told sentence by sentence; `reader` may see the episode, known once filed."""

    steps: Iterator[str]
    reader: str
    episode: str = ""


@dataclass(slots=True)
class Leg:
    """A leg as the last answer showed it."""

    body: Answer

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.body["id"])


@dataclass(slots=True)
class Day:
    """Makes journeys of the people given, who are others on every day."""

    client: Client
    cast: Cast
    people: Iterator[InventedPerson]
    journeys: list[Journey] = field(default_factory=list)

    def add(self, plot: "Callable[[Patient], Iterator[str]]", clinic: Clinic) -> None:
        """Add a patient of a clinic to the day."""
        patient = Patient(self, clinic, len(self.journeys))
        patient.journey = Journey(plot(patient), clinic.doctor)
        self.journeys.append(patient.journey)


class Patient:
    """One patient, the clinic at home, and what the people around them do."""

    journey: Journey

    def __init__(self, day: Day, clinic: Clinic, number: int) -> None:
        """Invent the person; nobody is registered yet."""
        self.day, self.client, self.clinic = day, day.client, clinic
        self.who = next(day.people)
        self.case = CASES[number % len(CASES)]
        self.id, self.name = "", ""

    # What people do. Each returns the sentence to print.

    def register(self, by: str, at: Place) -> str:
        """Register the person with consent to registration and referral."""
        body = self.who.body(today=timezone.localdate())
        answer = self.client.post(by, "/patients/", body)
        self.id, self.name = answer["id"], answer["name"]
        return _("%(place)s registers %(patient)s, who consents to being referred.") % {
            "place": at.name,
            "patient": self.name,
        }

    def slip(self, to: Place, **words: Any) -> Answer:
        """Return the body of an up-referral."""
        code, diagnosis, reason, subject = self.case
        # The group has a hospital of the step between; its centre is chosen for what only it can do.
        why = {"skip_reason": SkipReason.CAPABILITY} if to is self.day.cast.centre else {}
        return {
            "patient": self.id,
            "to_facility": to.id,
            "to_department": to.departments.get(subject),
            "diagnosis_code": code,
            "diagnosis": diagnosis,
            "reason_code": ReferralReason.DIAGNOSIS_UNCLEAR,
            "reason": reason,
            "submit": True,
            **why,
            **words,
        }

    def file(self, to: Place, *, expected: str = Status.SUBMITTED, **words: Any) -> Leg:
        """File an up-referral."""
        leg = Leg(self.client.post(self.clinic.doctor, "/referrals/", self.slip(to, **words)))
        self.journey.episode = leg.body["episode"]
        return self.checked(leg, expected)

    def filed(self, leg: Leg) -> str:
        """Return the sentence of a filing."""
        return _("%(clinic)s refers %(patient)s up to %(hospital)s: %(diagnosis)s.") % {
            "clinic": self.clinic.place.name,
            "patient": self.name,
            "hospital": leg.body["to_facility"]["name"],
            "diagnosis": self.case[1],
        }

    def move(self, leg: Leg, by: str, verb: str, expected: str, **words: Any) -> None:
        """Make one move at the version last seen; raises Stopped unless it leads to `expected`."""
        path = f"/referrals/{leg.id}/{verb}/"
        leg.body = self.client.post(by, path, words, version=leg.body["version"])
        self.checked(leg, expected)

    def checked(self, leg: Leg, expected: str) -> Leg:
        """Return the leg; raises Stopped unless it is in the expected state."""
        if leg.body["status"] != expected:
            words = {"number": leg.body["number"], "is": leg.body["status"], "expected": expected}
            raise Stopped(_("%(number)s is %(is)s and not %(expected)s.") % words)
        return leg

    def say(self, sentence: str, place: Place) -> str:
        """Return a sentence about this patient at a place."""
        return sentence % {"place": place.name, "patient": self.name}

    # Parts of plots: generators that yield a sentence after each step, and return the leg they end with.

    def up(self, *, expected: str = Status.SUBMITTED, **words: Any) -> Generator[str, None, Leg]:
        """Register and file; returns the leg."""
        yield self.register(self.clinic.doctor, self.clinic.place)
        leg = self.file(self.day.cast.centre, expected=expected, **words)
        yield self.filed(leg)
        return leg

    def opened(self, leg: Leg, by: str, place: Place) -> str:
        """The receiver opens it."""
        self.move(leg, by, "open", Status.RECEIVED)
        return self.say(_("%(place)s opens the referral of %(patient)s."), place)

    def accepted(self, leg: Leg, by: str, place: Place, *, days: int = 0) -> str:
        """The receiver accepts, with a day for the visit if `days` says in how many."""
        if not days:
            self.move(leg, by, "accept", Status.ACCEPTED)
            return self.say(_("%(place)s accepts %(patient)s."), place)
        visit = _visit(days)
        self.move(leg, by, "accept", Status.SCHEDULED, scheduled_for=visit.isoformat())
        sentence = _("%(place)s accepts %(patient)s, visit on %(day)s.")
        words = {"place": place.name, "patient": self.name, "day": f"{visit:%m-%d %H:%M}"}
        return sentence % words

    def arrived(self, leg: Leg, by: str, place: Place) -> str:
        """The patient has come."""
        self.move(leg, by, "arrive", Status.ARRIVED)
        return self.say(_("%(patient)s has arrived at %(place)s."), place)

    def treated(self, leg: Leg, by: str, place: Place) -> Iterator[str]:
        """The patient comes, is treated, goes back, and is followed up to the end."""
        yield self.arrived(leg, by, place)
        down = yield from self.returned(leg, by, place)
        yield from self.followed(down)

    def returned(self, leg: Leg, by: str, place: Place, **parts: Any) -> Generator[str, None, Leg]:
        """The hospital files the way back, prefilled from the way up, and completes its leg.

        `parts` are what the return carries beside its slip.
        """
        words = {
            "reason_code": ReferralReason.STABLE_CONTINUE,
            "plan": "继续口服药物，监测指标，两周随访；异常时联系专科",
            "rehabilitation": "低盐低脂饮食，适量运动",
            "submit": True,
            **parts,
        }
        down = Leg(self.client.post(by, f"/referrals/{leg.id}/return/", words))
        self.checked(down, Status.SUBMITTED)
        if down.body["diagnosis"] != leg.body["diagnosis"]:
            raise Stopped(_("The way back does not carry the diagnosis of the way up."))
        # Filing the way back leaves the up leg as it was, so its version is still the one seen.
        self.move(
            leg,
            by,
            "complete",
            Status.COMPLETED,
            outcome=Outcome.IMPROVED,
            results="检查完成，诊断明确，治疗后好转",
        )
        sentence = _("%(place)s completes treatment and sends %(patient)s back to %(home)s.")
        home = down.body["to_facility"]["name"]
        yield sentence % {"place": place.name, "patient": self.name, "home": home}
        return down

    def followed(self, down: Leg) -> Iterator[str]:
        """The clinic takes the patient back, follows up and closes the loop."""
        doctor, place = self.clinic.doctor, self.clinic.place
        yield self.opened(down, doctor, place)
        yield self.accepted(down, doctor, place)
        self.move(down, doctor, "arrive", Status.ARRIVED)
        due = timezone.localdate().isoformat()
        self.client.post(doctor, f"/referrals/{down.id}/follow-ups/", {"due_on": due})
        yield self.say(_("%(place)s sees %(patient)s again and plans the follow-up."), place)
        contact = {"method": FollowUpMethod.PHONE, "findings": "血压平稳，按时服药，无不适"}
        self.client.post(doctor, f"/referrals/{down.id}/follow-ups/", contact)
        yield self.say(_("%(place)s follows %(patient)s up by phone."), place)
        self.move(down, doctor, "complete", Status.COMPLETED, outcome=Outcome.FOLLOW_UP_DONE)
        yield self.closed()

    def closed(self, expected: str = "closed") -> str:
        """Return the sentence of a closed episode; raises Stopped unless the API says so too."""
        episode = self.client.get(self.journey.reader, f"/episodes/{self.journey.episode}/")
        if episode["loop"] != expected or episode["open_legs"]:
            words = {"is": episode["loop"], "expected": expected}
            raise Stopped(_("The episode is %(is)s and not %(expected)s.") % words)
        sentence = (
            _("The journey of %(patient)s is closed: %(legs)d legs.")
            if expected == "closed"
            else _("The journey of %(patient)s has ended without a return: %(legs)d legs.")
        )
        return sentence % {"patient": self.name, "legs": len(episode["legs"])}


def _visit(days: int) -> datetime:
    day = timezone.localtime() + timedelta(days=days)
    return day.replace(hour=9, minute=30, second=0, microsecond=0)
