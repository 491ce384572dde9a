"""The year of a roster worked out by hand: who joins, leaves and moves, money back, rounding, bad rows."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Refused
from insights.capitation import Enrolment, Payment, Settlement, Terms, settle, usual_counting_day

YEAR = 2025
EAST, WEST = "东社区", "西社区"
OWN, CENTRE, OUTSIDE = "本社区", "区域医疗中心", "网络外"
TERMS = Terms(rate=Decimal("500.00"), counting_day=1)


def day(month: int, number: int, year: int = YEAR) -> date:
    return date(year, month, number)


# Months counted on the first, as a clerk would tick them off.
ROSTER = [
    Enrolment("a", EAST, day(5, 1, 2020)),  # 12
    Enrolment("b", EAST, day(3, 15)),  # joins in March: April to December, 9
    Enrolment("c", EAST, day(1, 1, 2024), day(6, 30)),  # January to June, 6
    Enrolment("d", EAST, day(1, 1, 2024), day(6, 1)),  # still there on 1 June, 6
    Enrolment("e", EAST, day(3, 2), day(3, 30)),  # no first of a month, 0
    Enrolment("f", EAST, day(1, 1), day(7, 14)),  # moves: 7 here …
    Enrolment("f", WEST, day(7, 15)),  # … and 5 there
    Enrolment("g", EAST, day(1, 1, 2023), day(12, 31, 2024)),  # gone before the year, 0
    Enrolment("h", WEST, day(1, 1, 2026)),  # comes after it, 0
]
PAYMENTS = [
    Payment(EAST, OWN, day(1, 1), Decimal("300.10")),
    Payment(EAST, CENTRE, day(4, 2), Decimal("800.05")),
    Payment(EAST, OUTSIDE, day(12, 31), Decimal("1000")),
    Payment(EAST, CENTRE, day(12, 31), Decimal("-50.00")),  # money that came back
    Payment(WEST, OWN, day(9, 1), Decimal("100.00")),
]


def settled(roster: list[Enrolment] = ROSTER, payments: list[Payment] = PAYMENTS) -> Settlement:
    return settle(roster, payments, TERMS, year=YEAR)


def test_the_year_by_hand() -> None:
    east, west = settled().accounts
    assert (east.community, east.member_months, east.members) == (EAST, 40, 5)
    assert east.by_month == (4, 4, 4, 5, 5, 5, 3, 2, 2, 2, 2, 2)
    assert east.income == Decimal("1666.67")  # 40 × 500 / 12 = 1666.666…
    assert east.payments == {
        OWN: Decimal("300.10"),
        CENTRE: Decimal("750.05"),
        OUTSIDE: Decimal(1000),
    }
    assert east.paid == Decimal("2050.15")
    assert east.balance == Decimal("-383.48")
    assert (west.member_months, west.income, west.balance) == (
        5,
        Decimal("208.33"),
        Decimal("108.33"),
    )


def test_the_sum_is_that_of_the_rounded_accounts() -> None:
    found = settled()
    assert found.members == 5
    assert found.income == Decimal("1875.00")
    assert found.paid == Decimal("2150.15")
    assert found.balance == Decimal("-275.15")
    assert found.payments == {
        OWN: Decimal("400.10"),
        CENTRE: Decimal("750.05"),
        OUTSIDE: Decimal(1000),
    }


def test_the_counting_day_decides_who_counts() -> None:
    on_the_15th = settle(ROSTER, [], Terms(Decimal(500), counting_day=15), year=YEAR).accounts
    # b from March on (10), c to June (6), d to May (5), e in March (1), f to June (6) and from July on (6).
    assert [each.member_months for each in on_the_15th] == [12 + 10 + 6 + 5 + 1 + 6, 6]


def test_the_usual_day_is_the_first_and_waits_to_be_checked() -> None:
    found = usual_counting_day()
    assert (found.day, found.verified) == (1, False)
    assert "1日" in found.source.zh


@pytest.mark.parametrize(
    ("starts", "ends", "months"),
    [
        (day(6, 1), None, 7),
        (day(6, 2), None, 6),
        (day(1, 1), day(6, 1), 6),
        (day(1, 1), day(5, 31), 5),
        (day(6, 1), day(6, 1), 1),
        (day(12, 2), None, 0),
    ],
)
def test_the_borders_of_a_month(starts: date, ends: date | None, months: int) -> None:
    found = settled([Enrolment("a", EAST, starts, ends)], [])
    assert found.accounts[0].member_months == months


def test_half_a_fen_goes_up_and_once_a_community() -> None:
    terms = Terms(rate=Decimal("0.06"), counting_day=1)  # half a fen a month
    rosters = [Enrolment(str(number), EAST, day(12, 1)) for number in range(3)]
    assert settle(rosters[:1], [], terms, year=YEAR).income == Decimal("0.01")
    # Three halves are 1.5 and go up to 2, not three times 1.
    assert settle(rosters, [], terms, year=YEAR).income == Decimal("0.02")


def test_a_year_that_is_not_over() -> None:
    found = settle(ROSTER, PAYMENTS[:2], TERMS, year=YEAR, through=4)
    # January to April: a 4, b 1, c 4, d 4, f 4.
    assert found.accounts[0].member_months == 17
    assert len(found.accounts[0].by_month) == 4


def test_a_community_with_payments_and_no_roster_is_shown() -> None:
    found = settled([], [Payment("北社区", OWN, day(2, 28), Decimal(7))])
    assert [(each.community, each.income, each.balance) for each in found.accounts] == [
        ("北社区", Decimal("0.00"), Decimal("-7.00"))
    ]


def test_nothing_at_all_is_an_empty_settlement() -> None:
    found = settled([], [])
    assert (found.accounts, found.income, found.balance) == ([], Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("roster", "code"),
    [
        ([Enrolment("a", EAST, day(1, 1)), Enrolment("a", WEST, day(6, 1))], "enrolled-twice"),
        ([Enrolment("a", EAST, day(1, 1)), Enrolment("a", EAST, day(1, 1))], "enrolled-twice"),
        ([Enrolment("a", EAST, day(2, 1), day(1, 31))], "enrolment-reversed"),
    ],
)
def test_a_roster_that_cannot_be(roster: list[Enrolment], code: str) -> None:
    with pytest.raises(Refused) as refused:
        settled(roster, [])
    assert refused.value.code == code


def test_who_moves_within_a_month_is_in_no_two_places() -> None:
    roster = [Enrolment("a", EAST, day(1, 1), day(6, 20)), Enrolment("a", WEST, day(6, 10))]
    assert [each.member_months for each in settled(roster, []).accounts] == [6, 6]


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        (Payment(EAST, OWN, day(1, 1, 2026), Decimal(1)), "payment-outside"),
        (Payment(EAST, OWN, day(12, 31, 2024), Decimal(1)), "payment-outside"),
        (Payment(EAST, OWN, day(1, 1), Decimal("0.001")), "payment-impossible"),
        (Payment(EAST, OWN, day(1, 1), Decimal("NaN")), "payment-impossible"),
        (Payment(EAST, OWN, day(1, 1), Decimal("Infinity")), "payment-impossible"),
        (Payment(EAST, OWN, day(1, 1), Decimal("1e30")), "payment-impossible"),
    ],
)
def test_a_payment_that_cannot_be(payment: Payment, code: str) -> None:
    with pytest.raises(Refused) as refused:
        settled([], [PAYMENTS[0], payment])
    assert refused.value.code == code
    assert "2" in str(refused.value.detail)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (Terms(Decimal(-1), 1), "rate-impossible"),
        (Terms(Decimal("0.005"), 1), "rate-impossible"),
        (Terms(Decimal("NaN"), 1), "rate-impossible"),
        (Terms(Decimal(1), 0), "counting-day-impossible"),
        (Terms(Decimal(1), 29), "counting-day-impossible"),
    ],
)
def test_terms_that_cannot_be(terms: Terms, code: str) -> None:
    with pytest.raises(Refused) as refused:
        settle([], [], terms, year=YEAR)
    assert refused.value.code == code


@given(
    st.lists(
        st.tuples(st.sampled_from([EAST, WEST]), st.integers(1, 12), st.integers(1, 12)),
        max_size=30,
    )
)
def test_what_is_paid_out_is_what_comes_in(rows: list[tuple[str, int, int]]) -> None:
    """Over all communities: months as counted one by one, and income less payments is the balance."""
    roster = [
        Enrolment(str(number), community, day(min(one, two), 1), day(max(one, two), 28))
        for number, (community, one, two) in enumerate(rows)
    ]
    found = settled(roster, PAYMENTS)
    assert sum(each.member_months for each in found.accounts) == sum(
        abs(one - two) + 1 for _, one, two in rows
    )
    assert (
        found.income - found.paid == found.balance == sum(each.balance for each in found.accounts)
    )
