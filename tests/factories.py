"""Builds a small alliance with its people, patients and referrals, and gives each actor an API client."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import count
from typing import Any, Final
from uuid import uuid4

from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from facilities.models import Alliance, Facility, Region
from facilities.sign_in import actor_of
from facilities.vocabulary import AllianceForm, FacilityKind
from patients import actions as patients
from patients.models import ConsentGivenBy, ConsentMethod, ConsentPurpose, Patient
from patients.particulars import GivenConsent, NewPatient
from referral import actions
from referral.models import Referral
from referral.states import Status, Urgency
from tests.api import Api
from tests.facilities.factories import (
    house_for,
    make_alliance,
    make_facility,
    make_hospital,
    make_membership,
    make_post,
    make_region,
    make_token,
    make_user,
)

SLIP: Final[dict[str, Any]] = {
    "diagnosis_code": "I10",
    "diagnosis": "高血压3级",
    "reason_code": "needs_examination",
    "reason": "血压控制不佳, 需进一步检查",
    "plan": "每日监测血压, 两周后复诊",
}
_number = count(1)


@dataclass(slots=True)
class Person:
    """A member of staff at one facility."""

    user: User
    facility: Facility
    actor: Actor
    api: Api


def make_person(facility: Facility, role: str, *, name: str = "") -> Person:
    """Return a new person with a post, a token and a client."""
    user = make_user(full_name=name) if name else make_user()
    facility = house_for(role, facility)
    make_post(facility, role, user=user)
    actor = actor_of(user.pk, facility=facility.pk)
    return Person(user, facility, actor, Api(make_token(user)))


def consented(*purposes: ConsentPurpose, given: bool = True) -> GivenConsent:
    """Return what an adult said on paper."""
    return GivenConsent(
        given=given,
        method=ConsentMethod.PAPER,
        given_by=ConsentGivenBy.SELF,
        purposes=purposes or (ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL),
    )


def as_system() -> None:
    """See every row from here on; a request before left its own scope in the test's transaction."""
    scope.enter_system()


