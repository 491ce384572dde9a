"""Capitation from reported months: a hand-computed balance, what is missing is named, and who sees and sets it."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from insights.models import CapitationAgreement
from tests.factories import Person, World, as_system, new_key
from tests.insights.ahead import agree, report
from tests.insights.figures import send, table

pytestmark = pytest.mark.django_db
ADDRESS: Final = "/capitation/"
AGREEMENTS: Final = "/capitation/agreements/"
PERIOD: Final = {"first": "2025-01", "last": "2025-03"}
ALL_MONTHS: Final = (date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1))


def read(who: Person, **query: Any) -> dict[str, Any]:
    answer = who.api.get(ADDRESS, query or PERIOD)
    as_system()
    assert answer.status == 200, answer.body
    return answer.body


def agreed(world: World, **said: Any) -> dict[str, Any]:
    return {
        "alliance": world.alliance.pk,
        "starts": "2025-01",
        "rate": "600.00",
        "source": "按人头付费协议1号",
        "communities": [world.clinic.pk],
        **said,
    }


def quarter(world: World) -> None:
    """Report a quarter of two communities.

    By hand: the clinic has 100 + 100 + 101 members in three months, 301 × 600 / 12 = 15,050.00, and was paid
    1,000.10 + 2,000.00 + 0 + 500.05 in each, 10,500.45 in all: 4,549.55 are left. The sister has 10 members a
    month, 1,500.00, and was paid 600.00 in each: −300.00.
    """
    agree(world, world.clinic, world.sister)
    for month, members in zip(ALL_MONTHS, (100, 100, 101), strict=True):
        report(world, world.clinic, month, members, "1000.10", "2000", "0", "500.05")
        report(world, world.sister, month, 10, "100", "200", "300", "0")


def test_the_balance_is_the_one_worked_out_by_hand(world: World) -> None:
    quarter(world)
    found = read(world.manager)
    accounts = {line["name"]: line for line in found["lines"]}
    clinic, sister = accounts[world.clinic.name], accounts[world.sister.name]
    assert (clinic["member_months"], clinic["income"]) == (301, "15050.00")
    assert [each["amount"] for each in clinic["payments"]] == [
        "3000.30",
        "6000.00",
        "0.00",
        "1500.15",
    ]
    assert (clinic["paid"], clinic["balance"]) == ("10500.45", "4549.55")
    assert (sister["income"], sister["paid"], sister["balance"]) == (
        "1500.00",
        "1800.00",
        "-300.00",
    )
    assert found["complete"]
    assert (found["member_months"], found["income"]) == (331, "16550.00")
    assert (found["paid"], found["balance"]) == ("12300.45", "4249.55")


def test_a_line_opens_onto_its_months(world: World) -> None:
    quarter(world)
    [clinic] = [line for line in read(world.manager)["lines"] if line["name"] == world.clinic.name]
    assert [each["members"] for each in clinic["months"]] == [100, 100, 101]
    assert clinic["months"][2]["payments"][3] == {
        "destination": "capitation_paid_outside",
        "name": clinic["payments"][3]["name"],
        "amount": "500.05",
    }


def test_one_missing_figure_is_named_and_there_is_no_sum(world: World) -> None:
    """A reported 0 is a figure, and what was not reported is never one."""
    quarter(world)
    found = read(world.manager, first="2025-01", last="2025-04")
    assert not found["complete"]
    assert [found[name] for name in ("member_months", "income", "paid", "balance")] == [None] * 4
    [clinic] = [line for line in found["lines"] if line["name"] == world.clinic.name]
    assert clinic["balance"] is None
    assert next((each["kind"], each["month"]) for each in clinic["missing"]) == (
        "capitation_members",
        "2025-04",
    )
    assert len(clinic["missing"]) == 5
    report(world, world.clinic, date(2025, 4, 1), 0, "0", "0", "0", "0")
    found = read(world.manager, first="2025-01", last="2025-04")
    [clinic] = [line for line in found["lines"] if line["name"] == world.clinic.name]
    assert clinic["balance"] == "4549.55"
    assert found["balance"] is None, "the sister has not reported April"


def test_a_rate_that_changes_within_the_year_counts_from_its_month_on(world: World) -> None:
    agree(world, world.clinic)
    agree(world, world.clinic, starts=date(2025, 3, 1), rate=Decimal("700.01"))
    for month in ALL_MONTHS:
        report(world, world.clinic, month, 7, "0", "0", "0", "0")
    found = read(world.manager)
    # 7 × (600 + 600 + 700.01) / 12 = 1108.339…
    assert found["balance"] == "1108.34"
    assert [each["rate"] for each in found["lines"][0]["months"]] == ["600.00", "600.00", "700.01"]


def test_months_without_an_agreement_are_named_and_not_settled(world: World) -> None:
    quarter(world)
    found = read(world.manager, first="2024-12", last="2025-03")
    assert (found["unagreed"], found["balance"]) == (["2024-12"], None)
    assert read(world.manager, first="2020-01", last="2020-02")["lines"] == []


def test_a_later_agreement_replaces_and_stays_as_history(world: World) -> None:
    agree(world, world.clinic)
    agree(world, world.clinic, starts=date(2026, 1, 1), rate=Decimal(650))
    agree(world, world.sister, starts=date(2025, 7, 1), rate=Decimal(640))
    rows = world.manager.api.get(AGREEMENTS).results
    assert [(row["starts"], row["ends"], row["replaced"], row["rate"]) for row in rows] == [
        ("2025-07", None, False, "640.00"),
        ("2026-01", "2026-01", True, "650.00"),
        ("2025-01", "2025-07", False, "600.00"),
    ]
    assert rows[0]["set_by"] == world.manager.user.full_name


def test_two_agreements_never_hold_at_once(world: World) -> None:
    agree(world, world.clinic)
    as_system()
    row = CapitationAgreement.objects.get()
    again = CapitationAgreement(
        alliance_id=row.alliance_id,
        starts=date(2025, 6, 1),
        rate=1,
        counting_day=1,
        source="x",
        set_at=row.set_at,
    )
    with pytest.raises(IntegrityError, match="agreement_one_at_a_time"), transaction.atomic():
        again.save(force_insert=True)


def test_who_sees_and_who_sets(world: World) -> None:
    """Who looks over the alliance; who works in it has no right, of another alliance it is not there."""
    alliance = world.alliance.pk
    assert world.manager.api.post(AGREEMENTS, agreed(world)).status == 201
    as_system()
    for who in (world.doctor, world.office, world.chief, world.stranger, world.auditor):
        assert who.api.get(ADDRESS).status == 403
        assert who.api.get(AGREEMENTS).status == 403
        assert who.api.post(AGREEMENTS, agreed(world)).status == 403
    query = {"alliance": alliance, **PERIOD}
    assert world.outsider.api.get(ADDRESS, query).status == 404
    assert world.outsider.api.get(AGREEMENTS, {"alliance": alliance}).status == 404
    assert world.outsider.api.post(AGREEMENTS, agreed(world)).status == 404
    as_system()
    assert CapitationAgreement.objects.count() == 1
    assert Event.objects.filter(what="capitation.agree").count() == 1


def test_a_repeated_request_sets_it_once(world: World) -> None:
    key = new_key()
    first = world.manager.api.post(AGREEMENTS, agreed(world), key=key)
    second = world.manager.api.post(AGREEMENTS, agreed(world), key=key)
    assert (first.status, second.status, first.body) == (201, 201, second.body)
    as_system()
    assert CapitationAgreement.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"starts": "1999-12"}, 422, "agreement-month"),
        ({"starts": "2030-01"}, 422, "agreement-month"),
        ({"starts": "2026-13"}, 400, ""),
        ({"rate": "0.00"}, 400, ""),
        ({"rate": "1.005"}, 400, ""),
        ({"counting_day": 29}, 400, ""),
        ({"communities": []}, 400, ""),
        ({"source": " "}, 400, ""),
    ],
)
def test_what_cannot_be_agreed(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = world.manager.api.post(AGREEMENTS, agreed(world, **changes))
    assert answer.status == status
    assert not code or answer.code == code


def test_only_members_are_paid(world: World) -> None:
    body = agreed(world, communities=[world.clinic.pk, world.stranger_clinic.pk])
    assert world.manager.api.post(AGREEMENTS, body).code == "agreement-communities"


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2025-03", "last": "2025-01"},
        {"first": "2020-01", "last": "2023-01"},
        {"first": "0000-01", "last": "0000-02"},
        {"first": "1999-01", "last": "1999-02"},
        {"first": "2025-1"},
    ],
)
def test_what_is_no_range_of_months(world: World, query: dict[str, str]) -> None:
    assert world.manager.api.get(ADDRESS, query).status == 400


def test_three_years_are_not_too_long(world: World) -> None:
    assert len(read(world.manager, first="2020-01", last="2022-12")["months"]) == 36


def test_the_figures_come_by_file_and_nobody_else_is_reminded(world: World) -> None:
    sent = send(
        world.chief,
        table(
            (world.clinic.code, "按人头付费参保人数", "2025-01", 100),
            (world.clinic.code, "capitation_paid_own", "2025-01", "12.50"),
            (world.clinic.code, "capitation_paid_alliance", "2025-01", 0),
            (world.clinic.code, "capitation_paid_inside", "2025-01", 0),
            (world.clinic.code, "capitation_paid_outside", "2025-01", 0),
        ),
    )
    assert sent.body["state"] == "imported"
    agree(world, world.clinic)
    found = read(world.manager, first="2025-01", last="2025-01")
    assert (found["income"], found["balance"]) == ("5000.00", "4987.50")
