"""Nobody can tell "not yours" from "not there": same status, bytes, headers and number of SQL statements.

Both leave the same line in the trail of whoever asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from django.db import connection, reset_queries, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from accounts.permissions import Role
from audit.models import Event, Result
from patients.models import Patient
from referral.models import Referral
from referral.queries import referrals as queries
from tests.security.matrix import Row, rows
from tests.security.objects import Asked, Objects
from tests.security.routes import api_routes
from tests.security.world import RELATIONS, ROLES, Person

# What an address is about, the last of its parameters; the directory hides nothing.
PUBLIC: Final = {"facility_id", "alliance_id", "event_id", "rule_id", "code"}
# May differ between any two answers.
UNSTABLE: Final = {"Date", "X-Request-ID"}


@dataclass(frozen=True)
class Outcome:
    """Everything that a caller can see or measure of an answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    statements: int
    trail: tuple[str, ...]


def outcome(client: Client, asked: Asked, person: Person, **headers: str) -> Outcome:
    """Return what a request comes to; its effects are undone."""
    # Django keeps a bounded number of statements, and forgets none between these requests by itself.
    reset_queries()
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        answer = asked.send(client, person, **headers)
        body, statements = answer.getvalue(), len(seen)
        scope.enter_system()
        lines = Event.objects.filter(actor_id=person.user.pk, result=Result.REFUSED)
        trail = tuple(lines.values_list("what", flat=True))
        transaction.set_rollback(True)
    shown = tuple(sorted(item for item in answer.items() if item[0] not in UNSTABLE))
    return Outcome(answer.status_code, body, shown, statements, trail)


def _hidden() -> Iterator[tuple[Row, str, Role]]:
    """Return, for each line of the matrix and each facility, one role to which the object is not there."""
    for row in rows():
        if not api_routes()[row.address].parameters:
            continue  # a list that is not there for some roles is about nothing of anybody's
        for relation, cell in zip(RELATIONS, row.cells, strict=True):
            if (row.object, relation) == ("redirected", "former"):
                continue  # it may know the leg that it sent on; only the documents are gone
            blind = [role for role, sign in zip(ROLES, cell, strict=True) if sign == "."]
            if blind:
                yield row, relation, blind[-1]


HIDDEN: Final = list(_hidden())


@pytest.mark.parametrize(
    "row", list(dict.fromkeys(row for row, _relation, _role in HIDDEN)), ids=str
)
def test_what_is_not_yours_is_not_there(row: Row, objects: Objects, client: Client) -> None:
    """A foreign id in the address gives what an id gives that nothing has; so does each id on the way."""
    route = api_routes()[row.address]
    for _row, relation, role in (each for each in HIDDEN if each[0] == row):
        person = objects.world.who(relation, role)
        foreign = outcome(client, objects.ask(row.address, row.method, row.object), person)
        assert foreign.status == 404
        assert len(foreign.trail) == 1, "whoever asked for it stands in the trail"
        for parameter in route.parameters:
            asked = objects.ask(row.address, row.method, row.object, **{parameter: uuid7()})
            assert outcome(client, asked, person) == foreign, (relation, role, parameter)


def test_hidden_objects_of_every_kind_are_asked_for() -> None:
    kinds = {route.parameters[-1] for route in api_routes().values() if route.parameters}
    tried = {api_routes()[row.address].parameters[-1] for row, _relation, _role in HIDDEN}
    assert kinds - PUBLIC == tried


def test_a_wrong_body_for_a_foreign_object_says_no_more(objects: Objects, client: Client) -> None:
    """What is wrong with the request is judged after, or without, the object: never only for one that exists."""
    person = objects.world.who("third", Role.REFERRAL_OFFICE)
    asked = {(row.address, row.method) for row, relation, _role in HIDDEN if relation == "third"}
    for address, method in sorted(asked):
        if method not in {"POST", "PATCH"}:
            continue
        route = api_routes()[address]
        for body in (b"", b"{", b"[]", b'{"nonsense": 1}', b'{"note": "\\u0000"}', b"{}"):
            seen = [
                outcome(client, Asked(method, path, body), person)
                for path in (
                    objects.path(route, "submitted"),
                    objects.path(route, "submitted", **{route.parameters[0]: uuid7()}),
                )
            ]
            assert seen[0] == seen[1], (address, method, body)


