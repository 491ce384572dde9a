"""Default deny: a view that does not name a right for a method lets nobody in."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.ids import uuid7
from accounts.permissions import Permission, Role
from accounts.rest import ApiView
from accounts.rest_defaults.permissions import DenyByDefault
from tests.factories import World

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Forgetful(ApiView):
    """Names no right at all."""

    def get(self, request: Request) -> Response:
        return Response({})


class Half(Forgetful):
    """Names a right for reading only."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    def post(self, request: Request) -> Response:
        return Response({})


def allowed(view: APIView, method: str, actor: object) -> bool:
    request = Request(getattr(APIRequestFactory(), method.lower())("/"))
    request.user, request.auth = AnonymousUser(), actor
    return DenyByDefault().has_permission(request, view)


def an_actor(role: Role) -> Actor:
    return Actor.at_post(user_id=uuid7(), name="", facility_id=uuid7(), role=role)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", Role)
def test_a_view_without_rights_lets_nobody_in(role: Role, method: str) -> None:
    assert not allowed(Forgetful(), method, an_actor(role))
    assert not allowed(APIView(), method, an_actor(role))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_without_a_right_lets_nobody_in(method: str) -> None:
    assert allowed(Half(), method, an_actor(Role.AUDITOR)) is (method in {"GET", "HEAD"})


def test_who_is_not_an_actor_is_nobody() -> None:
    for stranger in (None, "token", object()):
        assert not allowed(Half(), "GET", stranger)
    assert not allowed(Half(), "GET", Actor.without_post(user_id=uuid7(), name=""))


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from views(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            yield path, getattr(each.callback, "view_class", None)


API_VIEWS = [found for found in views(get_resolver().url_patterns) if found[0].startswith("api/v1")]


@pytest.mark.parametrize(("path", "view"), API_VIEWS)
def test_every_view_of_the_api_names_its_rights(path: str, view: Any) -> None:
    assert issubclass(view, ApiView), path
    assert list(view.permission_classes) == [DenyByDefault]
    handlers = {
        name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)
    }
    assert set(view.required) == handlers
    assert all(isinstance(right, Permission) for right in view.required.values())


def test_nobody_signed_in_is_401_and_no_right_is_403(world: World) -> None:
    for path in ("/referrals/", "/facilities/", "/patients/"):
        answer = world.anonymous.get(path)
        assert (answer.status, answer.code) == (401, "not-authenticated")
    answer = world.auditor.api.get("/referrals/")
    assert (answer.status, answer.code) == (403, "no-permission")
    answer = world.doctor.api.send("OPTIONS", "/referrals/")
    assert (answer.status, answer.code) == (403, "no-permission")


def test_the_rights_are_asked_before_the_body_is_read(world: World) -> None:
    answer = world.auditor.api.send("POST", "/referrals/", body=b"{")
    assert (answer.status, answer.code) == (403, "no-permission")
