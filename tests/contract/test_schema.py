"""The OpenAPI document is valid, complete, served, and readable."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.rest.problems import CONTENT_TYPE
from tests.security.routes import api_routes


@pytest.fixture(scope="module")
def document(tmp_path_factory: Any) -> dict[str, Any]:
    """The document as the command writes it, where a warning is a failure."""
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    options = ["--format", "openapi-json", "--validate", "--fail-on-warn", "--file", str(file)]
    call_command("spectacular", *options)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")


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
def test_the_readable_pages_are_served(client: Client) -> None:
    """Everything they load comes from here; the pages work without the internet."""
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "swagger" in text.lower()
    assert "https://" not in text
