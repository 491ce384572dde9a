"""The world that stands in a database of its own: whoever asks for it finds it as it was made."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import User
from facilities.models import Facility
from patients.models import Patient
from tests.factories import World, as_system

NAME = "改名的社区"


@pytest.mark.django_db
def test_who_asks_for_no_world_has_an_empty_database() -> None:
    assert not Facility.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("_turn", range(2))
def test_what_a_test_changes_is_its_own(world: World, _turn: int) -> None:
    """The second turn would see what the first one wrote, in the rows or in the objects."""
    assert (world.clinic.name, world.filed) != (NAME, True)
    as_system()
    assert Facility.objects.count() == 3
    assert Patient.objects.get() == world.patient
    assert world.doctor.facility is world.clinic
    world.clinic.name, world.filed = NAME, True
    world.clinic.save()
    assert world.second in Facility.objects.all()


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_makes_its_own(world: World) -> None:
    assert not connection.settings_dict["NAME"].endswith("_standing")
    assert not Facility.objects.exists()
    assert world.clinic in Facility.objects.all()
