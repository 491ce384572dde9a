"""Scenario 1 loads from its file, once, and prints sign-ins that work."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts import scope
from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from facilities import capacity, hierarchy
from facilities.models import Facility, Membership, Pool, StaffPost
from facilities.vocabulary import Direction
from patients.models import AccessGrant, Consent, FamilyDoctorContract, Patient
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


@pytest.mark.django_db
def test_one_centre_and_eleven_clinics(pudong: files.Scenario) -> None:
    centre = Facility.objects.get(code="PD-RMC")
    clinics = list(Facility.objects.filter(code__in=pudong.clinics))
    assert len(clinics) == 11
    for clinic in clinics:
        day = pudong.starts
        assert hierarchy.direction(clinic, centre, day) == Direction.UP
        assert hierarchy.direction(centre, clinic, day) == Direction.DOWN
        shared = hierarchy.common_alliance(clinic, centre, day)
        assert shared is not None
        assert not shared.allows_lateral


@pytest.mark.django_db
def test_every_role_has_somebody(pudong: files.Scenario) -> None:
    roles = set(StaffPost.objects.values_list("role", flat=True))
    assert roles == set(Role.values) - {Role.SYSTEM_ADMIN}
    at_clinics = StaffPost.objects.filter(facility__code__in=pudong.clinics)
    assert at_clinics.filter(role=Role.CLINIC_DOCTOR).count() == 11
    assert at_clinics.filter(role=Role.CLINIC_MANAGER).count() == 11


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_second_run_changes_nothing(pudong: files.Scenario) -> None:
    before = _counts()
    made = loader.load(pudong)
    assert (made.facilities, made.users, made.residents) == (0, 0, 0)
    assert _counts() == before


@pytest.mark.django_db
def test_the_centre_keeps_numbers_for_the_clinics(pudong: files.Scenario) -> None:
    """Four weeks of sessions, beds and equipment, by more than the rule of the data file asks for."""
    assert set(Pool.objects.values_list("kind", flat=True)) == {"slot", "bed", "equipment"}
    days = set(Pool.objects.values_list("day", flat=True))
    assert timedelta(days=26) <= max(days) - min(days) <= timedelta(days=27)
    today, centre = timezone.localdate(), Facility.objects.get(code="PD-RMC").pk
    found = capacity.reservation(centre, start=today, until=today + timedelta(days=28))
    assert found.meets
    assert found.places > 400


@pytest.mark.django_db
def test_what_a_person_changed_stays(pudong: files.Scenario) -> None:
    Facility.objects.filter(code="PD-H2").update(phone="021-1", is_active=False)
    loader.load(pudong)
    hospital = Facility.objects.get(code="PD-H2")
    assert (hospital.phone, hospital.is_active) == ("021-1", False)


@pytest.mark.django_db
def test_the_command_prints_three_sign_ins_that_work(
    regions: None,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("load_scenario", "pudong")
    first = capsys.readouterr().out
    password = next(
        line.split("=")[1]
        for line in (tmp_path / "sign-ins").read_text().splitlines()
        if line.startswith("password=")
    )
    for username in ("clinic1.doctor", "hospital.zhao", "manager.li"):
        assert f"{username} " in first
        assert User.objects.get(username=username).check_password(password)
    assert not User.objects.get(username="clinic2.doctor").has_usable_password()
    assert stat.S_IMODE((tmp_path / "sign-ins").stat().st_mode) == 0o600
    call_command("load_scenario", "pudong")
    second = capsys.readouterr().out
    assert second.count(password) == first.count(password) == 3


@pytest.mark.django_db
def test_a_changed_password_is_left_alone_and_not_printed(
    regions: None,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("load_scenario", "pudong")
    doctor = User.objects.get(username="clinic1.doctor")
    doctor.set_password("a word of her own")
    doctor.save(update_fields=["password"])
    capsys.readouterr()
    call_command("load_scenario", "pudong")
    line = next(each for each in capsys.readouterr().out.splitlines() if "clinic1.doctor" in each)
    assert "chose" in line
    assert User.objects.get(username="clinic1.doctor").check_password("a word of her own")


@pytest.mark.django_db
def test_without_regions_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_reference"):
        call_command("load_scenario", "pudong")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(CommandError, match="pudong"):
        call_command("load_scenario", "atlantis")
