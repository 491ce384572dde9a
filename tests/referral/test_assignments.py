"""Who answers for open legs, which of them nobody does any more, and how they are handed on."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from accounts.permissions import Role
from audit.models import Event
from facilities.models import StaffPost
from notifications.models import OutboxMessage
from referral.models import Assignment, Referral
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, as_system, make_person, new_key
from tests.referral.expect import snapshot

PATH = "/assignments/"


def leave(person: Person) -> None:
    StaffPost.objects.filter(user=person.user).update(ends=timezone.localdate())


def orphans(who: Person) -> list[str]:
    answer = who.api.get(PATH, {"orphaned": "true"})
    assert answer.status == 200, answer
    return sorted(row["referral"] for row in answer.results)


def hand(by: Person, legs: list[Referral], to: Person, **words: Any) -> Answer:
    body = {"referrals": [str(leg.pk) for leg in legs], "user": str(to.user.pk)}
    return by.api.post(PATH, body, **words)


def ids(*legs: Referral) -> list[str]:
    return sorted(str(leg.pk) for leg in legs)


def test_by_default_whoever_filed_or_received_answers(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    [here] = world.chief.api.get(PATH).results
    assert (here["side"], here["responsible"]["name"]) == ("sender", "张医生")
    [there] = world.office.api.get(PATH).results
    assert (there["side"], there["responsible"]["name"]) == ("receiver", "李主任")
    assert here["referral"] == there["referral"] == str(leg.pk)
    assert "patient" not in here


def test_a_leg_that_waits_for_everybody_is_no_orphan(world: World) -> None:
    world.at(Status.SUBMITTED)
    leave(world.doctor)
    [there] = world.office.api.get(PATH).results
    assert there["responsible"] is None
    assert orphans(world.office) == []


@pytest.mark.parametrize("off", [False, True])
def test_legs_of_those_who_left_are_listed_on_their_side_only(world: World, off: bool) -> None:
    legs = [world.at(status) for status in (Status.DRAFT, Status.SUBMITTED, Status.ARRIVED)]
    world.at(Status.COMPLETED)
    assert orphans(world.chief) == []
    if off:
        world.doctor.user.is_active = False
        world.doctor.user.save(update_fields=["is_active"])
    else:
        leave(world.doctor)
    assert orphans(world.chief) == ids(*legs)
    assert orphans(world.office) == []
    assert orphans(make_person(world.sister, Role.CLINIC_MANAGER)) == []


def test_a_post_elsewhere_does_not_answer_here(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    StaffPost.objects.filter(user=world.doctor.user).update(facility=world.sister)
    assert orphans(world.chief) == ids(leg)


def test_handed_on_the_colleague_answers_and_the_facility_is_told(world: World) -> None:
    legs = [world.at(Status.ACCEPTED) for _each in range(2)]
    leave(world.doctor)
    answer = hand(world.chief, legs, world.colleague)
    assert (answer.status, answer.body) == (200, {"assigned": 2})
    assert orphans(world.chief) == []
    as_system()
    [told] = OutboxMessage.objects.filter(topic="referral.reassigned")
    assert told.recipient_id == world.clinic.pk
    assert sorted(told.payload["referral_ids"]) == ids(*legs)
    lines = Event.objects.filter(what="referral.assign", actor_id=world.chief.user.pk)
    assert {line.referral_ids[0] for line in lines} == {leg.pk for leg in legs}
    # And when the colleague leaves too, they are orphans again.
    leave(world.colleague)
    office = make_person(world.clinic, Role.REFERRAL_OFFICE)
    assert orphans(office) == ids(*legs)
    assert hand(office, legs[:1], office).body == {"assigned": 1}
    history = Assignment.objects.filter(referral=legs[0]).order_by("since")
    assert [row.ended_at is None for row in history] == [False, True]


def test_each_side_has_its_own(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    second = make_person(world.hospital, Role.HOSPITAL_DOCTOR)
    assert hand(world.chief, [leg], world.colleague).status == 200
    assert hand(world.office, [leg], second).status == 200
    named = [
        who.api.get(PATH).results[0]["responsible"]["id"] for who in (world.chief, world.office)
    ]
    assert named == [str(world.colleague.user.pk), str(second.user.pk)]


def test_the_list_of_one_person(world: World) -> None:
    kept, moved = world.at(Status.ACCEPTED), world.at(Status.ACCEPTED)
    hand(world.chief, [moved], world.colleague)
    for person, leg in ((world.doctor, kept), (world.colleague, moved)):
        rows = world.chief.api.get(PATH, {"user": str(person.user.pk)}).results
        assert [row["referral"] for row in rows] == [str(leg.pk)]


def test_to_the_same_person_again_nothing_is_written(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    assert hand(world.chief, [leg], world.colleague).body == {"assigned": 1}
    assert hand(world.chief, [leg, leg], world.colleague).body == {"assigned": 0}
    as_system()
    assert Assignment.objects.count() == 1


def test_the_same_key_hands_on_once(world: World) -> None:
    leg, key = world.at(Status.ACCEPTED), new_key()
    first, again = (hand(world.chief, [leg], world.colleague, key=key) for _time in range(2))
    assert first.body == again.body == {"assigned": 1}
    assert again.headers["Idempotent-Replay"] == "true"


def test_one_bad_leg_and_nothing_is_handed_on(world: World) -> None:
    good, ended = world.at(Status.ACCEPTED), world.at(Status.COMPLETED)
    theirs = world.returning(Status.ACCEPTED)
    nowhere = Referral(id=uuid7())
    before = snapshot("referral_assignment", "audit_event", "notifications_outboxmessage")
    for manager, legs, wrong in (
        (world.chief, [good, ended, nowhere], [1, 2]),
        (make_person(world.sister, Role.CLINIC_MANAGER), [good, theirs], [0, 1]),
    ):
        colleague = make_person(manager.facility, Role.CLINIC_DOCTOR)
        answer = hand(manager, legs, colleague)
        assert (answer.status, answer.code) == (422, "legs-not-assignable")
        assert list(answer.body["errors"]) == [f"referrals[{place}]" for place in wrong]
        # What is not there and what is not ours read the same.
        assert len({str(texts) for texts in answer.body["errors"].values()}) == 1
    after = snapshot("referral_assignment", "audit_event", "notifications_outboxmessage")
    assert before == after


def test_a_receiver_has_no_draft_to_hand_on(world: World) -> None:
    draft = world.draft()
    answer = hand(world.office, [draft], world.office)
    assert answer.code == "legs-not-assignable"


def test_only_a_colleague_who_can_act_takes_them(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    gone = make_person(world.clinic, Role.CLINIC_DOCTOR)
    leave(gone)
    for person in (gone, world.office, world.chief, make_person(world.clinic, Role.AUDITOR)):
        answer = hand(world.chief, [leg], person)
        assert (answer.status, answer.code) == (422, "not-assignable")


@pytest.mark.parametrize("who", ["doctor", "auditor", "manager", "stranger"])
def test_nobody_else_lists_or_hands_on(world: World, who: str) -> None:
    leg, person = world.at(Status.ACCEPTED), getattr(world, who)
    assert person.api.get(PATH, {"orphaned": "true"}).status == 403
    assert hand(person, [leg], world.colleague).status == 403


def test_at_most_200_at_once(world: World) -> None:
    body = {"referrals": [str(uuid7()) for _each in range(201)], "user": str(uuid7())}
    assert world.chief.api.post(PATH, body).code == "invalid"


def test_a_message_names_50_legs_at_most(world: World) -> None:
    legs = [world.draft() for _each in range(60)]
    assert hand(world.chief, legs, world.colleague).body == {"assigned": 60}
    as_system()
    told = OutboxMessage.objects.filter(topic="referral.reassigned").order_by("sequence")
    assert [len(row.payload["referral_ids"]) for row in told] == [50, 10]
    assert len({row.subject for row in told}) == 1


def test_two_pages_show_each_leg_once(world: World) -> None:
    for _each in range(3):
        world.draft()
    leave(world.doctor)
    first = world.chief.api.get(PATH, {"orphaned": "true", "limit": 2})
    assert len(first.results) == 2
    rest = world.chief.api.get(first.body["next"])
    assert len({row["referral"] for row in [*first.results, *rest.results]}) == 3


def test_row_security_shows_assignments_to_their_facility_alone(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    hand(world.chief, [leg], world.colleague)
    for who, seen in (
        (world.doctor, 1),
        (world.office, 0),
        (world.manager, 0),
        (world.stranger, 0),
    ):
        scope.enter(who.actor)
        assert Assignment.objects.count() == seen, who
    scope.enter(world.stranger.actor)
    with pytest.raises(DatabaseError), transaction.atomic():
        _assign(world.stranger, leg)


def test_the_database_keeps_one_at_a_time_and_no_row_changes(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    scope.enter(world.doctor.actor)
    row = _assign(world.doctor, leg)
    with pytest.raises(IntegrityError), transaction.atomic():
        _assign(world.doctor, leg)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE referral_assignment SET user_id = %s WHERE id = %s",
            [world.colleague.user.pk, row.pk],
        )


def _assign(who: Person, leg: Referral) -> Assignment:
    return Assignment.objects.create(
        referral_id=leg.pk,
        facility_id=who.facility.pk,
        user=who.user,
        since=timezone.now(),
        by=who.user,
    )
