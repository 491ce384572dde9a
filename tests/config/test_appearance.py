"""Light or dark: what is chosen stays in a cookie, anything else is as the device is."""

import pytest
from django.test import Client

ADDRESS = "/appearance/"


def test_the_choice_is_kept_and_shown(db: None) -> None:
    client = Client()
    assert b"data-bs-theme=" not in client.get("/sign-in/").content
    answer = client.post(ADDRESS, {"appearance": "dark", "next": "/sign-in/?next=/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/?next=/")
    cookie = answer.cookies["appearance"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert b'data-bs-theme="dark"' in client.get("/sign-in/").content
    client.post(ADDRESS, {"appearance": "light"})
    assert b'data-bs-theme="light"' in client.get("/sign-in/").content
    client.post(ADDRESS, {"appearance": ""})
    assert b"data-bs-theme=" not in client.get("/sign-in/").content


@pytest.mark.parametrize("chosen", ['dark" onload="x', "blue", None])
def test_anything_else_forgets_it(db: None, chosen: str | None) -> None:
    client = Client()
    client.cookies["appearance"] = "dark"
    answer = client.post(ADDRESS, {"appearance": chosen} if chosen else {})
    assert answer.cookies["appearance"].value == ""


def test_a_cookie_of_somebody_elses_making_is_not_written_into_the_page(db: None) -> None:
    client = Client()
    client.cookies["appearance"] = "evil"
    assert b"evil" not in client.get("/sign-in/").content


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nowhere_else(db: None, away: str) -> None:
    answer = Client().post(ADDRESS, {"appearance": "dark", "next": away})
    assert answer.headers["Location"] == "/"


def test_a_link_changes_nothing(db: None) -> None:
    assert Client().get(ADDRESS).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(ADDRESS, {"appearance": "dark"}).status_code == 403
