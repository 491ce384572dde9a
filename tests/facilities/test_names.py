"""What a typed text finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilities import names
from facilities.models import Facility
from tests.facilities.factories import make_facility


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("周浦医院", "zhoupuyiyuan", "zpyy"),
        ("重庆市第一人民医院", "chongqingshidiyirenminyiyuan", "cqsdyrmyy"),
        ("CT中心 (东院)", "ctzhongxindongyuan", "ctzxdy"),
        ("第3医院", "di3yiyuan", "d3yy"),
        ("", "", ""),
    ],
)
def test_spellings(name: str, pinyin: str, initials: str) -> None:
    assert names.spellings(name) == (pinyin, initials)


def test_pieces_are_runs_of_one_and_two_characters() -> None:
    assert names.pieces("周浦A", "") == ["a", "周", "周浦", "浦", "浦a"]


@given(st.text(max_size=120), st.text(max_size=60))
def test_any_name_fits_its_columns(name: str, short_name: str) -> None:
    pinyin, initials = names.spellings(name)
    assert len(pinyin) <= names.PINYIN_LENGTH
    assert len(initials) <= names.INITIALS_LENGTH
    assert all(len(piece) <= 2 for piece in names.pieces(name, short_name))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("浦", {"A", "B"}),
        ("周浦", {"A"}),
        ("浦东 医院", {"B"}),
        ("人民医院", {"B"}),
        ("东区", {"A"}),
        ("医浦", set()),
        ("zhoupu", {"A"}),
        ("zhou pu", {"A"}),
        ("ZP", {"A"}),
        ("zpsq", {"A"}),
        ("pdx", {"B"}),
        ("h-b", {"B"}),
        ("%", set()),
        ("_", set()),
        ("周%", set()),
        ("'", set()),
        ("\\", set()),
    ],
)
def test_matching(text: str, found: set[str]) -> None:
    make_facility("周浦社区卫生服务中心", code="H-A", short_name="东区中心")
    make_facility("上海市浦东新区人民医院", code="H-B")
    rows = Facility.objects.filter(names.matching(text))
    assert {row.code.removeprefix("H-") for row in rows} == found


@pytest.mark.django_db
def test_search_columns_follow_the_name() -> None:
    facility = make_facility("甲医院")
    facility.name = "乙医院"
    facility.save(update_fields=["name"])
    facility.refresh_from_db()
    assert (facility.initials, "乙医" in facility.terms) == ("yyy", True)
    facility.phone = "1"
    facility.save(update_fields=["phone"])
    facility.short_name = "丙"
    facility.save(update_fields=["short_name"])
    facility.refresh_from_db()
    assert "丙" in facility.terms
