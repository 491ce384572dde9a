"""Which passwords are taken, how long one serves, and what a first one given by somebody else is worth."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts import passwords
from accounts.models import PastPassword, User
from tests.facilities.factories import make_user

WORDS = [f"Batterie-Heft-{number}" for number in range(10, 17)]


def given(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def codes(password: str, user: User | None = None) -> set[str | None]:
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return {each.code for each in refused.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("korrekt-pferd-", False),
        ("korrektpferd12", False),
        ("KORREKTPFERD12", False),
        ("KorrektPferdNeun", False),
        ("12-34-56-78-90", False),
        ("korrekt-pferd-9", True),
        ("KorrektPferd9", True),
        ("KORREKT-PFERD-9", True),
        ("Korrekt-Pferd-", True),
        ("korrekt9马电池钉书", True),
        ("马电池钉书马电池钉书", False),
    ],
)
def test_three_kinds_of_signs_are_wanted(password: str, is_taken: bool) -> None:
    assert codes(password) == (set() if is_taken else {"password_too_simple"})


def test_none_of_the_last_five_is_taken_again(db: None) -> None:
    user = make_user("historian")
    for word in WORDS[:6]:
        given(user, word)
    assert codes(WORDS[0], user) == set(), "the sixth before is forgotten"
    for word in WORDS[1:6]:
        assert codes(word, user) == {"password_used_before"}, word
    assert codes(WORDS[6], user) == set()
    assert codes(WORDS[5], make_user("other")) == set()
    assert PastPassword.objects.filter(user=user).count() == passwords.REMEMBERED


def test_the_present_one_is_not_taken_though_nobody_remembered_it(db: None) -> None:
    user = make_user("older")
    given(user, WORDS[0])
    PastPassword.objects.all().delete()
    assert codes(WORDS[0], user) == {"password_used_before"}


def test_only_hashes_are_kept(db: None) -> None:
    user = make_user("hashed")
    given(user, WORDS[0])
    [row] = PastPassword.objects.filter(user=user)
    assert WORDS[0] not in row.encoded
    assert row.encoded == user.password


def test_a_password_serves_ninety_days_from_when_it_was_set(db: None) -> None:
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False) as clock:
        user = make_user("aging")
        clock.shift(timedelta(days=30))
        given(user, WORDS[0])
        assert passwords.ends_at(user) == start + timedelta(days=120)
        clock.shift(timedelta(days=20))
        given(user, WORDS[1])
        assert passwords.ends_at(user) == start + timedelta(days=140)


def test_one_of_which_nothing_is_known_counts_from_when_its_person_joined(db: None) -> None:
    user = make_user("unknown")
    assert passwords.ends_at(user) == user.date_joined + timedelta(days=90)


def test_passwords_that_do_not_age_never_end(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.PASSWORD_DAYS", 0)
    user = make_user("ageless")
    given(user, WORDS[0])
    assert passwords.ends_at(user) is None
    passwords.demand_another(user)
    end = passwords.ends_at(user)
    assert end is not None
    assert end <= timezone.now()


def test_one_that_somebody_else_has_set_ends_at_once_until_another_is_set(db: None) -> None:
    user = make_user("new")
    given(user, WORDS[0])
    passwords.demand_another(user)
    end = passwords.ends_at(user)
    assert end is not None
    assert end <= timezone.now()
    given(user, WORDS[1])
    end = passwords.ends_at(user)
    assert end is not None
    assert end > timezone.now() + timedelta(days=89)


def test_a_command_remembers_too(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("commanded")
    given(user, WORDS[0])
    typed = iter([WORDS[1], WORDS[1]])
    monkeypatch.setattr("getpass.getpass", lambda **_words: next(typed))
    call_command("changepassword", "commanded", verbosity=0)
    user.refresh_from_db()
    assert codes(WORDS[0], user) == codes(WORDS[1], user) == {"password_used_before"}
    kept = (
        PastPassword.objects.filter(user=user).order_by("set_at").values_list("set_at", flat=True)
    )
    assert all(before < after for before, after in pairwise(kept))
