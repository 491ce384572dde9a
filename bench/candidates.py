"""Makes a clinic with as many hospitals to choose among as are asked for, each with weeks of sessions."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.permissions import Role
from facilities import catalogue
from facilities.models import (
    Alliance,
    Capability,
    Department,
    Facility,
    Membership,
    Pool,
    Region,
    StaffPost,
)
from facilities.sign_in import actor_of
from facilities.vocabulary import (
    AllianceForm,
    CapabilityCode,
    DoctorGrade,
    Grade,
    Level,
    MembershipRole,
    PoolKind,
    RegionLevel,
    Session,
    Tier,
)
from patients import actions as patients
from patients.models import ConsentGivenBy, ConsentMethod, ConsentPurpose
from patients.particulars import GivenConsent, NewPatient
from referral.models import AnswerTime

STARTS: Final = date(2020, 1, 1)
# The first keeps appointments.
SUBJECTS: Final = ("03.04", "03.07", "04.01")
DAYS: Final = 28
HOURS: Final = ((Session.MORNING, 8), (Session.AFTERNOON, 14))
# Every so many hospitals the first days are full, so that the search has to look behind them.
BUSY, FULL_DAYS = 3, 4
MIDDLE: Final = (31.2, 121.5)
SPREAD: Final = 0.8


def build(count: int) -> tuple[User, UUID]:
    """Write an alliance of `count` hospitals of the next step and one clinic; return its doctor and a patient.

    To be called in the system's scope, which it leaves for that of the doctor.
    """
    chance, now = random.Random(count), timezone.now()  # noqa: S311 - no secret, the same each time
    region = Region.objects.filter(level=RegionLevel.COUNTY, ended__isnull=True).earliest("code")
    clinic = Facility(
        **_place("CLINIC", "测量卫生院", region, chance), category="C220", tier=Tier.PRIMARY
    )
    hospitals = [_hospital(number, region, chance) for number in range(count)]
    Facility.objects.bulk_create([clinic, *hospitals])
    _alliance(hospitals, clinic)
    Capability.objects.bulk_create(
        Capability(facility=each, code=code, starts=STARTS)
        for each in hospitals
        for code in (CapabilityCode.CT, CapabilityCode.ENDOSCOPY)
    )
    AnswerTime.objects.bulk_create(
        AnswerTime(
            facility=each, median_seconds=chance.uniform(600, 200_000), answered=50, measured_at=now
        )
        for each in hospitals
    )
    wards = [_department(each, code) for each in hospitals for code in SUBJECTS]
    Department.objects.bulk_create(wards)
    # One at a time: the database ends a transaction that says nothing while 56,000 rows are made.
    for number, ward in enumerate(wards[:: len(SUBJECTS)]):
        Pool.objects.bulk_create(_pools(number, ward, now))
    return _people(clinic)


def _alliance(hospitals: list[Facility], clinic: Facility) -> None:
    lead = hospitals[0]
    alliance = Alliance.objects.create(
        name="测量用城市集团", form=AllianceForm.CITY_GROUP, lead=lead, starts=STARTS
    )
    Membership.objects.bulk_create(
        Membership(
            alliance=alliance,
            facility=each,
            form=alliance.form,
            role=MembershipRole.LEAD if each is lead else MembershipRole.MEMBER,
            starts=STARTS,
        )
        for each in (clinic, *hospitals)
    )


def _people(clinic: Facility) -> tuple[User, UUID]:
    user = User(username="bench.destinations", full_name="测量医生")
    user.set_unusable_password()
    user.save(force_insert=True)
    StaffPost.objects.create(user=user, facility=clinic, role=Role.CLINIC_DOCTOR, starts=STARTS)
    by = actor_of(user.pk, facility=clinic.pk)
    scope.enter(by)
    said = NewPatient(name="测量病人", birth_date=date(1961, 3, 4), gender="1")
    consent = GivenConsent(
        given=True,
        method=ConsentMethod.PAPER,
        given_by=ConsentGivenBy.SELF,
        purposes=(ConsentPurpose.REGISTRATION,),
    )
    return user, patients.register(said, consent=consent, by=by).patient.pk


def _place(code: str, name: str, region: Region, chance: random.Random) -> dict[str, Any]:
    latitude, longitude = (middle + chance.uniform(-SPREAD, SPREAD) for middle in MIDDLE)
    return {
        "code": f"BENCH-{code}",
        "name": name,
        "region": region,
        "latitude": round(latitude, 6),
        "longitude": round(longitude, 6),
    }


def _hospital(number: int, region: Region, chance: random.Random) -> Facility:
    made = Facility(
        **_place(f"{number:06d}", f"测量医院{number:04d}", region, chance),
        category="A100",
        tier=Tier.COUNTY,
        level=Level.SECOND,
        grade=Grade.A,
    )
    made.spell()
    return made


def _department(facility: Facility, code: str) -> Department:
    made = Department(facility=facility, code=code, name=catalogue.specialties()[code].name)
    made.spell()
    return made


def _pools(number: int, ward: Department, now: datetime) -> Iterator[Pool]:
    today = timezone.localdate(now)
    for offset in range(1, DAYS + 1):
        day = today + timedelta(days=offset)
        full = number % BUSY == 0 and offset <= FULL_DAYS
        for session, hour in HOURS:
            start = timezone.make_aware(datetime.combine(day, time(hour)))
            yield Pool(
                facility_id=ward.facility_id,
                kind=PoolKind.SLOT,
                department=ward,
                doctor_grade=DoctorGrade.ORDINARY,
                day=day,
                session=session,
                starts_at=start,
                ends_at=start + timedelta(hours=3),
                places=0 if full else 8,
                reserved_percent=30,
                opens_at=now - timedelta(days=1),
                released_at=start - timedelta(hours=24),
            )
