"""A recent examination of the same kind is told, wherever it was made, and asks for a reason."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import scope
from referral.models import ExaminationOrder
from referral.states import Status
from tests.facilities.factories import make_capability
from tests.factories import Person, World, as_system
from tests.referral.ordering import PATH, done, place, placed


def test_a_recent_one_anywhere_asks_for_a_reason(world: World, reader: Person) -> None:
    first = placed(world)
    done(reader, first, "report", conclusion="未见异常", recognised=True)
    leg = world.at(Status.SUBMITTED)
    make_capability(world.lead, "ct")
    # The hospital does not see the clinic's order, and still learns that there was one, and where.
    assert world.office.api.get(f"{PATH}{first}/").status == 404
    answer = place(world, world.office, centre=world.lead.pk, referral=leg.pk)
    assert (answer.status, answer.code) == (409, "duplicate-examination")
    [found] = answer.body["duplicates"]
    assert found == {
        "facility": "第三方影像中心",
        "on": str(timezone.localdate()),
        "state": "reported",
        "recognised": True,
    }
    reason = {"duplicate_reason": "病情变化"}
    again = place(world, world.office, centre=world.lead.pk, referral=leg.pk, **reason)
    assert again.status == 201
    assert (again.body["duplicates"], again.body["duplicate_reason"]) == ([found], "病情变化")


def test_another_examination_or_person_is_no_duplicate(world: World, reader: Person) -> None:
    placed(world)
    other = world.make_patient()
    assert place(world, patient=other.pk).body["duplicates"] == []
    assert place(world, examination="ct_head").body["duplicates"] == []


def test_a_withdrawn_one_is_no_duplicate(world: World, reader: Person) -> None:
    done(world.doctor, placed(world), "cancel", reason="改期")
    assert place(world).status == 201


def test_a_reason_without_a_duplicate_is_not_kept(world: World, reader: Person) -> None:
    assert place(world, duplicate_reason="x").body["duplicate_reason"] == ""


@pytest.mark.parametrize(("item", "days"), [("ct_chest", 30), ("biochemistry", 7)])
@pytest.mark.parametrize(("seconds", "status"), [(-60, 409), (60, 201)])
def test_the_days_of_an_item_are_exact(
    world: World, reader: Person, item: str, days: int, seconds: int, status: int
) -> None:
    order = placed(world, examination=item)
    done(reader, order, "report", conclusion="未见异常")
    before = timezone.now() - timedelta(days=days, seconds=seconds)
    as_system()
    ExaminationOrder.objects.filter(pk=order).update(reported_at=before)
    assert place(world, examination=item).status == status


def test_the_merged_record_counts(world: World, reader: Person) -> None:
    placed(world)
    living = world.make_patient()
    as_system()
    with connection.cursor() as cursor:
        cursor.execute("SELECT patients_merge(%s, %s, now())", [world.patient.pk, living.pk])
    for pk in (world.patient.pk, living.pk):
        assert place(world, patient=pk).code == "duplicate-examination"


def test_nobody_asks_about_a_patient_out_of_sight(world: World, reader: Person) -> None:
    placed(world)
    scope.enter(world.stranger.actor)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM referral_recent_examinations(%s, 'ct_chest', %s)",
            [world.patient.pk, date(2020, 1, 1)],
        )
