"""`manage.py revoke_tokens` ends every token of one user and nobody else's."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import tokens
from tests.api import Api
from tests.factories import World


def test_ends_the_tokens_of_one_user(world: World) -> None:
    lost, kept = tokens.issue(world.doctor.user), tokens.issue(world.office.user)
    assert Api(lost).get("/referrals/").status == 200
    out = io.StringIO()
    call_command("revoke_tokens", world.doctor.user.username, stdout=out)
    assert "revoked" in out.getvalue()
    assert Api(lost).get("/referrals/").status == 401
    assert Api(kept).get("/referrals/").status == 200


def test_says_when_there_is_no_such_user(db: None) -> None:
    with pytest.raises(CommandError, match="no user named ghost"):
        call_command("revoke_tokens", "ghost")


def test_an_address_of_the_api_that_leads_nowhere_is_a_problem(world: World) -> None:
    answer = Api(tokens.issue(world.doctor.user)).get("/nowhere/")
    assert (answer.status, answer.code) == (404, "not-found")
