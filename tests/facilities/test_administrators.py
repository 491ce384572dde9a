"""System, security and audit administration are never in one hand, whoever writes the row."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import permutations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Refused
from accounts.permissions import ADMINISTRATORS, DELEGABLE, ROLE_PERMISSIONS, Permission, Role
from facilities import actions
from facilities.models import StaffPost
from tests.facilities.factories import make_facility, make_post, make_user
from tests.races.racers import Racers, code_of, racers

TODAY = timezone.localdate()
PAIRS = list(permutations(sorted(ADMINISTRATORS), 2))
CLINICAL = {
    Permission.PATIENT_VIEW,
    Permission.PATIENT_EDIT,
    Permission.PATIENT_REVEAL,
    Permission.REFERRAL_VIEW,
    Permission.REFERRAL_FILE,
    Permission.REFERRAL_RECEIVE,
}


def test_each_has_rights_that_the_others_lack() -> None:
    shared = frozenset.intersection(*(ROLE_PERMISSIONS[Role(each)] for each in ADMINISTRATORS))
    assert shared == {Permission.DIRECTORY_VIEW}
    for each in ADMINISTRATORS:
        assert ROLE_PERMISSIONS[Role(each)] - shared
        assert not ROLE_PERMISSIONS[Role(each)] & CLINICAL
    assert not DELEGABLE & ADMINISTRATORS


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_nobody_is_two_of_them_on_one_day(first: str, second: str) -> None:
    post = make_post(make_facility(), first, starts=TODAY, ends=TODAY + timedelta(days=30))
    for starts, ends in (
        (TODAY, None),
        (TODAY + timedelta(days=29), None),
        (TODAY - timedelta(days=9), TODAY + timedelta(days=1)),
    ):
        with pytest.raises(IntegrityError, match="post_one_administration"), transaction.atomic():
            make_post(make_facility(), second, user=post.user, starts=starts, ends=ends)


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_after_the_other_is_no_harm(first: str, second: str) -> None:
    post = make_post(make_facility(), first, starts=TODAY, ends=TODAY + timedelta(days=30))
    make_post(make_facility(), second, user=post.user, starts=TODAY + timedelta(days=30))
    make_post(make_facility(), second, starts=TODAY)
    make_post(make_facility(), first, user=post.user, starts=TODAY, ends=TODAY + timedelta(days=2))
    make_post(make_facility(), Role.CLINIC_DOCTOR, user=post.user, starts=TODAY)


@pytest.mark.django_db
def test_an_appointment_is_refused_in_words() -> None:
    post = make_post(make_facility(), Role.AUDITOR)
    place = make_facility()
    with pytest.raises(Refused, match="directory-invalid") as refusal:
        actions.appoint(
            post.user_id,
            by=Actor.system(),
            facility_id=place.pk,
            role=Role.SECURITY_ADMIN,
            starts=TODAY,
        )
    assert "never in one hand" in str(refusal.value.errors) or "同一人" in str(refusal.value.errors)


@pytest.mark.django_db
def test_changing_a_role_or_a_term_is_held_too() -> None:
    user = make_user()
    make_post(make_facility(), Role.AUDITOR, user=user)
    other = make_post(make_facility(), Role.CLINIC_DOCTOR, user=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffPost.objects.filter(pk=other.pk).update(role=Role.SYSTEM_ADMIN)
    early = make_post(
        make_facility(),
        Role.SYSTEM_ADMIN,
        user=user,
        starts=date(2000, 1, 1),
        ends=date(2000, 2, 1),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffPost.objects.filter(pk=early.pk).update(ends=None)


@pytest.fixture
def team(transactional_db: None) -> Iterator[Racers]:
    """Return threads with connections of their own."""
    with racers(12) as made:
        yield made


def test_of_many_appointments_at_once_one_kind_wins(team: Racers) -> None:
    user, places = make_user(), [make_facility() for _each in range(12)]
    roles = [*sorted(ADMINISTRATORS)] * 4

    def appoint(number: int) -> None:
        actions.appoint(
            user.pk,
            by=Actor.system(),
            facility_id=places[number].pk,
            role=roles[number],
            starts=TODAY,
        )

    found = team.race([code_of(lambda each=each: appoint(each)) for each in range(12)])  # type: ignore[misc]
    assert "ok" in found
    kinds = set(StaffPost.objects.filter(user=user).values_list("role", flat=True))
    assert len(kinds) == 1
