"""The command that loads a scenario prints sign-ins that work, and leaves alone what people changed."""

import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from tests.keeping import kept

pytestmark = pytest.mark.django_db


def printed() -> str:
    """Load the scenario, and return what the command says."""
    out = StringIO()
    call_command("load_scenario", "pudong", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def first(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, str]]:
    """Load it for the first time; return the folder of the data, and what the command said."""
    folder = tmp_path_factory.mktemp("data")
    with override_settings(DATA_DIR=folder), kept(django_db_blocker):
        call_command("load_reference", verbosity=0)
        yield folder, printed()


def test_the_command_prints_three_sign_ins_that_work(first: tuple[Path, str]) -> None:
    folder, said = first
    file = folder / "sign-ins"
    password = next(
        line.split("=")[1] for line in file.read_text().splitlines() if line.startswith("password=")
    )
    for username in ("clinic1.doctor", "hospital.zhao", "manager.li"):
        assert f"{username} " in said
        assert User.objects.get(username=username).check_password(password)
    assert not User.objects.get(username="clinic2.doctor").has_usable_password()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert printed().count(password) == said.count(password) == 3


def test_a_changed_password_is_left_alone_and_not_printed(first: tuple[Path, str]) -> None:
    doctor = User.objects.get(username="clinic1.doctor")
    doctor.set_password("a word of her own")
    doctor.save(update_fields=["password"])
    line = next(each for each in printed().splitlines() if "clinic1.doctor" in each)
    assert "chose" in line
    assert User.objects.get(username="clinic1.doctor").check_password("a word of her own")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(CommandError, match="pudong"):
        call_command("load_scenario", "atlantis")
