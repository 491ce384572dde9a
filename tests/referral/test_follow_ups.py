"""Follow-ups: the community plans and records its contacts with a returned patient."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from referral.models import FollowUp
from referral.states import Status
from tests.factories import World, as_system, new_key
from tests.referral.expect import audited, heard, hidden_from, refused, snapshot

CONTACT = {"method": "phone", "findings": "血压138/86, 规律服药"}


def path(referral: Any) -> str:
    return f"/referrals/{referral.pk}/follow-ups/"


def test_a_contact_is_planned(world: World) -> None:
    down, day = world.returning(Status.ARRIVED), timezone.localdate() + timedelta(days=7)
    answer = world.doctor.api.post(path(down), {"due_on": str(day)})
    assert answer.status == 201
    assert (answer.body["due_on"], answer.body["done_at"]) == (str(day), None)
    assert (answer.body["method"], answer.body["recorded_by"]) == ("", None)
    assert audited(down, "referral.follow_up_planned", by=world.doctor) == 1


def test_a_contact_is_recorded_and_the_hospital_hears(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    answer = world.doctor.api.post(path(down), CONTACT)
    assert answer.status == 201
    assert answer.body["done_at"] is not None
    assert answer.body["due_on"] == str(timezone.localdate() + timedelta(days=7))
    assert (answer.body["method"], answer.body["recorded_by"]) == ("phone", "张医生")
    assert heard(down, "referral.followed_up") == {world.hospital.pk}
    assert audited(down, "referral.followed_up", by=world.doctor) == 1
    shown = {name: value for name, value in answer.body.items() if name != "way_up"}
    assert world.office.api.get(path(down)).results == [shown]


def test_the_earliest_plan_counts_as_done(world: World) -> None:
    down, today = world.returning(Status.ARRIVED), timezone.localdate()
    for days in (14, 5):
        day = today + timedelta(days=days)
        world.doctor.api.post(path(down), {"due_on": str(day)})
    done = world.doctor.api.post(path(down), CONTACT).body
    assert done["due_on"] == str(today + timedelta(days=5))
    rows = world.doctor.api.get(path(down)).results
    assert [row["done_at"] is not None for row in rows] == [True, False, False]
    as_system()
    assert FollowUp.objects.filter(referral=down).count() == 3


BAD_BODIES: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({}, {"due_on"}),
    ({"method": "phone"}, {"findings"}),
    ({"findings": "好"}, {"method"}),
    ({"method": "letter", "findings": "好"}, {"method"}),
    ({"method": "phone", "findings": " "}, {"findings"}),
    ({"due_on": "soon"}, {"due_on"}),
    ({"due_on": "2026-02-30"}, {"due_on"}),
    ({"done_at": "2026-01-01T00:00:00Z"}, {"done_at"}),
)


def test_a_bad_field_is_named(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    for body, fields in BAD_BODIES:
        answer = refused(world.doctor, "follow-ups", down, 400, "invalid", body)
        assert set(answer.body["errors"]) == fields, body


def test_only_by_whom_the_patient_came_back_to(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    refused(world.office, "follow-ups", down, 403, "not-receiver", CONTACT)
    refused(world.chief, "follow-ups", down, 403, "role-lacks-right", CONTACT)
    hidden_from(world.stranger, "follow-ups", down, CONTACT)


def test_only_after_the_first_contact_of_a_return(world: World) -> None:
    refused(
        world.doctor, "follow-ups", world.returning(Status.ACCEPTED), 409, "wrong-state", CONTACT
    )
    up = world.at(Status.ARRIVED)
    refused(world.office, "follow-ups", up, 409, "wrong-state", CONTACT)


def test_repeated_with_the_same_key(world: World) -> None:
    down, key = world.returning(Status.ARRIVED), new_key()
    first = world.doctor.api.post(path(down), CONTACT, key=key)
    left = snapshot()
    again = world.doctor.api.post(path(down), CONTACT, key=key)
    assert (again.status, again.content) == (201, first.content)
    assert snapshot() == left


def test_in_pages_by_day(world: World) -> None:
    down, today = world.returning(Status.ARRIVED), timezone.localdate()
    for days in (3, 1, 2):
        world.doctor.api.post(path(down), {"due_on": str(today + timedelta(days=days))})
    page = world.doctor.api.get(path(down), {"limit": 2})
    due = [row["due_on"] for row in page.results]
    assert due == [str(today + timedelta(days=each)) for each in (1, 2)]
    rest = world.doctor.api.get(page.body["next"])
    assert [row["due_on"] for row in rest.results] == [
        str(today + timedelta(days=each)) for each in (3, 7)
    ]
    assert rest.body["next"] is None


def test_planned_within_a_year(world: World) -> None:
    """After the last day of the calendar no deadline ends: one such plan would stop the sweep of calls."""
    down, today = world.returning(Status.ARRIVED), timezone.localdate()
    last = today + timedelta(days=366)
    days = ("9999-12-31", last + timedelta(days=1), last, today - timedelta(days=1), "0001-01-01")
    answers = [world.doctor.api.post(path(down), {"due_on": str(day)}) for day in days]
    assert [answer.code or answer.status for answer in answers] == [
        *["contact-day"] * 2,
        *[201] * 3,
    ]
    assert world.doctor.api.get(f"/referrals/{down.pk}/clock/").status == 200
