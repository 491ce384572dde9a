"""Builds an invented network: groups of hospitals and clinics in real counties, under province hospitals."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import models

from accounts.models import User
from accounts.permissions import Role
from facilities import catalogue
from facilities.models import Alliance, Department, Facility, Membership, Region, StaffPost
from facilities.vocabulary import AllianceForm, Grade, Level, MembershipRole, RegionLevel, Tier
from patients import synthetic
from scenarios.generation.chance import dice, id7, pick
from scenarios.generation.clinical import CASES

GROUP_SIZE: Final = 14
GROUPS_A_PROVINCE_HOSPITAL: Final = 10
LEAST: Final = 4
STATION_SHARE: Final = 0.25
REVIEW_SHARE: Final = 0.15
# Said in every name, so that nobody takes a generated facility for a real one.
MARK: Final = "模拟"
WORDS: Final = "青松翠竹红梅白桦金菊银杏丹桂海棠紫荆玉兰芙蓉石榴山茶杜鹃牡丹芍药水仙茉莉蔷薇丁香"
HOSPITAL_SUBJECTS: Final = tuple(sorted({case.department for case in CASES} | {"20", "21"}))
CLINIC_SUBJECTS: Final = ("02", "50")


@dataclass(slots=True)
class Site:
    """A facility as the referrals need it; `departments` are ids by code of the national list."""

    id: UUID
    tier: int
    departments: dict[str, UUID] = field(default_factory=dict)
    doctors: list[UUID] = field(default_factory=list)
    reviewer: UUID | None = None
    reviews: bool = False


@dataclass(slots=True)
class Group:
    """A city group or county community; `above` is its province hospital, reached by `network`."""

    region: str
    region_id: UUID
    alliance: UUID
    lead: Site
    second: Site
    clinics: list[Site]
    above: Site | None = None
    network: UUID | None = None


@dataclass(slots=True)
class Rows:
    """The rows to write, parents before children."""

    users: list[User] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    posts: list[StaffPost] = field(default_factory=list)
    alliances: list[Alliance] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)

    def in_order(self) -> list[Sequence[models.Model]]:
        """Return them in an order in which every reference leads to a row written earlier."""
        return [
            self.users,
            self.facilities,
            self.departments,
            self.posts,
            self.alliances,
            self.memberships,
        ]


# Category, level, grade and word of each tier.
KINDS: Final[dict[int, tuple[str, int, int, str]]] = {
    Tier.STATION: ("D600", Level.UNRATED, Grade.UNRATED, "村卫生室"),
    Tier.PRIMARY: ("C220", Level.FIRST, Grade.UNRATED, "卫生院"),
    Tier.COUNTY: ("A100", Level.SECOND, Grade.A, "县医院"),
    Tier.CITY: ("A100", Level.THIRD, Grade.A, "市医院"),
    Tier.PROVINCE: ("A100", Level.THIRD, Grade.A, "省立医院"),
}
# Role and number of people at a hospital and at a clinic.
HOSPITAL_STAFF: Final = (
    (Role.HOSPITAL_DOCTOR, 4),
    (Role.REFERRAL_OFFICE, 1),
)
CLINIC_STAFF: Final = ((Role.CLINIC_DOCTOR, 2), (Role.CLINIC_MANAGER, 1))


class Builder:
    """Makes the rows and the map of a network; nothing is written here."""

    def __init__(self, *, seed: int, starts: date, now: datetime) -> None:
        """Prepare an empty network whose dated rows begin on `starts`."""
        self.seed, self.starts, self.now = seed, starts, now
        self.chance = dice("network", seed)
        self.rows = Rows()
        self._subjects = catalogue.specialties()

    def build(self, facilities: int, regions: Sequence[Region]) -> list[Group]:
        """Make `facilities` facilities in groups, each group in one of the regions."""
        above = facilities // (GROUP_SIZE * GROUPS_A_PROVINCE_HOSPITAL)
        count = max(1, (facilities - above) // GROUP_SIZE)
        where = [regions[index % len(regions)] for index in range(count)]
        rest = facilities - above - count * 2
        groups = [
            self._group(region, rest // count + (1 if index < rest % count else 0))
            for index, region in enumerate(where)
        ]
        for number in range(above):
            self._province(groups[number::above])
        return groups

    def _group(self, region: Region, clinics: int) -> Group:
        city = region.name.endswith("区")
        tier = Tier.CITY if city else Tier.COUNTY
        form = AllianceForm.CITY_GROUP if city else AllianceForm.COUNTY_COMMUNITY
        lead = self._site(region.code, tier)
        second = self._site(region.code, Tier.COUNTY)
        members = [self._site(region.code, self._primary_tier(index)) for index in range(clinics)]
        alliance = self._alliance(f"{MARK}{region.name}医共体", form, lead, [second, *members])
        self._person(lead, Role.ALLIANCE_MANAGER)
        return Group(region.code, region.id, alliance, lead, second, members)

    def _primary_tier(self, index: int) -> int:
        station = index > 0 and self.chance.random() < STATION_SHARE
        return Tier.STATION if station else Tier.PRIMARY

    def _province(self, groups: Sequence[Group]) -> None:
        if not groups:
            return
        hospital = self._site(groups[0].region, Tier.PROVINCE)
        leads = [group.lead for group in groups]
        network = self._alliance(
            f"{MARK}远程医疗协作网", AllianceForm.TELEMEDICINE, hospital, leads
        )
        for group in groups:
            group.above, group.network = hospital, network

    def _site(self, region: str, tier: int) -> Site:
        category, level, grade, word = KINDS[tier]
        number = len(self.rows.facilities) + 1
        hospital = tier >= Tier.COUNTY
        start = int(self.chance.random() * (len(WORDS) // 2)) * 2
        name = f"{MARK}{WORDS[start : start + 2]}{word}{number}"
        reviews = not hospital and self.chance.random() < REVIEW_SHARE
        facility = Facility(
            id=id7(self.now, self.chance),
            code=f"GEN{self.seed}-{number:06d}",
            name=name,
            short_name=name.removeprefix(MARK),
            region_id=region,
            category=category,
            level=level,
            grade=grade,
            tier=tier,
            requires_internal_review=reviews,
        )
        facility.spell()
        self.rows.facilities.append(facility)
        site = Site(facility.id, int(tier), reviews=reviews)
        for code in HOSPITAL_SUBJECTS if hospital else CLINIC_SUBJECTS:
            site.departments[code] = self._department(facility.id, code)
        for role, count in HOSPITAL_STAFF if hospital else CLINIC_STAFF:
            for _each in range(count):
                self._person(site, role)
        return site

    def _department(self, facility_id: UUID, code: str) -> UUID:
        department = Department(
            id=id7(self.now, self.chance),
            facility_id=facility_id,
            code=code,
            name=self._subjects[code].name,
        )
        department.spell()
        self.rows.departments.append(department)
        return department.id

    def _person(self, site: Site, role: Role) -> None:
        chance, number = self.chance, len(self.rows.users) + 1
        user = User(
            id=id7(self.now, chance),
            username=f"gen{self.seed}.{number:06d}",
            full_name=synthetic.person(number, seed=self.seed).name,
        )
        user.set_unusable_password()
        self.rows.users.append(user)
        post = StaffPost(
            id=id7(self.now, chance),
            user_id=user.id,
            facility_id=site.id,
            role=role,
            starts=self.starts,
        )
        self.rows.posts.append(post)
        if role in {Role.CLINIC_DOCTOR, Role.HOSPITAL_DOCTOR}:
            site.doctors.append(user.id)
        elif role == Role.CLINIC_MANAGER:
            site.reviewer = user.id

    def _alliance(self, name: str, form: str, lead: Site, members: Sequence[Site]) -> UUID:
        alliance = Alliance(
            id=id7(self.now, self.chance),
            name=name,
            form=form,
            lead_id=lead.id,
            starts=self.starts,
        )
        self.rows.alliances.append(alliance)
        for site in (lead, *members):
            membership = Membership(
                id=id7(self.now, self.chance),
                alliance_id=alliance.id,
                form=form,
                facility_id=site.id,
                role=MembershipRole.LEAD if site is lead else MembershipRole.MEMBER,
                starts=self.starts,
            )
            self.rows.memberships.append(membership)
        return alliance.id


def counties(chance: random.Random, count: int) -> list[Region]:
    """Return counties and districts to put groups in, different ones as long as there are enough."""
    rows = list(
        Region.objects.filter(level=RegionLevel.COUNTY, ended__isnull=True).order_by("code")
    )
    chosen = chance.sample(rows, min(count, len(rows)))
    return [*chosen, *(pick(chance, rows) for _extra in range(count - len(chosen)))] if rows else []
