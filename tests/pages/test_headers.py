"""Every answer that a browser may show carries the headers that bind it (docs/adr/0023)."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from referral.states import Status
from tests.facilities.factories import make_user
from tests.factories import World
from tests.pages.conftest import browser_of
from tests.pages.test_matrix import address, rows

STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def policy(answer: Any) -> set[str]:
    """Return the directives of an answer's policy."""
    if answer.streaming:
        b"".join(answer.streaming_content)
    return {each.strip() for each in answer.headers["Content-Security-Policy"].split(";")}


def directives(text: str) -> set[str]:
    return {each.strip() for each in text.split(";")}


def assert_bound(answer: Any) -> None:
    assert policy(answer) == directives(STRICT)
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in answer.headers["Permissions-Policy"]
    assert "camera=(self)" in answer.headers["Permissions-Policy"]


def test_every_page_is_bound(world: World) -> None:
    referral = world.at(Status.ACCEPTED)
    browser = browser_of(world.doctor)
    shown = 0
    for name, method in rows():
        if method == "GET" and name != "referral:attachment":
            answer = browser.get(address(name, referral))
            assert answer.status_code in (200, 302, 403, 404), name
            assert_bound(answer)
            shown += 1
    assert shown > 20


def test_a_refused_move_is_bound(world: World) -> None:
    referral = world.at(Status.ACCEPTED)
    answer = browser_of(world.office).post(reverse("referral:decline", args=[referral.pk]), {})
    assert answer.status_code == 400
    assert_bound(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sign-in/", 200), ("/nowhere/", 404), ("/o/", 404), ("/o/not-a-token/", 404), ("/", 302)],
)
def test_what_nobody_has_signed_in_for_is_bound(db: None, path: str, status: int) -> None:
    answer = Client().get(path)
    assert answer.status_code == status
    assert_bound(answer)


def test_a_defect_is_bound(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("facilities.pages.redirect_to_login", fail)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    assert_bound(answer)


def test_the_page_of_a_patient_is_bound_tighter(db: None) -> None:
    answer = Client().get(reverse("referral:tracking", args=["not-a-token"]))
    assert {"default-src 'none'", "form-action 'self'"} <= policy(answer)


def test_only_styles_of_the_api_documents_may_stand_inside_a_page(db: None) -> None:
    looser = policy(Client().get(reverse("docs")))
    assert looser == directives(
        STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    )
    assert policy(Client().get(reverse("docs"), {"script": ""})) == looser
    assert b"<script>" not in Client().get(reverse("docs")).content


def test_the_administration_is_bound_like_everything(db: None) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    assert_bound(answer)


def test_a_rest_answer_is_bound(db: None) -> None:
    answer = Client().get("/api/v1/referrals/")
    assert answer.status_code == 401
    assert_bound(answer)


def test_there_is_nothing_that_lets_everything_pass() -> None:
    assert "UNSAFE" not in repr(settings.CONTENT_SECURITY_POLICY)
    assert not hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")