@dataclass
class World:
    """An alliance of a clinic, two hospitals and a third-party centre; a clinic and an alliance outside it.

    Everything beside the four facilities that every story needs is made when it is first asked for.
    """

    filed: bool = False

    @cached_property
    def region(self) -> Region:
        """Where they all are."""
        return make_region()

    @cached_property
    def clinic(self) -> Facility:
        """A community health centre, tier 1."""
        return make_facility("塘桥社区卫生服务中心", tier=1, region=self.region)

    @cached_property
    def hospital(self) -> Facility:
        """A city hospital, tier 3, in the clinic's alliance."""
        return make_hospital("仁济医院", tier=3, region=self.region)

    @cached_property
    def lead(self) -> Facility:
        """The hospital that leads the alliance, tier 3."""
        return make_hospital("东方医院", tier=3, region=self.region)

    @cached_property
    def second(self) -> Facility:
        """A second hospital of the alliance, tier 3."""
        return self._member(make_hospital("第七人民医院", tier=3, region=self.region))

    @cached_property
    def sister(self) -> Facility:
        """A second clinic of the alliance, tier 1."""
        return self._member(make_facility("花木社区卫生服务中心", tier=1, region=self.region))

    @cached_property
    def centre(self) -> Facility:
        """A third-party imaging centre of the alliance, which never treats."""
        kind = FacilityKind.THIRD_PARTY_CENTRE
        return self._member(make_facility("第三方影像中心", tier=2, kind=kind, region=self.region))

    @cached_property
    def stranger_clinic(self) -> Facility:
        """A clinic in no alliance."""
        return make_facility("外区卫生院", tier=1, region=self.region)

    @cached_property
    def outside(self) -> Facility:
        """The lead of another alliance."""
        lead = make_hospital("外区中心医院", tier=3, region=self.region)
        make_alliance(lead, self.stranger_clinic)
        return lead

    @cached_property
    def alliance(self) -> Alliance:
        """The city group, led by `lead`."""
        form = AllianceForm.CITY_GROUP
        return make_alliance(self.lead, self.clinic, self.hospital, form=form)

    @cached_property
    def doctor(self) -> Person:
        """The clinic's doctor, who files."""
        return make_person(self.clinic, Role.CLINIC_DOCTOR, name="张医生")

    @cached_property
    def colleague(self) -> Person:
        """Another doctor of the clinic."""
        return make_person(self.clinic, Role.CLINIC_DOCTOR)

    @cached_property
    def chief(self) -> Person:
        """The clinic's manager, who reviews."""
        return make_person(self.clinic, Role.CLINIC_MANAGER)

    @cached_property
    def office(self) -> Person:
        """The hospital's referral office, which receives."""
        return make_person(self.hospital, Role.REFERRAL_OFFICE, name="李主任")

    @cached_property
    def second_office(self) -> Person:
        """The second hospital's referral office."""
        return make_person(self.second, Role.REFERRAL_OFFICE)

    @cached_property
    def nurse(self) -> Person:
        """A doctor of the second clinic."""
        return make_person(self.sister, Role.CLINIC_DOCTOR)

    @cached_property
    def manager(self) -> Person:
        """The manager of the alliance, at its lead."""
        _ = self.alliance
        return make_person(self.lead, Role.ALLIANCE_MANAGER)

    @cached_property
    def stranger(self) -> Person:
        """A doctor who has nothing to do with any of it."""
        return make_person(self.stranger_clinic, Role.CLINIC_DOCTOR)

    @cached_property
    def outsider(self) -> Person:
        """The manager of another alliance."""
        return make_person(self.outside, Role.ALLIANCE_MANAGER)

    @cached_property
    def auditor(self) -> Person:
        """An auditor at the hospital."""
        return make_person(self.hospital, Role.AUDITOR)

    @cached_property
    def authority(self) -> Person:
        """Somebody of the health authority of the region where they all are."""
        kind = FacilityKind.AUTHORITY
        house = make_facility(
            "浦东新区卫生健康委员会", kind=kind, category="P900", region=self.region
        )
        return make_person(house, Role.HEALTH_AUTHORITY)

    @cached_property
    def anonymous(self) -> Api:
        """Nobody."""
        return Api()

    @cached_property
    def patient(self) -> Patient:
        """A patient of the clinic who agreed to be referred."""
        return self.make_patient()

    def _member(self, facility: Facility) -> Facility:
        join(self.alliance, facility)
        return facility

    def make_patient(
        self,
        *,
        at: Person | None = None,
        name: str = "",
        gender: str = "1",
        consent: GivenConsent | None = None,
    ) -> Patient:
        """Return a new patient registered at the clinic, or at another facility; a man unless said otherwise."""
        by = (at or self.doctor).actor
        said = NewPatient(name=name or "欧阳小明", birth_date=date(1961, 3, 4), gender=gender)
        scope.enter(by)
        done = patients.register(said, consent=consent or consented(), by=by)
        as_system()
        return done.patient

    def refuse_referral(self, patient: Patient) -> None:
        """Let the patient take the consent to referral back."""
        scope.enter(self.doctor.actor)
        answer = consented(ConsentPurpose.REFERRAL, given=False)
        patients.record_consent(patient.pk, answer, by=self.doctor.actor)
        as_system()

    def body(self, **changes: Any) -> dict[str, Any]:
        """Return a body by which the doctor files a complete referral to the hospital."""
        _ = self.alliance
        filled = {"patient": self.patient.pk, "to_facility": self.hospital.pk, **SLIP, **changes}
        return {name: value for name, value in filled.items() if value is not None}

    def draft(self, **fields: Any) -> Referral:
        """Return a new draft of the doctor's for the hospital.

        The first is about `patient`, each later one about somebody new: one illness of one patient has
        one open referral.
        """
        _ = self.alliance
        patient = fields.pop("patient", None) or (
            self.make_patient() if self.filed else self.patient
        )
        self.filed = True
        return self._created(patient, {"to_facility_id": self.hospital.pk, **SLIP, **fields})

    def _created(self, patient: Patient, fields: dict[str, Any]) -> Referral:
        scope.enter(self.doctor.actor)
        referral = actions.create(patient.pk, by=self.doctor.actor, fields=fields)
        as_system()
        return referral

    def move(self, referral: Referral, verb: str, by: Person | Actor, **words: Any) -> Referral:
        """Make a move as a person does, without HTTP, and return the referral as it then stands."""
        self._moved(referral, verb, by, **words)
        return reload(referral)

    def _moved(self, referral: Referral, verb: str, by: Person | Actor, **words: Any) -> None:
        actor = by.actor if isinstance(by, Person) else by
        scope.enter(actor)
        getattr(actions, verb)(referral.pk, by=actor, **words)

    def at(self, status: str, **fields: Any) -> Referral:
        """Return a new referral from the clinic to the hospital that stands at `status`."""
        referral = self.draft(**fields)
        for verb in PATHS[Status(status)]:
            # Whoever takes part is made in the scope of the system.
            as_system()
            by, words = self._part(verb)
            self._moved(referral, verb, by, **words)
        referral = reload(referral)
        assert referral.status == status, (referral.status, status)
        return referral

    def emergency(self) -> Referral:
        """Return an emergency that has just been submitted, and so counts as accepted."""
        draft = self.draft(urgency=Urgency.EMERGENCY)
        return self.move(draft, "submit", self.doctor)

    def _part(self, verb: str) -> tuple[Person | Actor, dict[str, Any]]:
        sender = self.doctor
        words: dict[str, dict[str, Any]] = {
            "cancel": {"reason": "duplicate"},
            "void": {"note": "误登记"},
            "send_back": {"note": "请补充"},
            "answer": {"note": "已补充"},
            "ask_information": {"note": "请补充化验"},
            "decline": {"reason": "capacity"},
            "schedule": {"scheduled_for": timezone.now() + timedelta(days=1)},
            "complete": {"outcome": "improved", "no_return_reason": "recovered"},
            "redirect": {"to_facility_id": self.second.pk} if verb == "redirect" else {},
        }
        by: Person | Actor = self.office
        if verb in {"submit", "request_review", "cancel", "void", "answer"}:
            by = sender
        elif verb in {"approve", "send_back"}:
            by = self.chief
        elif verb == "expire":
            by = Actor.system()
        return by, words.get(verb, {})

    def returning(self, status: str = Status.SUBMITTED, **fields: Any) -> Referral:
        """Return a down leg from the hospital to the clinic that stands at `status`."""
        up = self.at(Status.ARRIVED)
        leg = self.start_return(up, submit=True, **fields)
        steps = {
            Status.SUBMITTED: (),
            Status.ACCEPTED: ("accept",),
            Status.ARRIVED: ("accept", "arrive"),
        }
        for verb in steps[Status(status)]:
            leg = self.move(leg, verb, self.doctor)
        return leg

    def start_return(self, up: Referral, *, submit: bool = False, **fields: Any) -> Referral:
        """Return the down leg that the hospital starts."""
        scope.enter(self.office.actor)
        plan = {"reason_code": "stable_continue", "plan": SLIP["plan"], **fields}
        leg = actions.start_return(up.pk, by=self.office.actor, fields=plan, submit=submit)
        return reload(leg)


