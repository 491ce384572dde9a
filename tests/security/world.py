"""Builds one small world for tests of rights: five facilities in one alliance, one beside it, and their people."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any, Final, TypeVar
from uuid import UUID

from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from accounts.tokens import issue
from facilities.models import Alliance, Department, Facility
from facilities.sign_in import actor_of
from facilities.vocabulary import Tier
from patients import actions as patients
from patients.models import IdentifierKind
from patients.particulars import NewPatient
from referral import actions
from referral.models import Referral
from referral.states import Status, Urgency
from tests.facilities import factories
from tests.factories import consented

# What a facility is to the leg under test. `former` received it first and sent it on; `parent` leads
# the alliance; `third` is a member that has nothing to do with it; `none` leads an alliance of its own.
RELATIONS: Final = ("sender", "receiver", "former", "parent", "third", "none")
ROLES: Final = (
    Role.CLINIC_DOCTOR,
    Role.CLINIC_MANAGER,
    Role.HOSPITAL_DOCTOR,
    Role.REFERRAL_OFFICE,
    Role.ALLIANCE_MANAGER,
    Role.INTEGRATOR,
    Role.AUDITOR,
    Role.HEALTH_AUTHORITY,
)
TIERS: Final = {
    "sender": Tier.PRIMARY,
    "receiver": Tier.CITY,
    "former": Tier.CITY,
    "parent": Tier.PROVINCE,
    "third": Tier.PRIMARY,
    "none": Tier.CITY,
}
SLIP: Final = {
    "diagnosis_code": "I20.0",
    "diagnosis": "不稳定型心绞痛",
    "reason_code": "needs_examination",
    "reason": "反复胸痛三天",
    "plan": "按时服药, 两周后复查",
}
_number = count(1)
Result = TypeVar("Result")


def act(actor: Actor, action: Callable[..., Result], *args: Any, **words: Any) -> Result:
    """Run an action in a transaction of its own with the actor's scope, as a request would."""
    with scope.transaction_as(actor):
        return action(*args, by=actor, **words)


