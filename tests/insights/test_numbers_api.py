"""The door to the indicators: whose numbers one sees, how they are asked for, and the rows behind them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from insights.actions import count_changes
from insights.indicators import definitions
from insights.statements import stated
from referral.models import FollowUp
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.keeping import as_made, kept

pytestmark = pytest.mark.django_db
ACCEPTANCE = "/indicators/acceptance-rate/"


def count() -> None:
    while count_changes(now=timezone.now() + timedelta(seconds=1)):
        pass
    as_system()


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Two accepted, one declined, one cancelled, and one on its way, from one clinic to one hospital."""
    with kept(django_db_blocker):
        world = World()
        for status in (
            Status.ACCEPTED,
            Status.ARRIVED,
            Status.DECLINED,
            Status.CANCELLED,
            Status.SUBMITTED,
        ):
            world.at(status)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


def ask(who: Person, address: str = ACCEPTANCE, **query: Any) -> dict[str, Any]:
    answer = who.api.get(address, query)
    assert answer.status == 200, answer.body
    return answer.body


def test_all_definitions_say_what_they_are(world: World) -> None:
    listed = ask(world.doctor, "/indicators/")["results"]
    assert [each["code"] for each in listed] == [*definitions(), *stated()]
    for each in listed:
        assert all(each[part] for part in ("name", "formula", "counted_on", "source"))
        assert bool(each["counts"]) == (each["kind"] != "statement")


def test_both_ends_and_the_manager_see_the_same_number(counted: World) -> None:
    """The cancelled one counts nowhere."""
    for who, query in (
        (counted.office, {}),
        (counted.doctor, {"side": "sent"}),
        (counted.manager, {}),
        (counted.manager, {"alliance": counted.alliance.pk}),
    ):
        found = ask(who, **query)
        assert (found["numerator"], found["denominator"], found["n"]) == (2, 4, 4)
        assert found["value"] == 50
        assert found["reason"] is None
        assert found["year_before"]["value"] is None
        assert found["year_before"]["reason"] == "zero-denominator"


def test_a_stranger_sees_his_own_and_nothing_of_others(counted: World) -> None:
    assert ask(counted.stranger)["denominator"] == 0
    for query in (
        {"facility": counted.hospital.pk},
        {"alliance": counted.alliance.pk},
        {"region": counted.region.code[:6]},
    ):
        assert counted.stranger.api.get(ACCEPTANCE, query).status == 404
        assert counted.outsider.api.get(ACCEPTANCE, query).status == 404
    assert counted.doctor.api.get(ACCEPTANCE, {"facility": counted.hospital.pk}).status == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"period": "2026-13"}, "unknown-period"),
        ({"period": "2026-W54"}, "unknown-period"),
        ({"period": "1066"}, "unknown-period"),
        ({"first": "2026-02-01"}, "unknown-period"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "unknown-period"),
        ({"first": "2001-02-02", "last": "2026-02-01"}, "unknown-period"),
        (
            {"alliance": "01a203fc-07af-7e62-8626-009c00000000", "region": "310115"},
            "one-scope-only",
        ),
        ({"by": "colour"}, ""),
        ({"colour": "red"}, ""),
    ],
)
def test_what_is_no_question_is_refused(world: World, query: dict[str, str], code: str) -> None:
    answer = world.manager.api.get(ACCEPTANCE, query)
    assert answer.status == 400
    assert not code or answer.code == code


@pytest.mark.parametrize(
    "by", ["disease", "urgency", "edge", "sender", "doctor", "department", "period"]
)
def test_parts_have_names_and_add_up(counted: World, by: str) -> None:
    found = ask(counted.office, by=by)
    parts = found["breakdown"]
    assert all(each["label"] for each in parts)
    assert sum(each["denominator"] for each in parts) == 4
    assert sum(each["numerator"] for each in parts) == 2


