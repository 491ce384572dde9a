"""Codes by time and codes on paper: vectors of the standard, drift, replay, and what the database holds."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import factor
from accounts.models import RecoveryCode, SecondFactor, User
from tests.facilities.factories import make_user

# RFC 6238, appendix B: the last six digits of the eight for SHA-1.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
NOW = timezone.now()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def code(secret: str, moment: datetime) -> str:
    """Return the code that a telephone shows at a moment."""
    return factor._code(secret, int(moment.timestamp()) // factor.STEP)


@pytest.fixture
def user(db: None) -> User:
    """Return somebody with the secret of the vectors."""
    made = make_user("liming")
    assert factor.confirm(made, SECRET, code(SECRET, NOW), now=NOW) is not None
    return made


@pytest.mark.parametrize(("seconds", "expected"), VECTORS)
def test_the_vectors_of_the_standard(seconds: int, expected: str) -> None:
    assert code(SECRET, at(seconds)) == expected
    assert factor.step_of(SECRET, expected, after=0, now=at(seconds)) == seconds // 30


@pytest.mark.parametrize(("late", "taken"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_half_a_minute(late: int, taken: bool) -> None:
    now = at(1234567890)
    shown = code(SECRET, now + timedelta(seconds=30 * late))
    assert (factor.step_of(SECRET, shown, after=0, now=now) is not None) is taken


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "１２３４５６", "' OR 1=1"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert factor.step_of(SECRET, text, after=0, now=NOW) is None


def test_a_code_may_be_typed_as_it_is_shown() -> None:
    assert factor.step_of(SECRET, " 005 924 ", after=0, now=at(1234567890)) is not None


def test_no_code_is_taken_twice(user: User) -> None:
    assert not factor.accepts(user, code(SECRET, NOW), now=NOW), "the one that confirmed"
    later = NOW + timedelta(seconds=30)
    assert factor.accepts(user, code(SECRET, later), now=later)
    assert not factor.accepts(user, code(SECRET, later), now=later)
    assert not factor.accepts(user, code(SECRET, NOW), now=later), "nor an older one"


def test_each_paper_code_opens_once_however_it_is_typed(user: User) -> None:
    first, second, *rest = factor.renew_codes(user)
    assert len({first, second, *rest}) == 10
    assert factor.accepts(user, first.upper().replace("-", " "), now=NOW)
    assert not factor.accepts(user, first, now=NOW)
    assert factor.accepts(user, second, now=NOW)
    assert factor.codes_left(SecondFactor.objects.get(user=user)) == 8


def test_new_codes_end_the_old_ones(user: User) -> None:
    old = factor.renew_codes(user)
    factor.renew_codes(user)
    assert not factor.accepts(user, old[0], now=NOW)
    assert RecoveryCode.objects.count() == 10


def test_a_paper_code_is_its_own_persons(user: User) -> None:
    other = make_user("wanghong")
    factor.confirm(other, SECRET, code(SECRET, NOW), now=NOW)
    assert not factor.accepts(other, factor.renew_codes(user)[0], now=NOW)


def test_a_wrong_code_confirms_nothing(db: None) -> None:
    somebody = make_user()
    assert factor.confirm(somebody, SECRET, "000000", now=at(59)) is None
    assert factor.of(somebody) is None
    assert not factor.accepts(somebody, code(SECRET, NOW), now=NOW)


def test_the_database_holds_no_secret_and_no_code(user: User) -> None:
    codes = factor.renew_codes(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT f::text FROM accounts_secondfactor f")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT c::text FROM accounts_recoverycode c")
        rows += str(cursor.fetchall())
    assert SECRET not in rows
    assert SECRET.encode().hex() not in rows
    for each in codes:
        assert each not in rows
        assert each.replace("-", "").encode().hex() not in rows


def test_a_waiting_secret_is_sealed_for_its_person(db: None) -> None:
    one, other = make_user(), make_user()
    text = factor.sealed(SECRET, one.pk)
    assert SECRET not in text
    assert factor.opened(text, one.pk) == SECRET
    assert factor.opened(text, other.pk) is None
    assert factor.opened("", one.pk) is None
    assert factor.opened("nonsense", one.pk) is None


def test_the_square_says_what_an_authenticator_reads(db: None) -> None:
    person = make_user("li.ming")
    said = factor.address(SECRET, person)
    assert said == f"otpauth://totp/Referral%3Ali.ming?secret={SECRET}&issuer=Referral"
    drawn = factor.picture(SECRET, person)
    assert "style=" not in drawn
    assert "viewBox=" in drawn, "else a page that sizes it shows a corner of it"
