"""The masking table of domain.md 8.4, row by row."""

import pytest

from patients import masking
from patients.models import IdentifierKind
from patients.synthetic import people


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("李小明", "李**"),
        ("欧阳修文", "欧阳**"),
        ("欧阳修", "欧阳*"),
        ("诸葛亮", "诸葛*"),
        ("单雄信", "单**"),
        ("单于", "单*"),
        ("阿依古丽·买买提", "阿**"),
        ("王", "王*"),
        ("Maria Perez", "M***"),
        ("  张三 ", "张*"),
        ("", ""),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert masking.name(name) == shown


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (IdentifierKind.RESIDENT_ID, "11010519491231002X", "110105********002X"),
        (IdentifierKind.PASSPORT, "E12345678", "E******78"),
        (IdentifierKind.HK_MACAU_PERMIT, "H1234567801", "H********01"),
        (IdentifierKind.HEALTH_RECORD, "31011500100100012", "*************0012"),
        (IdentifierKind.INSURANCE, "SH1234567", "*****4567"),
        (IdentifierKind.INSURANCE, "123456", "**3456"),
    ],
)
def test_identifiers(kind: IdentifierKind, value: str, shown: str) -> None:
    assert masking.identifier(kind, value) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("08382345301", "0838-****301"),
        ("02158880123", "021-*****123"),
        ("+14155550100", "**********00"),
        ("95555", "***55"),
    ],
)
def test_telephones(number: str, shown: str) -> None:
    assert masking.phone(number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("上海市浦东新区张江镇科苑路88号3栋201室", "上海市浦东新区张江镇****"),
        ("四川省德阳市旌阳区孝泉镇涌泉村3组12号", "四川省德阳市旌阳区孝泉镇涌泉村****"),
        ("北京市海淀区中关村大街1号", "北京市海淀区中关村****"),
        ("和平路12号", "和平路****"),
        ("浦东新区12号", "浦东新区****"),
        ("新桥镇", "新桥镇****"),
        ("某处", "某****"),
        ("", ""),
    ],
)
def test_addresses(address: str, shown: str) -> None:
    assert masking.address(address) == shown


def test_at_least_a_third_of_every_number_stays_hidden() -> None:
    for kind in IdentifierKind:
        for length in range(2, 31):
            shown = masking.identifier(kind, "1" * length)
            assert len(shown) == length
            assert shown.count("*") * 3 >= length


def test_no_invented_person_can_be_read_from_the_masks() -> None:
    for _index, someone in zip(range(300), people(), strict=False):
        assert someone.name not in masking.name(someone.name)
        assert someone.resident_id[6:14] not in masking.identifier(
            IdentifierKind.RESIDENT_ID, someone.resident_id
        )
        assert someone.phone[3:7] not in masking.phone(someone.phone).replace("*", " ")
        assert "号" not in masking.address(someone.address)
