"""An order that waits at a centre which closed, left or lost its equipment goes back to who placed it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from facilities.models import Capability, Facility, Membership, Relation
from facilities.vocabulary import FacilityKind, RelationKind
from referral.actions import ordering
from referral.queries import orders
from referral.tasks import hand_back_orders
from tests.facilities.factories import make_capability, make_facility, make_relation
from tests.factories import Person, World, as_system
from tests.referral.ordering import PATH, done, place, placed, sees, told


def close(world: World) -> None:
    Facility.objects.filter(pk=world.centre.pk).update(is_active=False)


def leave(world: World) -> None:
    Membership.objects.filter(facility=world.centre).update(ends=timezone.localdate())


def lose(world: World) -> None:
    lost = Capability.objects.filter(facility=world.centre, code="ct")
    lost.update(ends=timezone.localdate())


def sweep() -> int:
    as_system()
    number: int = hand_back_orders()
    as_system()
    return number


@pytest.mark.parametrize("change", [close, leave, lose])
def test_what_waits_there_is_handed_back_and_may_be_placed_elsewhere(
    world: World, reader: Person, change: Callable[[World], None]
) -> None:
    order = placed(world)
    make_capability(world.lead, "ct")
    assert sweep() == 0
    change(world)
    assert (sweep(), sweep()) == (1, 0)
    assert set(told("order.handed_back")) == {world.clinic.pk, world.centre.pk}
    read = world.doctor.api.get(f"{PATH}{order}/").body
    assert (read["state"], read["cancel_reason"]) == (
        "cancelled",
        "该中心已无法承接此检查申请，请改送其他机构。",
    )
    english = world.doctor.api.get(f"{PATH}{order}/", headers={"Accept-Language": "en"}).body
    assert english["cancel_reason"].startswith("The centre no longer")
    assert not sees(reader, world.patient)
    # It is no duplicate of what is ordered instead.
    assert place(world, centre=world.lead.pk).body["duplicates"] == []


def test_the_contract_with_a_centre_outside_ends(world: World) -> None:
    kind = FacilityKind.THIRD_PARTY_CENTRE
    alone = make_facility("独立影像中心", tier=2, kind=kind, region=world.region)
    make_capability(alone, "ct")
    bond = make_relation(alone, world.clinic, kind=RelationKind.THIRD_PARTY)
    placed(world, centre=alone.pk)
    assert sweep() == 0
    Relation.objects.filter(pk=bond.pk).update(ends=timezone.localdate())
    assert sweep() == 1


def test_what_it_has_taken_on_it_still_reports(world: World, reader: Person) -> None:
    order, other = placed(world), placed(world, examination="biochemistry")
    done(reader, order, "receive")
    close(world)
    assert sweep() == 1
    assert done(reader, order, "report", conclusion="未见异常")["state"] == "reported"
    assert world.doctor.api.get(f"{PATH}{other}/").body["state"] == "cancelled"


def test_only_what_lost_its_way_goes_back(world: World, reader: Person) -> None:
    """The laboratory stays, and so does whoever still has a contract of its own."""
    blood, scan = placed(world, examination="biochemistry"), placed(world)
    lose(world)
    assert sweep() == 1
    states = [world.doctor.api.get(f"{PATH}{each}/").body["state"] for each in (blood, scan)]
    assert states == ["ordered", "cancelled"]


def test_connected_again_meanwhile_it_stays(world: World, reader: Person) -> None:
    order = placed(world)
    close(world)
    Facility.objects.filter(pk=world.centre.pk).update(is_active=True)
    as_system()
    assert not ordering.hand_back(UUID(order), by=Actor.system(), now=timezone.now())
    assert world.doctor.api.get(f"{PATH}{order}/").body["state"] == "ordered"


def test_many_senders_are_asked_about_at_once(world: World, reader: Person) -> None:
    """Each by its own routes: what one may no longer order there, another still may."""
    mine = placed(world)
    patient = world.make_patient(at=world.nurse)
    theirs = placed(world, world.nurse, patient=patient.pk)
    as_system()

    def asked() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as seen:
            found = orders.stranded(timezone.localdate(), limit=10)
        return len(seen), [str(pk) for pk in found]

    assert asked() == (3, [])
    Membership.objects.filter(facility=world.clinic).update(ends=timezone.localdate())
    assert asked() == (4, [mine])
    leave(world)
    assert asked() == (4, [mine, theirs])
