"""Three facilities with their doctors, and short ways to act for each of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from accounts import scope
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import Role
from facilities.models import Facility
from patients import actions
from patients.models import ConsentGivenBy, ConsentMethod, ConsentPurpose, Patient
from patients.particulars import GivenConsent
from tests.facilities.factories import bearer, make_actor, make_facility, make_hospital, make_user
from tests.people import InventedPerson, adults

YES = GivenConsent(
    given=True,
    method=ConsentMethod.PAPER,
    given_by=ConsentGivenBy.SELF,
    purposes=(ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL),
)
BY_GUARDIAN = GivenConsent(
    given=True,
    method=ConsentMethod.PAPER,
    given_by=ConsentGivenBy.GUARDIAN,
    guardian_name="王家长",
)


ADULT, OTHER, THIRD = islice(adults(seed=7), 3)
NOBODY = Actor.without_post(user_id=UUID(int=0), name="nobody")


@dataclass(frozen=True)
class Party:
    """One facility and one person who acts for it."""

    facility: Facility
    user: User
    by: Actor


def make_party(*, hospital: bool = False, role: Role | None = None) -> Party:
    """Return a new facility with a doctor."""
    facility = make_hospital() if hospital else make_facility()
    user = make_user()
    default = Role.HOSPITAL_DOCTOR if hospital else Role.CLINIC_DOCTOR
    return Party(facility, user, make_actor(facility, role or default, user=user))


@pytest.fixture
def sender(db: None) -> Party:
    """The clinic that registers patients."""
    return make_party()


@pytest.fixture
def receiver(db: None) -> Party:
    """The hospital to which patients are referred."""
    return make_party(hospital=True)


@pytest.fixture
def stranger(db: None) -> Party:
    """A facility that has nothing to do with the patient."""
    return make_party()


@contextmanager
def acting(by: Actor) -> Iterator[None]:
    """Run the block in the scope of an actor, and leave no scope behind."""
    with transaction.atomic():
        scope.enter(by)
        yield
        scope.enter(NOBODY)


def enrol(someone: InventedPerson, party: Party, consent: GivenConsent = YES) -> Patient:
    """Register an invented person at a facility."""
    with acting(party.by):
        return actions.register(someone.said(), consent=consent, by=party.by).patient


@pytest.fixture
def send(client: Client) -> Callable[..., Any]:
    """Return a function that sends a request as somebody; a dict becomes a JSON body."""
    signed_in: dict[UUID, dict[str, str]] = {}

    def sending(party: Party, method: str, url: str, body: object = None, **headers: str) -> Any:
        if party.user.pk not in signed_in:
            signed_in[party.user.pk] = bearer(party.user)
        all_headers = signed_in[party.user.pk] | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        extra = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(client, method)(url, headers=all_headers, **extra)

    return sending
