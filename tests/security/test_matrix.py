"""Holds every address and method to the authorisation matrix, for every role at every facility."""

import re
from typing import Final

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Permission, Role
from accounts.rest import ApiView
from accounts.rest_defaults.permissions import DenyByDefault
from facilities.models import StaffPost
from facilities.pages import Page
from facilities.sign_in import SessionAuthentication, TokenAuthentication
from tests.security.matrix import OPEN, SECRET, SIGNS, Row, rows
from tests.security.objects import Asked, Objects
from tests.security.routes import METHODS, api_routes, is_api_view, routes
from tests.security.world import RELATIONS, ROLES, Person

STATUS_SIGNS: Final = {401: "!", 403: "-", 404: ".", 409: "c", 412: "s", 422: "u"}


ROWS: Final = list(rows())


def sign(status: int) -> str:
    """Return the sign of the matrix for an HTTP status; the number itself for one that is not in it."""
    return "+" if 200 <= status < 300 else STATUS_SIGNS.get(status, f"<{status}>")


def answered(client: Client, asked: Asked, person: Person | None) -> int:
    """Return the status of a request whose effects are undone at once, its answer read to the end."""
    with transaction.atomic():
        answer = asked.send(client, person)
        _ = answer.getvalue()
        transaction.set_rollback(True)
    return answer.status_code


def test_the_table_is_well_formed() -> None:
    assert len(SIGNS) == len(ROLES)
    assert len({(row.address, row.method, row.object) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert len(row.cells) == len(RELATIONS), row
        assert all(len(cell) == len(ROLES) for cell in row.cells), row


def test_every_address_and_method_has_a_row() -> None:
    has = {(row.address, row.method) for row in ROWS}
    needed = {(name, method) for name, route in api_routes().items() for method in route.methods}
    assert needed - has == set(), "addresses without a row in tests/security/matrix.py"
    assert has - needed == set(), "rows of the matrix without an address"


def test_every_view_names_the_right_that_each_method_needs() -> None:
    for route in routes():
        if not route.is_api:
            continue
        view = route.view
        assert isinstance(view, type), route
        assert issubclass(view, ApiView), route
        assert set(view.required) == set(route.methods), route
        assert all(isinstance(right, Permission) for right in view.required.values()), route
        assert view.permission_classes == [DenyByDefault], route
        assert view.authentication_classes == [TokenAuthentication, SessionAuthentication], route


def test_no_rest_view_stands_outside_the_rest_door() -> None:
    outside = {route.name for route in routes() if is_api_view(route.view) and not route.is_api}
    assert outside == {"schema", "docs"}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_matrix_holds(row: Row, objects: Objects, client: Client) -> None:
    """Every role at every facility gets the verdict of its cell, and nobody is told to sign in."""
    # The same bytes for all: what each request does is undone before the next.
    asked = objects.ask(row.address, row.method, row.object)
    found = tuple(
        "".join(sign(answered(client, asked, objects.world.who(relation, role))) for role in ROLES)
        for relation in RELATIONS
    )
    assert found == row.cells
    assert sign(answered(client, asked, None)) == "!"


@pytest.mark.parametrize("name", list(api_routes()))
def test_a_method_without_a_right_is_denied(name: str, objects: Objects, client: Client) -> None:
    """What no view answers is 403 whoever asks, and 401 for nobody."""
    route = api_routes()[name]
    path = objects.path(route, "submitted")
    for method in (*METHODS, "OPTIONS", "TRACE"):
        if method in route.methods:
            continue
        asked = Asked(method, path)
        assert answered(client, asked, None) == 401, method
        for role in (Role.REFERRAL_OFFICE, Role.ALLIANCE_MANAGER):
            assert answered(client, asked, objects.world.who("sender", role)) == 403, (method, role)


def test_head_needs_the_right_of_get(objects: Objects, client: Client) -> None:
    path = objects.path(api_routes()["referral-detail"], "submitted")
    for role, status in ((Role.CLINIC_DOCTOR, 200), (Role.AUDITOR, 403)):
        assert answered(client, Asked("HEAD", path), objects.world.who("sender", role)) == status
    third = objects.world.who("third", Role.CLINIC_DOCTOR)
    assert answered(client, Asked("HEAD", path), third) == 404


def test_a_person_without_a_live_post_may_do_nothing(objects: Objects, client: Client) -> None:
    """A transfer or a dismissal takes effect with the next request; nothing remembers the old post."""
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    with transaction.atomic():
        StaffPost.objects.filter(user=person.user).update(ends=timezone.localdate())
        for row in ROWS:
            if row.object != "-":
                asked = objects.ask(row.address, row.method, row.object)
                assert answered(client, asked, person) == 403, row
        transaction.set_rollback(True)


def test_a_post_elsewhere_gives_no_right_here(objects: Objects, client: Client) -> None:
    """X-Facility chooses among one's own posts and lends no other."""
    person = objects.world.who("third", Role.REFERRAL_OFFICE)
    path = objects.path(api_routes()["referral-detail"], "submitted")
    for relation in RELATIONS:
        facility = str(objects.world.facilities[relation].pk)
        answer = Asked("GET", path).send(client, person, **{"X-Facility": facility})
        assert answer.status_code == (404 if relation == "third" else 403), relation


@pytest.mark.parametrize("token", ["", "x", "rt_", "rt_" + "a" * 43, "é", "a" * 5000, "Ω b"])
def test_no_token_but_a_live_one_opens_the_door(
    token: str, objects: Objects, client: Client
) -> None:
    answer = client.get(reverse("referral-list"), headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_needs_its_csrf_token(objects: Objects) -> None:
    person = objects.world.who("receiver", Role.HOSPITAL_DOCTOR)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person.user)
    path = objects.path(api_routes()["referral-accept"], "submitted")
    assert browser.get(reverse("referral-list")).status_code == 200
    assert browser.post(path, {}, "application/json").status_code == 403


@pytest.mark.parametrize("name", sorted(OPEN))
def test_open_addresses_are_open(name: str, objects: Objects, client: Client) -> None:
    for method in OPEN[name]:
        assert client.generic(method, reverse(name)).status_code in {200, 204, 302}, method


def test_every_address_is_in_some_table() -> None:
    """The REST door here, the pages in tests/pages/test_matrix.py, the administration below, the rest open."""
    strays = [
        route
        for route in routes()
        if not (route.is_api or route.is_admin or route.name in OPEN or route.name in SECRET)
        and not (isinstance(route.view, type) and issubclass(route.view, Page))
    ]
    assert strays == []


@pytest.mark.parametrize("role", [*ROLES, Role.SYSTEM_ADMIN])
def test_the_administration_opens_for_staff_alone(role: Role, objects: Objects) -> None:
    """No role of the product is a right to the administration; `is_staff` is given by hand."""
    given = {"app_label": "facilities", "content_type_id": 1, "id": "1"}
    browser = Client()
    browser.force_login(objects.world.who("sender", role).user)
    for route in (route for route in routes() if route.is_admin):
        # Those without a name of their own only lead to those with one.
        if route.name.endswith((":login", ":logout")) or "<" in route.name or "(" in route.name:
            continue
        names = route.parameters or re.findall(r"\?P<(\w+)>", route.template)
        parameters = {name: given.get(name, str(uuid7())) for name in names}
        path = reverse(route.name, kwargs=parameters)
        for method in ("GET", "POST"):
            answer = browser.generic(method, path)
            assert answer.status_code == 302, (route.name, method)
            assert "/login/" in answer.headers["Location"], (route.name, method)
