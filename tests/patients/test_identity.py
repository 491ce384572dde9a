"""Document and telephone numbers: check digits, forms, and what they say about a person."""

from datetime import date

import pytest
from stdnum.cn import ric

from patients import identity
from patients.identity import InvalidIdentifier, normalised, normalised_phone
from patients.models import Gender, IdentifierKind
from patients.synthetic import YOUNGEST, people

EXAMPLE = "11010519491231002X"  # GB 11643-1999, annex


@pytest.mark.parametrize(
    ("number", "born", "gender", "region"),
    [
        (EXAMPLE, date(1949, 12, 31), Gender.FEMALE, "110105"),
        ("360426199101010071", date(1991, 1, 1), Gender.MALE, "360426"),
    ],
)
def test_published_numbers_are_read(number: str, born: date, gender: Gender, region: str) -> None:
    facts = identity.resident_facts(number)
    assert (facts.birth_date, facts.gender, facts.region_code) == (born, gender, region)


@pytest.mark.parametrize("position", range(17))
def test_each_single_wrong_digit_is_noticed(position: int) -> None:
    for digit in "0123456789":
        if digit != EXAMPLE[position]:
            wrong = EXAMPLE[:position] + digit + EXAMPLE[position + 1 :]
            with pytest.raises(InvalidIdentifier):
                identity.resident_facts(wrong)


def test_each_swap_of_neighbours_is_noticed() -> None:
    for index in range(17):
        left, right = EXAMPLE[index], EXAMPLE[index + 1]
        if left != right:
            swapped = EXAMPLE[:index] + right + left + EXAMPLE[index + 2 :]
            with pytest.raises(InvalidIdentifier):
                identity.resident_facts(swapped)


def test_the_check_character_agrees_with_an_independent_library() -> None:
    for _index, someone in zip(range(500), people(), strict=False):
        assert ric.calc_check_digit(someone.resident_id) == someone.resident_id[17]


@pytest.mark.parametrize(
    "number",
    [
        "",
        "11010519491231002",
        "11010519491231002Y",
        "990105194912310021",
        "１１010519491231002X"[:17],
        "110105194902300027",  # 30 February
        "11010519491331002X",  # month 13
    ],
)
def test_what_cannot_be_a_resident_id_is_refused(number: str) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        normalised(IdentifierKind.RESIDENT_ID, number)
    assert number == "" or number not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (IdentifierKind.RESIDENT_ID, " 110105 19491231 002x ", EXAMPLE),
        (IdentifierKind.RESIDENT_ID, "１１０１０５１９４９１２３１００２Ｘ", EXAMPLE),
        (IdentifierKind.PASSPORT, "e 1234 5678", "E12345678"),
        (IdentifierKind.HK_MACAU_PERMIT, "h1234567801", "H1234567801"),
        (IdentifierKind.HK_MACAU_PERMIT, "M12345678", "M12345678"),
        (IdentifierKind.TAIWAN_PERMIT, "12345678", "12345678"),
        (IdentifierKind.TAIWAN_PERMIT, "1234567801(B)", "1234567801B"),
        (IdentifierKind.FOREIGN_PERMANENT, "usa110077010101", "USA110077010101"),
        (IdentifierKind.MILITARY, "军字第2001988号", "军字2001988"),
        (IdentifierKind.BIRTH_CERTIFICATE, "p310123456", "P310123456"),
        (IdentifierKind.HEALTH_RECORD, "310115-001-001-00012", "31011500100100012"),
        (IdentifierKind.INSURANCE, "sh 1234567", "SH1234567"),
    ],
)
def test_numbers_are_brought_into_one_form(kind: IdentifierKind, typed: str, stored: str) -> None:
    assert normalised(kind, typed) == stored
    assert normalised(kind, stored) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (IdentifierKind.PASSPORT, "PASSPORT"),
        (IdentifierKind.PASSPORT, "E1"),
        (IdentifierKind.PASSPORT, "E１２３４５६७८९"),
        (IdentifierKind.HK_MACAU_PERMIT, "X12345678"),
        (IdentifierKind.TAIWAN_PERMIT, "1234567"),
        (IdentifierKind.FOREIGN_PERMANENT, "911124198108030025"),  # wrong check character
        (IdentifierKind.MILITARY, "军字第号"),
        (IdentifierKind.BIRTH_CERTIFICATE, "310123456"),
        (IdentifierKind.HEALTH_RECORD, "3101150010010001"),
        (IdentifierKind.INSURANCE, "12"),
    ],
)
def test_wrong_forms_are_refused(kind: IdentifierKind, typed: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalised(kind, typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("0086 21 58880000", "02158880000"),
        ("(021) 5888 0000", "02158880000"),
        ("0838-2345301", "08382345301"),
        ("95555", "95555"),
        ("120", "120"),
        ("+1 415 555 0100", "+14155550100"),
    ],
)
def test_telephone_numbers_are_brought_into_one_form(typed: str, stored: str) -> None:
    assert normalised_phone(typed) == stored


@pytest.mark.parametrize(
    "typed", ["1", "12812345678", "138123456789", "abc", "+12", "58880000", "’"]
)
def test_what_nobody_can_dial_is_refused(typed: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalised_phone(typed)


def test_a_blind_index_depends_on_the_kind() -> None:
    first = identity.identifier_index(IdentifierKind.PASSPORT, "E12345678")
    assert len(first) == 32
    assert first == identity.identifier_index(IdentifierKind.PASSPORT, "E12345678")
    assert first != identity.identifier_index(IdentifierKind.INSURANCE, "E12345678")
    assert first != identity.phone_index("E12345678")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 11, 21), date(2026, 11, 20), 13),
        (date(2012, 11, 21), date(2026, 11, 21), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2026, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_age_changes_on_the_birthday(born: date, day: date, age: int) -> None:
    assert identity.age_on(born, day) == age
    assert identity.needs_guardian(born, day) is (age < 14)


def test_invented_people_are_well_formed_different_and_repeatable() -> None:
    crowd = [someone for _index, someone in zip(range(5000), people(seed=3), strict=False)]
    again = [someone for _index, someone in zip(range(50), people(seed=3), strict=False)]
    assert crowd[:50] == again
    assert len({someone.resident_id for someone in crowd}) == len(crowd)
    assert len({someone.phone for someone in crowd}) == len(crowd)
    for someone in crowd:
        facts = identity.resident_facts(someone.resident_id)
        assert (facts.birth_date, facts.gender) == (someone.birth_date, someone.gender)
        assert facts.region_code.endswith("99")
        assert someone.birth_date <= YOUNGEST
        assert normalised_phone(someone.phone) == someone.phone
