"""`manage.py issue_token`: prints a token once, for somebody who may sign in."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AccessToken
from tests.api import Api
from tests.facilities.factories import make_user
from tests.factories import World


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("issue_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_token_works(world: World) -> None:
    token = printed(world.doctor.user.username)
    assert Api(token).get("/referrals/").status == 200


def test_the_label_is_kept(db: None) -> None:
    user = make_user()
    printed(user.username, "--label", "HIS interface")
    printed(user.username)
    labels = AccessToken.objects.filter(user=user).order_by("created_at")
    assert list(labels.values_list("label", flat=True)) == [
        "HIS interface",
        "issued on the command line",
    ]


def test_for_nobody(db: None) -> None:
    with pytest.raises(CommandError, match="no active user named ghost"):
        printed("ghost")


def test_not_for_somebody_who_left(db: None) -> None:
    user = make_user(is_active=False)
    with pytest.raises(CommandError, match="no active user"):
        printed(user.username)
    assert not AccessToken.objects.filter(user=user).exists()
