"""Who may declare an event of public health, for which area and with which facilities."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Role
from facilities.models import PublicHealthEvent
from notifications.models import OutboxMessage
from tests.api import Answer
from tests.facilities.factories import make_alliance, make_facility, make_hospital, make_region
from tests.factories import Person, World, make_person, new_key

PATH = "/public-health-events/"


def words(world: World, **changes: Any) -> dict[str, Any]:
    """Return a body that the manager of the alliance may send; None takes a field away."""
    filled = {
        "name": "新型呼吸道传染病",
        "prefixes": ["j10", "U07.1"],
        "alliance": world.alliance.pk,
        "starts": timezone.localdate(),
        "facilities": [world.hospital.pk],
        "source": "市卫健委令2026年第1号",
        **changes,
    }
    return {name: value for name, value in filled.items() if value is not None}


def declare(by: Person, world: World, **changes: Any) -> Answer:
    return by.api.post(PATH, words(world, **changes))


def administrator(world: World) -> Person:
    return make_person(world.lead, Role.SYSTEM_ADMIN)


def test_the_manager_declares_for_his_alliance_and_everybody_concerned_is_told(
    world: World,
) -> None:
    answer = declare(world.manager, world)
    assert answer.status == 201, answer
    assert answer.body["prefixes"] == ["J10", "U071"]
    assert [each["name"] for each in answer.body["facilities"]] == ["仁济医院"]
    assert answer.body["in_force"] is True
    told = OutboxMessage.objects.filter(topic="event.declared")
    places = {world.clinic.pk, world.hospital.pk, world.lead.pk}
    assert {row.recipient_id for row in told} == places
    assert world.stranger.api.get(PATH).ids == world.doctor.api.get(PATH).ids


def test_whoever_is_bound_through_nested_alliances_is_told(world: World) -> None:
    township, village = make_hospital("镇卫生院"), make_facility("村卫生室")
    middle = make_alliance(township, parent=world.alliance)
    make_alliance(village, parent=middle)
    over = make_facility("已退出的机构")
    make_alliance(over, parent=middle, ends=timezone.localdate())
    assert declare(world.manager, world).status == 201
    told = OutboxMessage.objects.filter(topic="event.declared")
    places = set(told.values_list("recipient_id", flat=True))
    assert {township.pk, village.pk} < places
    assert over.pk not in places


def test_the_same_key_declares_once(world: World) -> None:
    key, body = new_key(), words(world)
    answers = [world.manager.api.post(PATH, body, key=key) for _time in range(2)]
    assert answers[0].body == answers[1].body
    assert PublicHealthEvent.objects.count() == 1


@pytest.mark.parametrize("who", ["doctor", "chief", "office", "auditor"])
def test_no_other_role_declares(world: World, who: str) -> None:
    answer = declare(getattr(world, who), world)
    assert (answer.status, answer.code) == (403, "no-permission")


def test_a_manager_speaks_for_no_other_alliance_and_no_region(world: World) -> None:
    for changes in ({}, {"alliance": None, "region": "310115"}):
        answer = declare(world.outsider, world, **changes)
        assert (answer.status, answer.code) == (403, "event-not-yours")
    event = declare(world.manager, world).body["id"]
    answer = world.outsider.api.post(f"{PATH}{event}/end/", {})
    assert (answer.status, answer.code) == (403, "event-not-yours")


def test_a_manager_fills_no_hospital_of_others(world: World) -> None:
    answer = declare(world.manager, world, facilities=[world.hospital.pk, world.outside.pk])
    assert (answer.status, answer.code) == (422, "not-designable")
    assert list(answer.body["errors"]) == ["facilities[1]"]


def test_the_administrator_declares_for_a_region_with_any_hospital(world: World) -> None:
    answer = declare(
        administrator(world),
        world,
        alliance=None,
        region="310115",
        facilities=[world.outside.pk],
    )
    assert answer.status == 201, answer
    assert answer.body["region"]["code"] == "310115"


@pytest.mark.parametrize("kind", ["centre", "closed"])
def test_only_open_treating_facilities_are_designated(world: World, kind: str) -> None:
    place = world.centre if kind == "centre" else make_hospital(is_active=False)
    answer = declare(administrator(world), world, facilities=[place.pk])
    assert (answer.status, answer.code) == (422, "not-designable")


def test_an_event_has_one_area_that_exists(world: World) -> None:
    _ = make_region()
    by = administrator(world)
    for changes, field in (
        ({"region": "310115"}, "region"),
        ({"alliance": None}, "alliance"),
        ({"alliance": None, "region": "999999"}, "region"),
        ({"alliance": world.hospital.pk}, "alliance"),
    ):
        answer = declare(by, world, **changes)
        assert (answer.status, answer.code) == (422, "event-area"), changes
        assert list(answer.body["errors"]) == [field]


@pytest.mark.parametrize(
    ("starts", "ends", "field"), [(-1, None, "starts"), (0, 0, "ends"), (2, 1, "ends")]
)
def test_an_event_begins_today_or_later(
    world: World, starts: int, ends: int | None, field: str
) -> None:
    today = timezone.localdate()
    last = None if ends is None else today + timedelta(days=ends)
    answer = declare(world.manager, world, starts=today + timedelta(days=starts), ends=last)
    assert (answer.status, answer.code) == (422, "event-term")
    assert list(answer.body["errors"]) == [field]


@pytest.mark.parametrize("prefix", ["", "10", "J", "J1000", "J10.12345", "发热", "J10%", "J%"])
def test_a_prefix_is_the_beginning_of_a_code(world: World, prefix: str) -> None:
    answer = declare(world.manager, world, prefixes=[prefix])
    assert (answer.status, answer.code) == (400, "invalid"), prefix


def test_it_ends_once_and_the_list_of_a_day_leaves_it_out(world: World) -> None:
    event = declare(world.manager, world).body["id"]
    today = {"on": str(timezone.localdate())}
    assert [str(pk) for pk in world.doctor.api.get(PATH, today).ids] == [event]
    first = world.manager.api.post(f"{PATH}{event}/end/", {})
    assert (first.status, first.body["in_force"]) == (200, False)
    again = world.manager.api.post(f"{PATH}{event}/end/", {})
    assert again.body["ended_at"] == first.body["ended_at"]
    assert OutboxMessage.objects.filter(topic="event.ended").count() == 3
    assert world.doctor.api.get(PATH, today).ids == []
    assert world.doctor.api.get(f"{PATH}{event}/").body["ended_at"] is not None


def test_an_event_that_is_not_there(world: World) -> None:
    for answer in (
        world.manager.api.get(f"{PATH}{world.hospital.pk}/"),
        world.manager.api.post(f"{PATH}{world.hospital.pk}/end/", {}),
    ):
        assert (answer.status, answer.code) == (404, "not-found")


@pytest.mark.parametrize(
    "wrong",
    [{"area": "310115"}, {"alliance_id": None}, {"prefixes": []}, {"ended_at": timezone.now()}],
    ids=["two areas", "no area", "no disease", "ended by nobody"],
)
def test_the_database_refuses_what_must_never_be(world: World, wrong: dict[str, Any]) -> None:
    today = timezone.localdate()
    values: dict[str, Any] = {
        "name": "x",
        "prefixes": ["J10"],
        "alliance_id": world.alliance.pk,
        "source": "x",
        "starts": today,
        "declared_by": world.manager.user,
        "declared_at": timezone.now(),
    }
    PublicHealthEvent.objects.create(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicHealthEvent.objects.create(**{**values, **wrong})
