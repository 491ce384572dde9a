"""The command that loads a scenario prints sign-ins that work, and leaves alone what people changed."""

import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User


@pytest.mark.django_db
def test_the_command_prints_three_sign_ins_that_work(
    regions: None,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("load_scenario", "pudong")
    first = capsys.readouterr().out
    password = next(
        line.split("=")[1]
        for line in (tmp_path / "sign-ins").read_text().splitlines()
        if line.startswith("password=")
    )
    for username in ("clinic1.doctor", "hospital.zhao", "manager.li"):
        assert f"{username} " in first
        assert User.objects.get(username=username).check_password(password)
    assert not User.objects.get(username="clinic2.doctor").has_usable_password()
    assert stat.S_IMODE((tmp_path / "sign-ins").stat().st_mode) == 0o600
    call_command("load_scenario", "pudong")
    second = capsys.readouterr().out
    assert second.count(password) == first.count(password) == 3


@pytest.mark.django_db
def test_a_changed_password_is_left_alone_and_not_printed(
    regions: None,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("load_scenario", "pudong")
    doctor = User.objects.get(username="clinic1.doctor")
    doctor.set_password("a word of her own")
    doctor.save(update_fields=["password"])
    capsys.readouterr()
    call_command("load_scenario", "pudong")
    line = next(each for each in capsys.readouterr().out.splitlines() if "clinic1.doctor" in each)
    assert "chose" in line
    assert User.objects.get(username="clinic1.doctor").check_password("a word of her own")


@pytest.mark.django_db
def test_without_regions_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_reference"):
        call_command("load_scenario", "pudong")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(CommandError, match="pudong"):
        call_command("load_scenario", "atlantis")
