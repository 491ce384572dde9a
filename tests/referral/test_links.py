"""Secret addresses: what opens them, what does not, who sees their rows, and that a token is kept nowhere."""

import json
from datetime import datetime, timedelta
from typing import Final

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from config.logs import masked
from referral import links
from referral.models import Link, LinkKind, Referral
from referral.states import Status
from tests.config.test_logs import _line
from tests.factories import Person, World, as_system
from tests.referral.raw import run, seen

NOBODY: Final = Actor(None, None, None)
OUTSIDE, PATIENT = LinkKind.OUTSIDE, LinkKind.PATIENT


def made(
    world: World,
    kind: LinkKind,
    *,
    leg: Referral | None = None,
    by: Person | None = None,
    now: datetime | None = None,
) -> str:
    """Return the token of a new link that the sender makes."""
    person = by or world.doctor
    leg = leg or world.at(Status.SUBMITTED)
    scope.enter(person.actor)
    token = links.make(leg, kind, by=person.actor, now=now or timezone.now())
    scope.enter(NOBODY)
    return token


def opens(token: str, kind: LinkKind, now: datetime | None = None) -> bool:
    return links.open(token, kind, now=now or timezone.now()) is not None


def test_a_token_has_256_bits_and_is_stored_as_a_digest(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    tokens = {made(world, PATIENT, leg=leg) for _each in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}
    as_system()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM referral_link l")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert not any(token in stored for token in tokens)
    assert {bytes(row.token_hash) for row in Link.objects.all()} == set(map(links.digest, tokens))


def test_a_link_of_one_use_opens_once_and_a_patients_again_and_again(world: World) -> None:
    once, often = made(world, OUTSIDE), made(world, PATIENT)
    now = timezone.now()
    assert links.find(once, OUTSIDE, now=now) is not None
    assert [opens(once, OUTSIDE), opens(once, OUTSIDE)] == [True, False]
    assert links.find(once, OUTSIDE, now=now) is None
    assert [opens(often, PATIENT), opens(often, PATIENT)] == [True, True]
    as_system()
    assert Link.objects.filter(used_at__isnull=True).count() == 0


@pytest.mark.parametrize("kind", [OUTSIDE, PATIENT])
def test_what_opens_nothing(world: World, kind: LinkKind) -> None:
    leg, now = world.at(Status.SUBMITTED), timezone.now()
    old = made(world, kind, leg=leg, now=now)
    token = made(world, kind, leg=leg, now=now)
    other = PATIENT if kind == OUTSIDE else OUTSIDE
    late = now + links.lifetime(kind)
    assert not opens(old, kind), "a new link takes the place of the old one"
    assert not opens(token, other)
    assert not opens(token, kind, late)
    for wrong in ("", "x", token[:-1], token + "A", token.swapcase(), "\x00", "\udcff", "é" * 5000):
        assert not opens(wrong, kind), wrong
    assert opens(token, kind, late - timedelta(microseconds=1))


def test_taken_back(world: World) -> None:
    leg, now = world.at(Status.SUBMITTED), timezone.now()
    kept, token = made(world, PATIENT, leg=leg), made(world, OUTSIDE, leg=leg)
    as_system()
    assert links.revoke(leg, OUTSIDE, now=now) == 1
    assert links.revoke(leg, OUTSIDE, now=now) == 0
    assert not opens(token, OUTSIDE)
    assert opens(kept, PATIENT)


def test_what_was_opened_leads_on_for_a_while_and_until_it_is_taken_back(world: World) -> None:
    leg, now = world.at(Status.SUBMITTED), timezone.now()
    link = links.open(made(world, OUTSIDE, leg=leg, now=now), OUTSIDE, now=now)
    assert link is not None
    assert link.referral == leg
    end = now + links.session_lifetime()
    for at, leads in ((now, True), (end - timedelta(seconds=1), True), (end, False)):
        assert (links.opened(link.pk, OUTSIDE, now=at) is not None) is leads
    assert links.opened(link.pk, PATIENT, now=now) is None
    assert links.opened(leg.pk, OUTSIDE, now=now) is None
    made(world, OUTSIDE, leg=leg)
    assert links.opened(link.pk, OUTSIDE, now=now) is None, (
        "a new link ends what the old one opened"
    )


def test_a_link_that_was_not_opened_leads_nowhere(world: World) -> None:
    made(world, OUTSIDE)
    as_system()
    assert links.opened(Link.objects.get().pk, OUTSIDE, now=timezone.now()) is None


def test_opening_leaves_nobodys_scope(world: World) -> None:
    token = made(world, PATIENT)
    assert opens(token, PATIENT)
    assert run("SELECT 1 FROM referral_link") == 0
    assert run("SELECT 1 FROM referral_referral") == 0


def test_who_sees_the_rows(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    made(world, OUTSIDE, leg=leg)
    others = [(world.office, 1), (world.manager, 1), (world.stranger, 0), (world.nurse, 0)]
    for person, count in others:
        scope.enter(person.actor)
        assert seen("link", "referral_id", leg.pk) == count, person.facility
        assert run("UPDATE referral_link SET revoked_at = now()") == 0
    scope.enter(world.doctor.actor)
    assert run("UPDATE referral_link SET revoked_at = now()") == 1
    scope.enter(NOBODY)
    assert run("SELECT 1 FROM referral_link") == 0


def test_others_make_no_link(world: World) -> None:
    leg, now = world.at(Status.SUBMITTED), timezone.now()
    for person in (world.stranger, world.nurse):
        scope.enter(person.actor)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            links.make(leg, OUTSIDE, by=person.actor, now=now)
    as_system()
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "used_at = NULL",
        "revoked_at = NULL",
        "used_at = used_at + interval '1 hour'",
        "expires_at = expires_at + interval '1 day'",
        "token_hash = sha256('x')",
        "kind = 'patient'",
        "referral_id = gen_random_uuid()",
        "facility_id = gen_random_uuid()",
    ],
)
def test_nobody_changes_a_link_not_even_the_system(world: World, change: str) -> None:
    token = made(world, OUTSIDE)
    assert opens(token, OUTSIDE)
    as_system()
    assert run("UPDATE referral_link SET revoked_at = now()") == 1
    with pytest.raises(DatabaseError, match="used once and taken back once"):
        run(f"UPDATE referral_link SET {change}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/o/abc-_1/", "/o/***/"),
        ("/t/abc", "/t/***"),
        ("Forbidden (CSRF cookie not set.): /o/abc/", "Forbidden (CSRF cookie not set.): /o/***/"),
        ("/o/", "/o/"),
        ("/referrals/5/", "/referrals/5/"),
    ],
)
def test_no_log_shows_a_token(text: str, shown: str) -> None:
    assert masked(text) == shown
    line = _line(msg="%s", args=(text,), path=text)
    assert (line["message"], line["path"]) == (shown, shown)
    assert "abc" not in json.dumps(line)