def test_a_stale_version_of_a_foreign_object_says_no_more(objects: Objects, client: Client) -> None:
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    for version in ('"1"', '"99"', 'W/"2"', "nonsense"):
        for address, method, name in (
            ("referral-accept", "POST", "submitted"),
            ("referral-detail", "PATCH", "draft"),
            ("patient-detail", "PATCH", "submitted"),
        ):
            parameter = api_routes()[address].parameters[0]
            foreign = objects.ask(address, method, name)
            unknown = objects.ask(address, method, name, **{parameter: uuid7()})
            header = {"If-Match": version}
            assert outcome(client, foreign, person, **header) == outcome(
                client, unknown, person, **header
            ), (address, version)


def _post(address: str, body: Any, **parameters: UUID) -> Asked:
    return Asked("POST", reverse(address, kwargs=parameters), orjson.dumps(body))


def test_a_foreign_patient_cannot_be_referred_or_probed(objects: Objects, client: Client) -> None:
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    body = objects.body("referral-list", "POST", "submitted")
    for submit in (True, False):
        foreign = _post("referral-list", {**body, "submit": submit})
        unknown = _post("referral-list", {**body, "submit": submit, "patient": uuid7()})
        assert outcome(client, foreign, person) == outcome(client, unknown, person)


def test_a_foreign_leg_cannot_be_gone_on_from_or_probed(objects: Objects, client: Client) -> None:
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    body = objects.body("referral-list", "POST", "accepted")
    hidden = objects.legs["down-draft"].pk
    seen = [
        outcome(client, _post("referral-list", {**body, "previous": previous}), person)
        for previous in (hidden, uuid7())
    ]
    assert seen[0] == seen[1]
    assert seen[0].status == 422
    assert list(orjson.loads(seen[0].body)["errors"]) == ["previous"]


def test_filters_by_foreign_ids_find_nothing(objects: Objects, client: Client) -> None:
    """The answer repeats the address asked for only in `next`, which an empty page has not."""
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    leg = objects.legs["submitted"]
    path = reverse("referral-list")
    for name, value in (
        ("patient", leg.patient_id),
        ("episode", leg.episode_id),
        ("text", leg.number),
    ):
        nothing = "ZZ20260101-ABCDEFGH" if name == "text" else uuid7()
        foreign = outcome(client, Asked("GET", f"{path}?{name}={value}"), person)
        assert foreign == outcome(client, Asked("GET", f"{path}?{name}={nothing}"), person)
        assert orjson.loads(foreign.body)["results"] == []


def test_searching_a_foreign_patient_finds_nothing(objects: Objects, client: Client) -> None:
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    mine = objects.world.who("sender", Role.CLINIC_DOCTOR)
    known = _number_of(objects, objects.legs["submitted"].patient_id)
    search = [_post("patient-search", {"identifier": number}) for number in (known, "E99999999")]
    assert outcome(client, search[0], person) == outcome(client, search[1], person)
    assert len(orjson.loads(outcome(client, search[0], mine).body)["results"]) == 1


def _number_of(objects: Objects, patient_id: UUID) -> str:
    with scope.transaction_as(objects.world.doctor("sender")):
        number = Patient.objects.get(pk=patient_id).identifiers.get().value
    return str(number)


def _registration(number: str, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "birth_date": "1961-05-17",
        "gender": "1",
        "identifiers": [{"kind": "passport", "value": number}],
        "consent": {"given": True, "method": "paper", "given_by": "self"},
    }


@pytest.mark.parametrize("name", ["张三", "王五"])
def test_registering_does_not_tell_whether_a_number_is_known(
    name: str, objects: Objects, client: Client
) -> None:
    """A number of somebody known elsewhere, under the same name or another, is answered as a new one."""
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    known = _number_of(objects, objects.legs["submitted"].patient_id)
    # The same first and last signs, so that the masked number is the same.
    fresh = known[:-2] + "ZZ"[: len(known[-2:])]
    shown = []
    for number in (known, fresh):
        seen = outcome(client, _post("patient-list", _registration(number, name)), person)
        assert seen.status == 201
        body = orjson.loads(seen.body)
        identifier = body["identifiers"][0]["value"]
        headers = [(key, value.replace(body["id"], "ID")) for key, value in seen.headers]
        text = seen.body.decode().replace(body["id"], "ID").replace(identifier, "NUMBER")
        shown.append((len(identifier), headers, text, seen.statements))
    assert shown[0] == shown[1]


