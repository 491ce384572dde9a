"""Schemathesis walks the OpenAPI document as three identities: every answer is one that the document names."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final
from uuid import UUID

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoverageScenario, TestPhase

from accounts.permissions import Role
from tests.security.forms import document
from tests.security.objects import Objects

# What these checks ask cannot be answered here, and why.
NOT_ASKED: Final = {
    "unsupported_method",  # a method without a right is 403 like any other (test_matrix), never 405
    "positive_data_acceptance",  # well-formed is not yet allowed: rules refuse with 409 and 422
    "use_after_free",  # every case is rolled back, so nothing is ever freed
    "ensure_resource_availability",  # or made
    "max_response_time",  # the machine's business
}
CONFIG: Final = SchemathesisConfig.from_dict(
    {
        "phases": {"coverage": {"unexpected-methods": []}},
        "generation": {"allow-extra-parameters": False},
        # An If-Match that nobody can read names no present version: 412 is its refusal.
        "checks": {"negative_data_rejection": {"expected-statuses": ["4xx", "503"]}},
    }
)
APPLICATION: Final = get_wsgi_application()
IDENTITIES: Final = {
    "clinic doctor": ("sender", Role.CLINIC_DOCTOR),
    "hospital office": ("receiver", Role.REFERRAL_OFFICE),
    "alliance manager": ("parent", Role.ALLIANCE_MANAGER),
}


@pytest.fixture(scope="module")
def _kept_connection() -> Iterator[None]:
    """Let no request close the connection that holds the world; Django's own test client does the same."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def _read_to_the_end(environ: Any, start_response: Any) -> list[bytes]:
    """Be the application as a server calls it: read the answer and close it, so that files are closed."""
    answer = APPLICATION(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


# Headers that choose whose rights count.
POSTS: Final = {"X-Facility", "X-On-Behalf-Of"}


ANY_VERSION: Final = {"type": "string", "enum": ["*"]}


def _walked() -> dict[str, Any]:
    """Return the document without the headers of posts: made-up ones would turn nearly every answer into 403.

    The good version is any version: a made-up one would end every write with 412 before it is looked at.
    """
    found = deepcopy(document())
    for methods in found["paths"].values():
        for operation in methods.values():
            kept = [each for each in operation["parameters"] if each["name"] not in POSTS]
            operation["parameters"] = kept
            for parameter in kept:
                if parameter["name"] == "If-Match":
                    parameter["schema"] = ANY_VERSION
    return found


@pytest.fixture(scope="module")
def api(objects: Objects, _kept_connection: None) -> Any:
    """The document, and the application that it is about."""
    schema = schemathesis.openapi.from_dict(_walked(), config=CONFIG)
    schema.app = _read_to_the_end
    return schema


# Fields that name a thing by another word than the addresses do.
PLACES: Final = {"patient": "patient_id", "to_facility": "facility_id", "alliance": "alliance_id"}


def _real(value: Any, name: str, objects: Objects) -> Any:
    """Return an id of the world for most ids that are made up; anything else stays as it is."""
    try:
        number = UUID(value).int
    except (TypeError, ValueError, AttributeError):
        return value
    ids = objects.parameters(list(objects.legs)[number % len(objects.legs)])
    return value if number % 7 == 0 else str(ids.get(PLACES.get(name, name), value))


def settled(case: Any, objects: Objects) -> None:
    """Put things that are there in place of most that are not."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: _real(value, name, objects) for name, value in part.items()})


schema = schemathesis.pytest.from_fixture("api")
load_all_checks()
checks = [check for check in CHECKS.get_all() if check.__name__ not in NOT_ASKED]
others = [check for check in checks if check.__name__ != "ignored_auth"]


# What is made by chance is sent as everybody; the boundaries of every field are walked by one identity.
WALKER: Final = "hospital office"
thoroughly = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


# One step inside a limit: the limit itself is sent too, and one step outside.
NEAR: Final = "Near-boundary"
ALMOST: Final = {
    CoverageScenario.NEAR_BOUNDARY_LENGTH_STRING,
    CoverageScenario.NEAR_BOUNDARY_NUMBER,
}
SAID_BY_THE_TEST: Final = {"Authorization"}
_TRIED: Final[set[tuple[Any, ...]]] = set()
# Operations that have been seen to ask for a sign-in: that is a property of the operation, not of a request.
_GUARDED: Final[set[str]] = set()
# Each wrong type of each field, and each bad key, is sent and must be named by tests/security/test_bad_input.py
# and test_bad_queries.py: one of an operation and its part of the request shows here what such an answer is like.
ONE_IS_ENOUGH: Final = {CoverageScenario.INCORRECT_TYPE}
ONE_HEADER_IS_ENOUGH: Final = {
    CoverageScenario.INCORRECT_TYPE,
    CoverageScenario.INVALID_ENUM_VALUE,
    CoverageScenario.INVALID_PATTERN,
    CoverageScenario.STRING_ABOVE_MAX_LENGTH,
    CoverageScenario.STRING_BELOW_MIN_LENGTH,
}


def tried(case: Any) -> bool:
    """Say whether a request of the walk along the boundaries is one that has been sent before, or just like it."""
    data, label = case.meta.phase.data, case.operation.label
    scenario, place = getattr(data, "scenario", None), getattr(data, "parameter_location", None)
    if scenario is None:
        return False
    if NEAR in (data.description or "") or scenario in ALMOST:
        return True
    if scenario in ONE_IS_ENOUGH:
        key = (label, scenario, place)
    elif place is ParameterLocation.HEADER and scenario in ONE_HEADER_IS_ENOUGH:
        key = (label, place, data.parameter)
    else:
        # Whose request it is says the test itself, and any version is as good as none.
        headers = {k: v for k, v in (case.headers or {}).items() if k not in SAID_BY_THE_TEST}
        if headers.get("If-Match") == "*":
            del headers["If-Match"]
        parts = (case.path_parameters, case.query, headers, case.body, case.media_type)
        key = (label, *(repr(part) for part in parts))
    if key in _TRIED:
        return True
    _TRIED.add(key)
    return False


def answered(case: Any, objects: Objects, identity: str) -> None:
    """Send one request as somebody, undo what it did, and hold the answer to the document."""
    person = objects.world.who(*IDENTITIES[identity])
    with transaction.atomic():
        answer = case.call(headers=person.headers)
        if answer.status_code < 400:
            # As `check_constraints` does, which defers them again; here the rollback does that.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
    guarded = case.operation.label in _GUARDED
    case.validate_response(answer, checks=others if guarded else checks, headers=person.headers)
    if 200 <= answer.status_code < 300:
        _GUARDED.add(case.operation.label)


@pytest.mark.slow
@schema.parametrize()
@thoroughly
def test_answers(case: Any, objects: Objects) -> None:
    if tried(case):
        return
    settled(case, objects)
    by_chance = case.meta.phase.name is TestPhase.FUZZING
    for identity in IDENTITIES if by_chance else [WALKER]:
        answered(case, objects, identity)