def join(alliance: Alliance, facility: Facility) -> None:
    """Make a facility a member of an alliance."""
    make_membership(alliance, facility)


PATHS: Final[dict[Status, tuple[str, ...]]] = {
    Status.DRAFT: (),
    Status.INTERNAL_REVIEW: ("request_review",),
    Status.SUBMITTED: ("submit",),
    Status.RECEIVED: ("submit", "open"),
    Status.INFORMATION_REQUESTED: ("submit", "ask_information"),
    Status.ACCEPTED: ("submit", "accept"),
    Status.SCHEDULED: ("submit", "accept", "schedule"),
    Status.ARRIVED: ("submit", "accept", "arrive"),
    Status.COMPLETED: ("submit", "accept", "arrive", "complete"),
    Status.DECLINED: ("submit", "decline"),
    Status.REDIRECTED: ("submit", "redirect"),
    Status.NO_SHOW: ("submit", "accept", "record_no_show"),
    Status.CANCELLED: ("cancel",),
    Status.EXPIRED: ("submit", "ask_information", "expire"),
    Status.ENTERED_IN_ERROR: ("void",),
}


def reload(referral: Referral) -> Referral:
    """Return the referral as the database has it now."""
    as_system()
    return Referral.objects.select_related("episode", "from_facility", "to_facility").get(
        pk=referral.pk
    )


def new_key() -> str:
    """Return an Idempotency-Key that nobody used."""
    return str(uuid4())
