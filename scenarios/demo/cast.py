"""Knows the people and places of scenario pudong who act in the demonstration, by their API ids."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import AccessToken, User
from scenarios import files
from scenarios.demo.client import Client, Stopped

CENTRE: Final = "PD-RMC"
SECOND: Final = "PD-H2"
CARDIOLOGIST: Final = "hospital.zhao"
ENDOCRINOLOGIST: Final = "hospital.qian"
OFFICE: Final = "office.sun"
SECOND_DOCTOR: Final = "hospital2.zheng"
MANAGER: Final = "manager.li"
LABEL: Final = "demo"
LIFETIME: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Place:
    """A facility as the API shows it, with its departments' ids by code."""

    id: str
    code: str
    name: str
    departments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clinic:
    """A community centre with its two people; at `reviews` a colleague approves each referral."""

    place: Place
    doctor: str
    manager: str
    reviews: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who acts."""

    clinics: tuple[Clinic, ...]
    centre: Place
    second: Place

    def receiver(self, facility_id: str) -> tuple[Place, str]:
        """Return a hospital by its id, with the doctor who receives there; raises Stopped."""
        here = {self.centre.id: CARDIOLOGIST, self.second.id: SECOND_DOCTOR}
        if facility_id not in here:
            raise Stopped(_("A destination was offered that is not of this scenario."))
        place = self.centre if facility_id == self.centre.id else self.second
        return place, here[facility_id]

    @property
    def reviewing(self) -> Clinic:
        """The clinic where a colleague reviews first."""
        return next(clinic for clinic in self.clinics if clinic.reviews)

    @property
    def direct(self) -> tuple[Clinic, ...]:
        """The clinics that submit by themselves."""
        return tuple(clinic for clinic in self.clinics if not clinic.reviews)


@contextmanager
def tokens_of(usernames: Iterable[str]) -> Iterator[dict[str, str]]:
    """Issue a token to each user for the length of the block; raises Stopped where one is missing."""
    wanted = sorted(usernames)
    try:
        with transaction.atomic():
            users = {user.username: user for user in User.objects.filter(username__in=wanted)}
            missing = [name for name in wanted if name not in users]
            if missing:
                text = _("The scenario pudong is not loaded: run `manage.py load_scenario pudong`.")
                raise Stopped(text)
            issued = {
                name: tokens.issue(users[name], label=LABEL, lifetime=LIFETIME) for name in wanted
            }
    except DatabaseError as error:
        text = _("The database of the running system cannot be reached: say the same DATA_DIR.")
        raise Stopped(text) from error
    try:
        yield issued
    finally:
        digests = [tokens.digest(token) for token in issued.values()]
        # Only those of this run: the same people may hold others.
        mine = AccessToken.objects.filter(digest__in=digests, revoked_at__isnull=True)
        mine.update(revoked_at=timezone.now())


def usernames() -> list[str]:
    """Return everybody in the scenario who may act."""
    return [person.username for person in files.read("pudong").people]


def assemble(client: Client) -> Cast:
    """Look the places up through the API."""
    scenario = files.read("pudong")
    doctors = {person.at: person.username for person in scenario.people if person.department}
    managers = {person.at: person.username for person in scenario.people if not person.department}
    reviewing = {
        place.code for place in scenario.places if place.details.get("requires_internal_review")
    }
    return Cast(
        clinics=tuple(
            Clinic(_place(client, code), doctors[code], managers[code], code in reviewing)
            for code in scenario.clinics
        ),
        centre=_place(client, CENTRE),
        second=_place(client, SECOND),
    )


def _place(client: Client, code: str) -> Place:
    rows = client.get(MANAGER, f"/facilities/?text={code}")["results"]
    row = next((row for row in rows if row["code"] == code), None)
    if row is None:
        raise Stopped(_("The directory does not show the facility %(code)s.") % {"code": code})
    departments = client.get(MANAGER, f"/facilities/{row['id']}/departments/")["results"]
    return Place(row["id"], code, row["name"], {each["code"]: each["id"] for each in departments})
