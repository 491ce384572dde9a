"""A kept answer belongs to the post that got it: without the post, or its role, nobody reads it again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from facilities.models import StaffPost
from tests.api import Answer
from tests.facilities.factories import make_post
from tests.factories import World, new_key

pytestmark = pytest.mark.django_db


def _file(world: World, key: str) -> Answer:
    return world.doctor.api.post("/referrals/", world.body(), key=key)


def test_a_lost_post_takes_its_answers_along() -> None:
    """Without X-Facility the same request now comes from the person's other post."""
    world, key = World(), new_key()
    first = _file(world, key)
    assert (first.status, _file(world, key).content) == (201, first.content)
    make_post(world.sister, Role.CLINIC_DOCTOR, user=world.doctor.user)
    today = timezone.localdate()
    held = StaffPost.objects.filter(user=world.doctor.user, facility=world.clinic)
    held.update(starts=today - timedelta(days=2), ends=today)
    again = _file(world, key)
    assert (again.status, again.code) == (422, "idempotency-key-reused")


def test_another_role_does_not_read_the_answer_of_the_old_one() -> None:
    world, key = World(), new_key()
    assert _file(world, key).status == 201
    StaffPost.objects.filter(user=world.doctor.user).update(role=Role.INTEGRATOR)
    assert _file(world, key).code == "idempotency-key-reused"


def test_naming_the_post_that_is_used_anyhow_changes_nothing() -> None:
    world, key = World(), new_key()
    first = _file(world, key)
    world.doctor.api.headers["X-Facility"] = str(world.clinic.pk)
    assert _file(world, key).content == first.content
