"""Scenario 1, loaded from its file: who is there, what they have, and that a second run changes nothing."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from facilities import capacity, hierarchy
from facilities.models import Facility, Membership, Pool, StaffPost
from facilities.sign_in import actor_of
from facilities.vocabulary import Direction
from patients.models import AccessGrant, Consent, FamilyDoctorContract, Patient
from referral import matching
from scenarios import files, loader

COUNTED = (
    Facility,
    Membership,
    StaffPost,
    Pool,
    User,
    Patient,
    Consent,
    AccessGrant,
    FamilyDoctorContract,
    Event,
)


def _counts() -> dict[str, int]:
    scope.enter_system()
    return {model.__name__: model._default_manager.count() for model in COUNTED}


def test_one_centre_and_eleven_clinics(pudong: files.Scenario) -> None:
    centre = Facility.objects.get(code="PD-RMC")
    clinics = list(Facility.objects.filter(code__in=pudong.clinics))
    assert len(clinics) == 11
    for clinic in clinics:
        day = pudong.starts
        assert hierarchy.direction(clinic, centre, day) == Direction.UP
        assert hierarchy.direction(centre, clinic, day) == Direction.DOWN
        way = hierarchy.route(clinic.pk, centre.pk, day)
        assert way is not None
        assert (way.alliance_name, way.alliance_allows_lateral) == ("东海湾城市医疗集团", False)


def test_every_facility_has_a_place_of_its_own_in_the_district(pudong: files.Scenario) -> None:
    there = Facility.objects.filter(code__startswith="PD-")
    inside = there.filter(latitude__range=(30.8, 31.4), longitude__range=(121.4, 122.0))
    assert len(set(inside.values_list("latitude", "longitude"))) == len(pudong.places) == 15


def test_distance_and_appointments_are_reasons_for_a_destination(pudong: files.Scenario) -> None:
    clinic = Facility.objects.get(code=pudong.clinics[0])
    doctor = StaffPost.objects.get(facility=clinic, role=Role.CLINIC_DOCTOR)
    actor = actor_of(doctor.user_id, facility=clinic.pk)
    scope.enter(actor)
    found = matching.find(matching.Question(diagnosis="I10"), by=actor, now=timezone.now())
    scope.enter_system()
    [second] = found.matches
    assert (second.facility.short_name, second.distance_km) == ("第二医院", 28.7)
    assert {"near", "slot-in-time"} <= {reason.code for reason in second.reasons}


def test_every_role_has_somebody(pudong: files.Scenario) -> None:
    roles = set(StaffPost.objects.values_list("role", flat=True))
    assert roles == set(Role.values) - {Role.SYSTEM_ADMIN}
    at_clinics = StaffPost.objects.filter(facility__code__in=pudong.clinics)
    assert at_clinics.filter(role=Role.CLINIC_DOCTOR).count() == 11
    assert at_clinics.filter(role=Role.CLINIC_MANAGER).count() == 11


def test_patients_are_registered_with_consent_and_seen_only_at_home(
    pudong: files.Scenario,
) -> None:
    scope.enter_system()
    assert Patient.objects.count() == 60
    assert Consent.objects.filter(purpose="referral", given=True).count() == 60
    signed = FamilyDoctorContract.objects.count()
    assert 30 < signed < 60
    assert set(Patient.objects.values_list("registered_by__code", flat=True)) == set(pudong.clinics)
    homes = AccessGrant.objects.filter(purpose="registration").values_list("patient", "facility")
    assert set(homes) == set(Patient.objects.values_list("pk", "registered_by"))


def test_a_second_run_changes_nothing(pudong: files.Scenario) -> None:
    before = _counts()
    made = loader.load(pudong)
    assert (made.facilities, made.users, made.residents) == (0, 0, 0)
    assert _counts() == before


def test_the_centre_keeps_numbers_for_the_clinics(pudong: files.Scenario) -> None:
    """Four weeks of sessions, beds and equipment, by more than the rule of the data file asks for."""
    assert set(Pool.objects.values_list("kind", flat=True)) == {"slot", "bed", "equipment"}
    days = set(Pool.objects.values_list("day", flat=True))
    assert timedelta(days=26) <= max(days) - min(days) <= timedelta(days=27)
    today, centre = timezone.localdate(), Facility.objects.get(code="PD-RMC").pk
    found = capacity.reservation(centre, start=today, until=today + timedelta(days=28))
    assert found.meets
    assert found.places > 400


def test_what_a_person_changed_stays(pudong: files.Scenario) -> None:
    Facility.objects.filter(code="PD-H2").update(phone="021-1", is_active=False)
    loader.load(pudong)
    hospital = Facility.objects.get(code="PD-H2")
    assert (hospital.phone, hospital.is_active) == ("021-1", False)
