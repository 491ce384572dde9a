"""Roles and rights: what each role holds, and what no manager ever does."""

import pytest

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import ROLE_PERMISSIONS, Permission, Role

OF_PATIENTS = {Permission.PATIENT_VIEW, Permission.PATIENT_EDIT, Permission.PATIENT_REVEAL}


def at_post(role: Role, *alliances: object) -> Actor:
    return Actor.at_post(
        user_id=uuid7(),
        name="x",
        facility_id=uuid7(),
        role=role,
        alliance_ids=tuple(uuid7() for _each in alliances),
    )


def test_every_role_has_its_list_and_every_right_a_role() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == frozenset(Permission)


def test_values_are_stable_words() -> None:
    for member in (*Role, *Permission):
        assert member.value == member.name.lower()


@pytest.mark.parametrize(
    "role",
    [Role.CLINIC_MANAGER, Role.ALLIANCE_MANAGER, Role.AUDITOR, Role.SYSTEM_ADMIN],
)
def test_who_does_not_treat_sees_no_patient(role: Role) -> None:
    assert not ROLE_PERMISSIONS[role] & OF_PATIENTS


def test_a_partner_system_never_unmasks() -> None:
    assert not at_post(Role.INTEGRATOR).can(Permission.PATIENT_REVEAL)
    assert at_post(Role.INTEGRATOR).can(Permission.PATIENT_VIEW)


def test_only_the_auditor_reads_the_trail() -> None:
    holders = {role for role in Role if Permission.AUDIT_VIEW in ROLE_PERMISSIONS[role]}
    assert holders == {Role.AUDITOR}


def test_who_files_does_not_review_alone() -> None:
    both = {Permission.REFERRAL_FILE, Permission.REFERRAL_REVIEW}
    assert {role for role in Role if both <= ROLE_PERMISSIONS[role]} == {Role.REFERRAL_OFFICE}


@pytest.mark.parametrize("role", Role)
def test_alliances_are_seen_by_their_managers_only(role: Role) -> None:
    actor = at_post(role, 1, 2)
    assert len(actor.alliance_ids) == (2 if role == Role.ALLIANCE_MANAGER else 0)


def test_without_a_post_there_is_no_right() -> None:
    actor = Actor.without_post(user_id=uuid7(), name="x")
    assert not any(actor.can(each) for each in Permission)
    with pytest.raises(RuntimeError):
        _ = actor.place


def test_the_system_may_everything_and_is_nobody() -> None:
    system = Actor.system()
    assert all(system.can(each) for each in Permission)
    assert (system.user_id, system.facility_id, system.is_system) == (None, None, True)


def test_an_actor_is_not_changed() -> None:
    with pytest.raises(AttributeError):
        at_post(Role.AUDITOR).is_system = True  # type: ignore[misc]
