"""Reference data: regions, treatment subjects, categories, and the codes of institutions."""

import csv
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation

from facilities import catalogue
from facilities.actions.reference import load_regions
from facilities.codes import normal_uscc, validate_uscc
from facilities.models import Region
from facilities.queries import directory as queries
from facilities.vocabulary import CATEGORY_PATTERN, REGION_PATTERN, SPECIALTY_PATTERN


@pytest.mark.django_db
def test_load_reference_is_idempotent_and_corrects(
    capsys: pytest.CaptureFixture[str], django_assert_max_num_queries: Any
) -> None:
    Region.objects.create(code="310115", name="旧名", level="county", revision="1990")
    Region.objects.create(code="999999", name="已删", level="county", revision="1990")
    with django_assert_max_num_queries(8):
        count = load_regions()
    kept = Region.objects.get(code="310115")
    assert (kept.name, kept.parent_id, kept.revision) == ("浦东新区", "310100", "2023")
    call_command("load_reference")
    assert str(count) in capsys.readouterr().out
    assert Region.objects.count() == count + 1


@pytest.mark.django_db
def test_the_edge_cases_of_the_divisions_are_there() -> None:
    load_regions()
    expected = {
        "310000": ("province", None),
        "310100": ("prefecture", "310000"),
        "310115": ("county", "310100"),
        "310115132": ("township", "310115"),
        "441900": ("prefecture", "440000"),
        "441900003": ("township", "441900"),
        "442000": ("prefecture", "440000"),
        "460400": ("prefecture", "460000"),
        "620200": ("prefecture", "620000"),
        "429004": ("county", "429000"),
        "659001": ("county", "659000"),
        "710000": ("province", None),
        "820000": ("province", None),
    }
    found = {row.code: (row.level, row.parent_id) for row in Region.objects.all()}
    assert {code: found[code] for code in expected} == expected
    assert sum(level == "province" for level, _parent in found.values()) == 34
    ended = Region.objects.get(code="310119")
    assert (ended.name, ended.ended) == ("南汇区", 2009)


def test_regions_file_is_whole() -> None:
    path = catalogue.REFERENCE / "regions.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    known = set(codes)
    for row in rows:
        assert re.fullmatch(REGION_PATTERN, row["code"])
        assert not row["parent"] or row["parent"] in known
        assert bool(row["parent"]) != (row["level"] in {"nation", "province"})


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("000000", ""),
        ("310000", "31"),
        ("310100", "3101"),
        ("310115", "310115"),
        ("110110", "110110"),
        ("441900", "4419"),
        ("310115132", "310115132"),
        ("310115132001", "310115132001"),
        ("310115132000", "310115132"),
    ],
)
def test_region_prefix(code: str, prefix: str) -> None:
    assert queries.region_prefix(code) == prefix


def test_specialties() -> None:
    listed = catalogue.specialties()
    assert all(re.fullmatch(SPECIALTY_PATTERN, code) for code in listed)
    assert {code[:2] for code in listed} <= set(listed)
    assert all(entry.name and entry.name_en for entry in listed.values())
    assert listed["03.04"].name == "心血管内科专业"
    with translation.override("en"):
        assert str(listed["50"]) == "Traditional Chinese Medicine"
    with translation.override("zh-hans"):
        assert str(listed["50"]) == "中医科"


def test_categories() -> None:
    listed = catalogue.categories()
    assert all(re.fullmatch(CATEGORY_PATTERN, code) for code in listed)
    verified = {code for code, entry in listed.items() if entry.verified}
    assert verified == {"A100", "A210", "A300", "C100", "C210", "C220"}
    group = catalogue.category("A533")
    assert group is not None
    assert group.code == "A500"
    exact = catalogue.category("A511")
    assert exact is not None
    assert exact.name == "口腔医院"
    assert catalogue.category("R100") is None


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_a_right_uscc(code: str) -> None:
    assert normal_uscc(f" {code.lower()} ") == code
    validate_uscc(code)


@pytest.mark.parametrize(
    "code",
    ["91350100M000100Y44", "91350100M000100Y4", "91350100M000100Y4I", "", "9135 0100M000100Y4O"],
)
def test_a_wrong_uscc(code: str) -> None:
    with pytest.raises(ValidationError):
        normal_uscc(code)


def test_a_uscc_is_stored_in_its_normal_form() -> None:
    with pytest.raises(ValidationError):
        validate_uscc("91350100m000100y43")
