"""Brings a scenario into the system through the actions of the apps; what is there already stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from facilities import actions as directory
from facilities.models import (
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Region,
    Relation,
    StaffPost,
)
from facilities.models.dated import in_force
from facilities.sign_in import actor_of
from patients import actions as patients
from patients import queries as patient_queries
from patients.models import ConsentGivenBy, ConsentMethod, ConsentPurpose, IdentifierKind
from patients.particulars import GivenConsent
from patients.synthetic import InventedPerson, adults
from scenarios import capacity
from scenarios.files import BadScenario, League, Person, Place, Scenario

FULL = 100
SPREAD = 37


@dataclass(slots=True)
class Loaded:
    """What a run made; a second run makes nothing. `users` are all of the scenario's, by name."""

    facilities: int = 0
    users: int = 0
    residents: int = 0
    sessions: int = 0


@transaction.atomic
def load(scenario: Scenario, *, now: datetime | None = None) -> Loaded:
    """Load a scenario in one transaction; raises BadScenario where its region is not loaded yet."""
    moment = now or timezone.now()
    by = Actor.system()
    scope.enter(by)
    if not Region.objects.filter(code=scenario.region).exists():
        text = f"network.region: {scenario.region} is not there: run manage.py load_reference first"
        raise BadScenario([text])
    made = Loaded()
    places = {place.code: _place(place, scenario, made, by=by) for place in scenario.places}
    for league in scenario.leagues:
        _league(league, scenario, places, by=by)
    _relations(scenario, places, by=by)
    for person in scenario.people:
        _person(person, scenario, places[person.at], made, by=by)
    made.residents = _residents(scenario, now=moment)
    made.sessions = capacity.plan(scenario.offers, places, by=by, now=moment)
    return made


def users_of(scenario: Scenario, usernames: Iterable[str]) -> dict[str, User]:
    """Return users of the scenario by name."""
    wanted = set(usernames) & {person.username for person in scenario.people}
    return {user.username: user for user in User.objects.filter(username__in=wanted)}


def _place(place: Place, scenario: Scenario, made: Loaded, *, by: Actor) -> UUID:
    """Make a facility with its departments and capabilities where they are missing."""
    facility = Facility.objects.filter(code=place.code).first()
    if facility is None:
        facility = directory.create_facility(by=by, code=place.code, **place.details)
        made.facilities += 1
    known = set(Department.objects.filter(facility=facility).values_list("code", flat=True))
    for code in place.departments:
        if code not in known:
            directory.add_department(facility.pk, by=by, code=code)
    can = set(Capability.objects.filter(facility=facility).values_list("code", flat=True))
    for code in place.capabilities:
        if code not in can:
            directory.add_capability(facility.pk, by=by, code=code, starts=scenario.starts)
    return facility.pk


def _league(league: League, scenario: Scenario, places: dict[str, UUID], *, by: Actor) -> None:
    lead = places[league.lead]
    alliance = Alliance.objects.filter(name=league.name, form=league.form, lead=lead).first()
    if alliance is None:
        alliance = directory.create_alliance(
            by=by,
            form=league.form,
            lead_id=lead,
            starts=scenario.starts,
            name=league.name,
            allows_lateral=league.allows_lateral,
        )
    # Whoever was a member once may have left on purpose, so any term counts as known.
    known = set(Membership.objects.filter(alliance=alliance).values_list("facility_id", flat=True))
    for code in league.members:
        if places[code] not in known:
            directory.join_alliance(
                alliance.pk, by=by, facility_id=places[code], starts=scenario.starts
            )


def _relations(scenario: Scenario, places: dict[str, UUID], *, by: Actor) -> None:
    for kind, giver, receiver in scenario.relations:
        ends = {"from_facility": places[giver], "to_facility": places[receiver]}
        if not Relation.objects.filter(kind=kind, **ends).exists():
            directory.create_relation(
                by=by,
                kind=kind,
                from_id=places[giver],
                to_id=places[receiver],
                starts=scenario.starts,
            )


def _person(
    person: Person, scenario: Scenario, facility_id: UUID, made: Loaded, *, by: Actor
) -> None:
    """Make a user without a password, and the post, where they are missing."""
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User(username=person.username, full_name=person.name)
        user.set_unusable_password()
        user.save(force_insert=True)
        made.users += 1
    if StaffPost.objects.filter(user=user, facility=facility_id, role=person.role).exists():
        return
    department = Department.objects.filter(facility=facility_id, code=person.department).first()
    directory.appoint(
        user.pk,
        by=by,
        facility_id=facility_id,
        role=person.role,
        starts=scenario.starts,
        department_id=department.pk if department else None,
        title=person.title,
    )


def _doctors(scenario: Scenario, now: datetime) -> list[Actor]:
    """Return the doctors of the community centres who are in office, in the order of the centres."""
    posts = StaffPost.objects.filter(
        in_force(timezone.localdate(now)),
        facility__code__in=scenario.clinics,
        role=Role.CLINIC_DOCTOR,
        user__username__in=[person.username for person in scenario.people],
    ).order_by("facility__code")
    return [actor_of(post.user_id, facility=post.facility_id, now=now) for post in posts]


def _residents(scenario: Scenario, *, now: datetime) -> int:
    """Register the invented people at their centres, each in the scope of its doctor."""
    doctors, plan = _doctors(scenario, now), scenario.residents
    crowd = islice(adults(seed=plan.seed, region_code=scenario.region), plan.count)
    made = 0
    for number, who in enumerate(crowd if doctors else ()):
        by = doctors[number % len(doctors)]
        scope.enter(by)
        # Spread evenly: of each hundred in a row, `signed_percent` have a family-doctor contract.
        signed = number * SPREAD % FULL < plan.signed_percent
        made += _resident(who, by=by, signed=signed, now=now)
    scope.enter_system()
    return made


def _resident(who: InventedPerson, *, by: Actor, signed: bool, now: datetime) -> bool:
    """Register one person, with consent and perhaps a family-doctor contract; False if known."""
    if patient_queries.bearers([(IdentifierKind.RESIDENT_ID, who.resident_id)], by):
        return False
    done = patients.register(
        who.said(with_region=True),
        consent=GivenConsent(
            given=True,
            method=ConsentMethod.PAPER,
            given_by=ConsentGivenBy.SELF,
            purposes=(ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL),
        ),
        by=by,
        now=now,
    )
    if signed:
        patients.sign_contract(
            done.patient.pk, starts=timezone.localdate(now), doctor_id=by.user_id, by=by
        )
    return True