def test_the_rows_behind_each_part_of_a_number(counted: World) -> None:
    address = f"{ACCEPTANCE}referrals/"
    for who, query in (
        (counted.office, {}),
        (counted.doctor, {"side": "sent"}),
        (counted.manager, {}),
    ):
        top = ask(who, address, **query)["results"]
        assert {each["status"] for each in top} == {"accepted", "arrived"}
        below = ask(who, address, part="denominator", **query)["results"]
        assert len(below) == 4
        first = ask(who, address, part="denominator", limit=3, **query)
        assert len(first["results"]) == 3
        assert first["next"]
    part = ask(counted.office, address, part="denominator", by="disease", value="I10")
    assert len(part["results"]) == 4
    none = ask(counted.office, address, part="denominator", by="disease", value="E11")
    assert none["results"] == []


def test_a_manager_sees_no_names_behind_a_number(counted: World) -> None:
    rows = ask(counted.manager, f"{ACCEPTANCE}referrals/")["results"]
    assert all(each["patient"] is None for each in rows)


def test_a_manager_sees_no_few_persons_of_a_member(counted: World) -> None:
    """Whose rows are not all open to him; four patients are too few, of a member as of a part of it."""
    found = ask(counted.manager, facility=counted.hospital.pk, by="disease")
    assert found["value"] is None
    assert found["reason"] == "suppressed"
    assert [each["reason"] for each in found["breakdown"]] == ["suppressed"]
    for _each in range(3):
        counted.at(Status.ACCEPTED)
        counted.at(Status.DECLINED)
    count()
    found = ask(counted.manager, facility=counted.hospital.pk)
    assert (found["numerator"], found["denominator"]) == (5, 10)


def test_a_share_of_many_tells_a_manager_of_few_neither_above_nor_below(counted: World) -> None:
    """Twelve were referred, of whom one was declined: neither is that one shown, nor are eleven of twelve."""
    for _each in range(8):
        counted.at(Status.ACCEPTED)
    count()
    for code in ("decline-rate", "acceptance-rate"):
        address = f"/indicators/{code}/"
        own = ask(counted.office, address)
        assert (own["denominator"], own["reason"]) == (12, None)
        for by in ("disease", "period"):
            found = ask(counted.manager, address, facility=counted.hospital.pk, by=by)
            assert (found["numerator"], found["denominator"]) == (None, None)
            assert {each["reason"] for each in found["breakdown"]} == {"suppressed"}


def test_what_needs_imported_figures_says_so(counted: World) -> None:
    found = ask(counted.doctor, "/indicators/up-rate/")
    assert (found["numerator"], found["value"], found["reason"]) == (1, None, "volumes-missing")
    found = ask(counted.doctor, "/indicators/up-rate/", period="2026-W10")
    assert found["reason"] == "volumes-monthly"


def test_few_persons_with_contacts_are_not_told(counted: World) -> None:
    """Of a clinic that received six back and follows one up, the one is not shown to whoever may not see the rows."""
    for _each in range(5):
        counted.returning(Status.ARRIVED)
    leg = counted.returning(Status.ARRIVED)
    today = timezone.localdate()
    FollowUp.objects.create(
        referral=leg, facility=counted.clinic, due_on=today, created_at=timezone.now()
    )
    count()
    address = "/indicators/follow-up-rate/"
    assert ask(counted.doctor, address)["denominator"] >= 1
    assert ask(counted.manager, address, facility=counted.clinic.pk)["reason"] == "suppressed"
    received = ask(counted.manager, facility=counted.clinic.pk, side="received")
    assert (received["denominator"], received["reason"]) == (6, None)


def test_reported_figures_tell_of_nobody(counted: World) -> None:
    found = ask(counted.manager, "/indicators/primary-visit-share/", facility=counted.clinic.pk)
    assert found["reason"] == "volumes-missing"


def test_few_persons_of_the_period_before_are_not_told(counted: World) -> None:
    """Four were referred today, six come tomorrow: tomorrow's number may be told, today's beside it may not."""
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
        for _each in range(6):
            counted.at(Status.ACCEPTED)
        count()
        day = str(timezone.localdate())
        found = ask(counted.manager, facility=counted.hospital.pk, period=day)
    assert (found["denominator"], found["reason"]) == (6, None)
    assert found["before"]["reason"] == "suppressed"
    assert found["before"]["numerator"] is None
