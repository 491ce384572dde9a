"""A data file with mistakes is refused with every mistake named."""

import pytest
from django.core.management import CommandError, call_command

from scenarios import files

GOOD = (files.FOLDER / "pudong.toml").read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(files.BadScenario) as caught:
        files.parse(text)
    return caught.value.problems


def test_the_shipped_file_is_good() -> None:
    scenario = files.parse(GOOD)
    assert len(scenario.clinics) == 11
    assert [label for _user, label in scenario.sign_ins] == [
        "clinic doctor",
        "hospital doctor",
        "alliance manager",
    ]


def test_broken_toml_is_named() -> None:
    assert problems("name = ")[0].startswith("not TOML")


def test_several_mistakes_come_at_once() -> None:
    text = GOOD.replace("tier = 3", "tier = 7", 1).replace('role = "auditor"', 'role = "king"')
    found = problems(text)
    assert any(line.startswith("facilities[0].tier:") for line in found)
    assert any(line.startswith("staff[") and ".role:" in line for line in found)


def test_an_unknown_field_is_a_mistake() -> None:
    assert any("colour" in line for line in problems(GOOD + '\ncolour = "red"\n'))


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('lead = "PD-RMC"', 'lead = "PD-X"', "alliances: no facility PD-X"),
        ('at = "PD-H2"', 'at = "PD-Y"', "staff.at: no facility PD-Y"),
        ('to = "PD-RMC"', 'to = "PD-Z"', "relations: no facility PD-Z"),
        ('department = "03.07"', 'department = "13"', "staff.department: PD-RMC has no 13"),
        ('code = "PD-H2"', 'code = "PD-RMC"', "facilities.code: PD-RMC occurs more than once"),
        ('username = "clinic1.doctor"', 'username = "nobody"', "sign_ins: no user nobody"),
        ('"20", "21"]', '"20", "99"]', "facilities.departments: 99 is not in the national list"),
        ('reviewed = ["丁香"]', 'reviewed = ["玫瑰"]', "clinics.reviewed: 玫瑰"),
        ('managers = ["方立新", ', "managers = [", "clinics.managers: 11 are needed"),
        ("points = [[31.231, 121.546], ", "points = [", "clinics.points: 11 are needed"),
    ],
)
def test_loose_ends_are_named(was: str, now: str, said: str) -> None:
    assert any(line.startswith(said) for line in problems(GOOD.replace(was, now, 1)))


@pytest.mark.django_db
def test_without_regions_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_reference"):
        call_command("load_scenario", "pudong")