@dataclass(frozen=True)
class Person:
    """Somebody with one post, and the ways to act as them."""

    user: User
    facility: Facility
    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Return the header that signs a test client in."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class World:
    """The facilities by relation, their people by relation and role, and the ways to make legs.

    `destination` is one more hospital of the alliance, where nobody works.
    """

    facilities: dict[str, Facility]
    departments: dict[str, Department]
    alliance: Alliance
    other_alliance: Alliance
    destination: Facility
    people: dict[tuple[str, Role], Person] = field(default_factory=dict)

    def who(self, relation: str, role: Role) -> Person:
        """Return the person with this role at this facility, hired at the first call."""
        if (relation, role) not in self.people:
            self.people[relation, role] = hire(self.facilities[relation], role)
        return self.people[relation, role]

    def doctor(self, relation: str) -> Actor:
        """Return the doctor of a facility: of a clinic or of a hospital, after its tier."""
        clinic = TIERS[relation] == Tier.PRIMARY
        return self.who(relation, Role.CLINIC_DOCTOR if clinic else Role.HOSPITAL_DOCTOR).actor

    def patient(self, relation: str = "sender", *, now: datetime | None = None) -> UUID:
        """Register a patient, with consent to registration and referral; return the id."""
        return register(self.doctor(relation), now=now)

    def draft(
        self,
        *,
        to: str = "receiver",
        patient: UUID | None = None,
        now: datetime | None = None,
        **fields: Any,
    ) -> Referral:
        """File a draft of an up leg."""
        words = {**SLIP, "to_facility_id": self.facilities[to].pk, **fields}
        person = patient or self.patient(now=now)
        return act(self.doctor("sender"), actions.create, person, fields=words, now=now)

    def submitted(self, *, through_former: bool = False, **options: Any) -> Referral:
        """Return a submitted up leg, with `through_former` one that a first receiver has sent on."""
        first = self.draft(to="former" if through_former else "receiver", **options)
        leg = act(self.doctor("sender"), actions.submit, first.pk, now=options.get("now"))
        if not through_former:
            return leg
        return act(
            self.doctor("former"),
            actions.redirect,
            leg.pk,
            to_facility_id=self.facilities["receiver"].pk,
            now=options.get("now"),
        )

    def leg(self, status: Status, *, through_former: bool = False, **options: Any) -> Referral:
        """Return an up leg in a state that its receiver can reach."""
        leg = self.submitted(through_former=through_former, **options)
        receiver, now = self.doctor("receiver"), options.get("now")
        ways: dict[Status, list[tuple[Callable[..., Any], dict[str, Any]]]] = {
            Status.SUBMITTED: [],
            Status.RECEIVED: [(actions.open, {})],
            Status.INFORMATION_REQUESTED: [(actions.ask_information, {"note": "心电图?"})],
            Status.ACCEPTED: [(actions.accept, {})],
            Status.SCHEDULED: [(actions.accept, {"scheduled_for": now or timezone.now()})],
            Status.ARRIVED: [(actions.accept, {}), (actions.arrive, {})],
            Status.DECLINED: [(actions.decline, {"reason": "capacity"})],
            Status.COMPLETED: [
                (actions.accept, {}),
                (actions.arrive, {}),
                (actions.complete, {"outcome": "cured", "no_return_reason": "recovered"}),
            ],
        }
        for action, words in ways[status]:
            leg = act(receiver, action, leg.pk, now=now, **words)
        return leg

    def emergency(self, *, through_former: bool = False, **words: Any) -> Referral:
        """Return an emergency, which counts as accepted; a redirect happens before by hand."""
        fields = {**words, "urgency": Urgency.EMERGENCY}
        return self.submitted(through_former=through_former, **fields)

    def outside(self) -> Referral:
        """Return an up leg to the hospital of relation `none`, which is in no alliance with the sender."""
        words = {**SLIP, "to_facility_id": self.facilities["none"].pk}
        why = {"skip_reason": "known_there", "outside": True}
        patient, doctor = self.patient(), self.doctor("sender")
        return act(doctor, actions.create, patient, fields=words, choice=why, submit=True)

    def returned(self, *, status: Status = Status.ARRIVED) -> tuple[Referral, Referral]:
        """Return an arrived up leg with its down leg, in `draft`, `submitted`, `accepted` or `arrived`."""
        up = self.leg(Status.ARRIVED, through_former=True)
        hospital, clinic = self.doctor("receiver"), self.doctor("sender")
        words = {"plan": SLIP["plan"], "reason_code": "stable_continue"}
        submit = status != Status.DRAFT
        down = act(hospital, actions.start_return, up.pk, fields=words, submit=submit)
        if status in {Status.ACCEPTED, Status.ARRIVED}:
            down = act(clinic, actions.accept, down.pk)
        if status == Status.ARRIVED:
            down = act(clinic, actions.arrive, down.pk)
        return up, down


def hire(facility: Facility, role: Role) -> Person:
    """Return a new person with one post; of a health authority at one of the facility's region."""
    facility = factories.house_for(role, facility)
    post = factories.make_post(facility, role)
    actor = actor_of(post.user_id, facility=facility.pk)
    return Person(post.user, facility, actor, issue(post.user))


def register(by: Actor, *, now: datetime | None = None, name: str = "张三") -> UUID:
    """Register a new patient with consent to registration and referral; return the id."""
    passport = (IdentifierKind.PASSPORT, f"E{next(_number):08}")
    said = NewPatient(name=name, birth_date=date(1961, 5, 17), gender="1", identifiers=(passport,))
    return act(by, patients.register, said, consent=consented(), now=now).patient.pk


def build(roles: Iterable[Role] = (), relations: Iterable[str] = RELATIONS) -> World:
    """Make the world, with people of these roles at the facilities of these relations."""
    facilities = {name: factories.make_facility(name, tier=tier) for name, tier in TIERS.items()}
    departments = {name: factories.make_department(row) for name, row in facilities.items()}
    inside = [facilities[name] for name in ("sender", "receiver", "former", "third")]
    destination = factories.make_hospital("destination", tier=Tier.CITY)
    world = World(
        facilities,
        departments,
        factories.make_alliance(facilities["parent"], *inside, destination, allows_lateral=True),
        factories.make_alliance(facilities["none"]),
        destination,
    )
    for relation in relations:
        for role in roles:
            world.who(relation, role)
    return world
