"""The OpenAPI document is valid, complete, served, and readable."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import drf_spectacular.validation
import jsonschema_rs
import pytest
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from accounts.rest.problems import CONTENT_TYPE
from config import openapi
from tests.security.routes import api_routes


@pytest.fixture(scope="module")
def document(tmp_path_factory: Any) -> dict[str, Any]:
    """The document as the command writes it, where a warning is a failure."""
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    options = ["--format", "openapi-json", "--fail-on-warn", "--file", str(file)]
    call_command("spectacular", *options)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    """It keeps to the specification's own schema, the one of `spectacular --validate`, which takes 5 s for it."""
    assert document["openapi"].startswith("3.1")
    folder = Path(drf_spectacular.validation.__file__).parent
    specification = jsonschema_rs.validator_for((folder / "openapi_3_1_schema.json").read_text())
    specification.validate(document)
    no_answers: dict[str, Any] = {"paths": {"/x": {"get": {"responses": {"200": {}}}}}}
    assert not specification.is_valid(document | no_answers)


def test_every_address_and_method_is_in_it(document: dict[str, Any]) -> None:
    documented = {
        (path.count("{"), method, path) for path, method, _operation in operations(document)
    }
    real = {
        (
            len(route.parameters),
            method,
            "/" + route.template.replace("<uuid:", "{").replace("<slug:", "{").replace(">", "}"),
        )
        for route in api_routes().values()
        for method in route.methods
    }
    assert documented == real


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    """Each names its sign-in and its problems, and each problem is problem+json."""
    for path, method, operation in operations(document):
        assert {name for each in operation["security"] for name in each} == {"token", "session"}
        answers = operation["responses"]
        needed = {"400", "401", "403", "503"}
        needed |= {"404"} if "{" in path else set()
        needed |= {"409", "413", "415", "422"} if method in {"POST", "PATCH"} else set()
        assert needed <= set(answers), (path, method)
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == [CONTENT_TYPE], (path, method, status)
        assert operation.get("summary") or operation.get("description"), (path, method)


def test_every_success_has_a_form(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        successes = {status for status in operation["responses"] if status < "300"}
        assert successes, (path, method)
        for status in successes - {"204"}:
            assert operation["responses"][status]["content"], (path, method)


def test_bodies_refuse_what_they_do_not_know(document: dict[str, Any]) -> None:
    """Unknown fields are errors, so the document says so: a client learns it before it sends."""
    forms = document["components"]["schemas"]
    for path, method, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            assert forms[name].get("additionalProperties") is False, (path, method, name)


@pytest.mark.django_db
def test_it_is_served(client: Client) -> None:
    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert answer.json()["info"]["title"]


@pytest.mark.django_db
def test_it_is_made_once_and_is_what_would_be_made_anew(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept for each form and language; the bytes and headers are those of the library's own view."""
    asked = {"Accept": "application/vnd.oai.openapi+json", "Accept-Language": "en"}
    first = client.get("/api/schema/", headers=asked)
    with translation.override("en"):
        request = RequestFactory().get("/api/schema/", headers=asked)
        anew = SpectacularAPIView.as_view()(request).render()
    assert first.content == anew.content
    for header in ("Content-Type", "Content-Disposition"):
        assert first.headers[header] == anew.headers[header]
    plain = client.get("/api/schema/")
    with monkeypatch.context() as patch:
        patch.delattr(SchemaGenerator, "get_schema")
        assert client.get("/api/schema/", headers=asked).content == first.content
        assert client.get("/api/schema/?lang=en", headers=asked).content == first.content
        assert client.get("/api/schema/").content == plain.content
    assert plain.headers["Content-Type"] == "application/vnd.oai.openapi; charset=utf-8"
    assert plain.content.startswith(b"openapi: 3.1")


@pytest.mark.django_db
def test_made_up_languages_and_versions_are_not_kept(client: Client) -> None:
    client.get("/api/schema/")
    kept = openapi.document.cache_info().currsize
    for query in ("lang=xx", "lang=tlh", "version=9", "version=10"):
        assert client.get(f"/api/schema/?{query}").status_code == 200, query
    assert openapi.document.cache_info().currsize == kept


@pytest.mark.django_db
def test_the_readable_pages_are_served(client: Client) -> None:
    """Everything they load comes from here; the pages work without the internet."""
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "swagger" in text.lower()
    assert "https://" not in text