def test_another_facility_and_none_are_one_to_x_facility(objects: Objects, client: Client) -> None:
    person = objects.world.who("third", Role.CLINIC_DOCTOR)
    asked = Asked("GET", reverse("referral-list"))
    foreign = str(objects.world.facilities["sender"].pk)
    seen = [
        outcome(client, asked, person, **{"X-Facility": facility})
        for facility in (foreign, str(uuid7()))
    ]
    assert seen[0] == seen[1]
    assert seen[0].status == 403


def test_a_doctor_of_another_facility_is_no_doctor(objects: Objects, client: Client) -> None:
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    patient = objects.legs["draft"].patient_id
    elsewhere = objects.world.who("receiver", Role.HOSPITAL_DOCTOR).user.pk
    seen = [
        outcome(
            client,
            _post(
                "patient-contracts",
                {"starts": timezone.localdate(), "doctor": doctor},
                patient_id=patient,
            ),
            person,
        )
        for doctor in (elsewhere, uuid7())
    ]
    assert seen[0] == seen[1]
    assert seen[0].status == 400


def test_parts_belong_to_their_whole(objects: Objects, client: Client) -> None:
    """An attachment, a consent or a contract under another object's address is not there."""
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    other = objects.legs["accepted"]
    parts = {
        "referral-attachment": ("GET", {"referral_id": other.pk}),
        "consent-withdraw": ("POST", {"patient_id": other.patient_id}),
        "contract-end": ("POST", {"patient_id": other.patient_id}),
    }
    for address, (method, whole) in parts.items():
        part = api_routes()[address].parameters[-1]
        foreign = outcome(client, objects.ask(address, method, "submitted", **whole), person)
        unknown = objects.ask(address, method, "submitted", **whole, **{part: uuid7()})
        assert foreign == outcome(client, unknown, person), address
        assert foreign.status == 404


def test_a_foreign_delivery_is_not_there(objects: Objects, client: Client) -> None:
    person = objects.world.who("sender", Role.INTEGRATOR)
    seen = [
        outcome(
            client,
            _post("webhook-redeliver", {"delivery": delivery}, webhook_id=objects.webhook.pk),
            person,
        )
        for delivery in (objects.message.pk, uuid7())
    ]
    assert seen[0] == seen[1]
    assert seen[0].status == 404


def test_an_idempotency_key_is_private_to_its_user(objects: Objects, client: Client) -> None:
    """The key of another person neither replays that person's answer nor is reported as used."""
    body = _post("patient-list", _registration("E70000001", "赵六"))
    key = {"Idempotency-Key": "the-same-key"}
    with transaction.atomic():
        first = body.send(client, objects.world.who("sender", Role.CLINIC_DOCTOR), **key)
        second = body.send(client, objects.world.who("third", Role.CLINIC_DOCTOR), **key)
        transaction.set_rollback(True)
    assert first.status_code == second.status_code == 201
    assert "Idempotent-Replay" not in second.headers


@pytest.mark.parametrize("relation", RELATIONS)
def test_both_nets_hold_the_same(relation: str, objects: Objects) -> None:
    """Row-level security alone shows what the scoped query shows: no more, and no less."""
    for role in ROLES:
        actor = objects.world.who(relation, role).actor
        with scope.transaction_as(actor):
            asked = set(queries.visible_to(actor).values_list("pk", flat=True))
            unasked = set(Referral.objects.values_list("pk", flat=True))
        assert asked == unasked, role


def test_lists_show_only_what_the_matrix_allows(objects: Objects, client: Client) -> None:
    """Every box of every facility holds only legs that the same person could open."""
    path = reverse("referral-list")
    for relation in RELATIONS:
        person = objects.world.who(relation, Role.REFERRAL_OFFICE)
        for box in ("", "inbox", "sent", "tracking", "overdue", "drafts"):
            query = f"?box={box}" if box else ""
            listed = orjson.loads(outcome(client, Asked("GET", path + query), person).body)
            for row in listed["results"]:
                detail = Asked("GET", reverse("referral-detail", args=[row["id"]]))
                assert detail.send(client, person).status_code == 200, (relation, box)
    third = Asked("GET", path).send(client, objects.world.who("third", Role.REFERRAL_OFFICE))
    assert orjson.loads(third.getvalue())["results"] == []
