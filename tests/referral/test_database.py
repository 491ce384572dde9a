"""The database as the last line of defence: raw SQL as the application role, past every line of Python."""

from typing import Final

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts import scope
from referral.models import FollowUp, Transition
from referral.states import ENDED, TRANSITIONS, Status
from tests.factories import World, as_system
from tests.referral.raw import copy_of, insert_transition, run


def legal() -> set[tuple[str, str]]:
    moves = {(s.value, m.target.value) for m in TRANSITIONS.values() for s in m.sources}
    # A draft that is edited keeps its state and rises in version.
    return moves | {("draft", "draft")}


# What a state needs beside its name, so that only the trigger can say no.
NEEDED: Final = """decided_at = coalesce(decided_at, now()), arrived_at = {arrived},
 scheduled_for = coalesce(scheduled_for, now()), ended_at = {ended}, submitted_at = {submitted},
 decline_reason = 'capacity', cancel_reason = 'duplicate', outcome = 'cured', direction = 'up',
 from_tier = 1, to_tier = 3"""


def columns_of(status: Status) -> str:
    preparing = status in {Status.DRAFT, Status.INTERNAL_REVIEW}
    undecided = preparing or status in {
        Status.SUBMITTED,
        Status.RECEIVED,
        Status.INFORMATION_REQUESTED,
    }
    text = NEEDED.format(
        arrived="now()" if status in {Status.ARRIVED, Status.COMPLETED} else "NULL",
        ended="now()" if status in ENDED else "NULL",
        submitted="NULL" if preparing else "now()",
    )
    return text.replace("coalesce(decided_at, now())", "NULL") if undecided else text


@pytest.mark.parametrize("before", Status)
def test_the_trigger_knows_the_table_of_moves(world: World, before: Status) -> None:
    """From each state exactly the moves of TRANSITIONS pass, with a higher version."""
    referral = world.at(before)
    as_system()
    allowed, refusals = set(), set()
    for after in Status:
        sid = transaction.savepoint()
        sql = f"UPDATE referral_referral SET status = %s, version = version + 1, {columns_of(after)} WHERE id = %s"
        try:
            run(sql, [after.value, referral.pk])
            allowed.add((before.value, after.value))
        except IntegrityError as error:
            refusals.add(str(error).partition(" from ")[0])
        transaction.savepoint_rollback(sid)
    assert allowed == {pair for pair in legal() if pair[0] == before.value}
    assert refusals == {"illegal move of a referral"}


def test_a_move_raises_the_version(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    with pytest.raises(IntegrityError, match="illegal move"):
        run("UPDATE referral_referral SET status = 'received' WHERE id = %s", [sent.pk])


def test_words_may_change_without_a_move(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    assert run("UPDATE referral_referral SET reason = 'x' WHERE id = %s", [sent.pk]) == 1


def test_nothing_begins_in_the_middle(world: World) -> None:
    draft = world.draft()
    scope.enter(world.doctor.actor)
    for status in set(Status) - {Status.DRAFT, Status.SUBMITTED}:
        with pytest.raises(IntegrityError, match="cannot begin as"):
            copy_of(draft, status=status)


ROUTED: Final = "direction = 'up', from_tier = 1, to_tier = 3"


INCOHERENT: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "draft": (
        ("urgency = 7", "referral_urgency_known"),
        (f"submitted_at = now(), {ROUTED}", "referral_unsubmitted_while_preparing"),
        ("to_facility_id = from_facility_id", "referral_ends_differ"),
        ("version = -1", "referral_referral_version_check"),
    ),
    "submitted": (
        ("submitted_at = NULL", "referral_submitted_once_live"),
        ("to_facility_id = NULL", "referral_routed_once_submitted"),
        ("direction = ''", "referral_direction_follows_tiers"),
        ("from_tier = NULL", "referral_routed_once_submitted"),
        ("direction = 'down'", "referral_direction_follows_tiers"),
        ("to_tier = 1", "referral_direction_follows_tiers"),
        ("decided_at = now()", "referral_undecided"),
        ("ended_at = now()", "referral_ended_iff_terminal"),
    ),
    "accepted": (("decided_at = NULL", "referral_decided"),),
    "scheduled": (("scheduled_for = NULL", "referral_scheduled"),),
    "arrived": (("arrived_at = NULL", "referral_arrived"),),
    "no_show": (("arrived_at = now()", "referral_no_show"),),
    "declined": (
        ("decline_reason = ''", "referral_decline_coded"),
        ("ended_at = NULL", "referral_ended_iff_terminal"),
    ),
    "cancelled": (("cancel_reason = ''", "referral_cancel_coded"),),
    "completed": (("outcome = ''", "referral_outcome_coded"),),
}


@pytest.mark.parametrize("status", INCOHERENT)
def test_an_incoherent_row_cannot_be_written(world: World, status: str) -> None:
    referral = world.at(status)
    for change, constraint in INCOHERENT[status]:
        with pytest.raises(IntegrityError, match=constraint):
            run(f"UPDATE referral_referral SET {change} WHERE id = %s", [referral.pk])


def test_one_open_leg_follows_another(world: World) -> None:
    up = world.at(Status.ARRIVED)
    down = world.start_return(up)
    as_system()
    with pytest.raises(IntegrityError, match="referral_one_open_leg_follows"):
        copy_of(down)


def test_a_number_is_given_once(world: World) -> None:
    draft = world.draft()
    with pytest.raises(IntegrityError, match="number"):
        copy_of(draft, number=draft.number)


def test_an_episode_is_closed_exactly_without_open_legs(world: World) -> None:
    draft = world.draft()
    for change in ("open_legs = 0", "closed_at = now()", "open_legs = -1, closed_at = now()"):
        with pytest.raises(IntegrityError):
            run(f"UPDATE referral_episode SET {change} WHERE id = %s", [draft.episode_id])


def test_a_version_stands_once_in_the_history(world: World) -> None:
    draft = world.draft()
    with pytest.raises(IntegrityError, match="transition_one_a_version"):
        insert_transition(draft, world.doctor, version=1)


@pytest.mark.parametrize("change", ["UPDATE {} SET note = 'x'", "DELETE FROM {}"])
def test_history_is_only_added_to(world: World, change: str) -> None:
    world.at(Status.SUBMITTED)
    with pytest.raises(DatabaseError, match="permission denied"):
        run(change.format("referral_transition"))
    assert Transition.objects.count() == 2


def test_a_follow_up_has_a_method_once_it_is_done(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    with pytest.raises(IntegrityError, match="follow_up_method_iff_done"), transaction.atomic():
        FollowUp.objects.create(
            referral=down,
            facility=world.clinic,
            due_on=timezone.localdate(),
            done_at=timezone.now(),
            created_at=timezone.now(),
        )
