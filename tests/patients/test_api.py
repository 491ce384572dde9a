"""The patients' endpoints for sender, receiver and stranger: masks, refusals, and no oracle."""

import logging
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actors import Actor
from accounts.ids import uuid7
from config.logs import JsonFormatter
from patients.models import Patient
from tests.facilities.factories import make_region
from tests.patients.conftest import ADULT, OTHER, THIRD, Party, acting, enrol, make_party
from tests.patients.http import LIST, SECRETS, TODAY, Send, audited, body_of, url
from tests.patients.test_access import refer


def test_registration_answers_with_what_was_said_masked(send: Send, sender: Party) -> None:
    make_region("310115")
    answer = send(sender, "post", LIST, body_of(ADULT, region="310115", guardian={"name": "张三"}))
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert answer["Location"] == url(UUID(said["id"]))
    assert "ETag" not in answer
    assert said["name"] == ADULT.name[0] + "*" * (len(ADULT.name) - 1)
    assert said["birth_year"] == ADULT.birth_date.year
    assert said["region"] == {"code": "310115", "name": "浦东新区"}
    assert said["guardian"] == {"name": "张*", "phone": None}
    assert said["identifiers"][0]["value"].count("*") == 8
    assert not [secret for secret in SECRETS if secret in answer.content.decode()]
    events = audited("patient.register")
    assert [event.patient_ids for event in events] == [[UUID(said["id"])]]


def test_the_answer_never_tells_whether_the_person_is_known(
    send: Send, sender: Party, stranger: Party
) -> None:
    """Twins: three facilities say the same; one person is unknown, one known, one known by another name."""
    said = body_of(ADULT, phone=OTHER.phone)
    answers = []
    for world in ("miss", "hit", "conflict"):
        party = make_party()
        point = transaction.savepoint()
        if world == "hit":
            enrol(ADULT, sender)
        if world == "conflict":
            send(stranger, "post", LIST, said | {"name": OTHER.name})
        send(party, "get", LIST)
        with CaptureQueriesContext(connection) as captured:
            answer = send(party, "post", LIST, said)
        number = answer.json()["id"]
        headers = {name: value.replace(number, "ID") for name, value in answer.items()}
        text = answer.content.decode().replace(number, "ID")
        answers.append((answer.status_code, text, headers, len(captured)))
        with acting(Actor.system()):
            assert Patient.objects.count() == (2 if world == "conflict" else 1)
        transaction.savepoint_rollback(point)
    assert answers[0][0] == 201
    assert answers[0] == answers[1] == answers[2]


def test_without_consent_known_and_unknown_are_refused_alike(
    send: Send, sender: Party, stranger: Party
) -> None:
    enrol(ADULT, sender)
    send(stranger, "get", LIST)
    answers = []
    for someone in (ADULT, OTHER):
        said = body_of(someone)
        del said["consent"]
        with CaptureQueriesContext(connection) as captured:
            answer = send(stranger, "post", LIST, said)
        answers.append((answer.status_code, answer.content, dict(answer.items()), len(captured)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert answers[0][1].startswith(b'{"type"')
    assert b"consent-required" in answers[0][1]


def test_ones_own_patient_is_answered_with_the_record(send: Send, sender: Party) -> None:
    patient = enrol(ADULT, sender)
    answer = send(sender, "post", LIST, body_of(ADULT))
    assert (answer.status_code, answer.json()["id"]) == (200, str(patient.pk))
    assert answer["ETag"] == '"1"'


def test_a_repeated_registration_gets_its_first_answer(send: Send, sender: Party) -> None:
    key = str(uuid7())
    first = send(sender, "post", LIST, body_of(ADULT), Idempotency_Key=key)
    again = send(sender, "post", LIST, body_of(ADULT), Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = send(sender, "post", LIST, body_of(OTHER), Idempotency_Key=key)
    assert other.json()["code"] == "idempotency-key-reused"
    with acting(sender.by):
        assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "😀"}, "name"),
        ({"gender": "3"}, "gender"),
        ({"birth_date": "1961-13-01"}, "birth_date"),
        ({"birth_date": "1961-01-01"}, "birth_date"),
        ({"phone": "12"}, "phone"),
        ({"address": "x" * 201}, "address"),
        ({"region": "31"}, "region"),
        ({"region": "999999"}, "region"),
        ({"identifiers": "x"}, "identifiers"),
        ({"identifiers": [{"kind": "x", "value": "1"}]}, "identifiers.0.kind"),
        ({"identifiers": [{"kind": "resident_id", "value": "1"}]}, "identifiers.0.value"),
        ({"identifiers": [{"kind": "passport"}]}, "identifiers.0.value"),
        ({"guardian": {"phone": "12"}}, "guardian.phone"),
        ({"consent": {"given": True}}, "consent.method"),
        ({"consent": "yes"}, "consent"),
        ({"status": "x"}, "status"),
        ({"version": 9}, "version"),
        ({"registered_by": str(uuid7())}, "registered_by"),
        ({"identity_conflict": False}, "identity_conflict"),
        ({"merged_into": str(uuid7())}, "merged_into"),
    ],
)
def test_bad_registrations_name_the_field_and_change_nothing(
    send: Send, sender: Party, changes: dict[str, Any], field: str
) -> None:
    answer = send(sender, "post", LIST, body_of(ADULT, **changes))
    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert any(name.startswith(field) for name in problem["errors"]), problem
    assert not [secret for secret in SECRETS if secret in answer.content.decode()]
    with acting(Actor.system()):
        assert not Patient.objects.exists()


def test_a_child_needs_its_guardian(send: Send, sender: Party) -> None:
    child = {
        "name": "小明",
        "gender": "1",
        "birth_date": f"{TODAY.year - 5}-01-01",
        "consent": {"given": True, "method": "paper", "given_by": "self"},
    }
    answer = send(sender, "post", LIST, child)
    assert (answer.status_code, answer.json()["code"]) == (422, "guardian-consent-required")
    child["consent"] |= {"given_by": "guardian", "guardian_name": "张三"}  # type: ignore[operator]
    assert send(sender, "post", LIST, child).status_code == 201


def test_receivers_read_and_strangers_get_what_everybody_gets_for_nothing(
    send: Send, sender: Party, receiver: Party, stranger: Party
) -> None:
    patient = enrol(ADULT, sender)
    refer(patient, sender, receiver)
    for party in (sender, receiver):
        answer = send(party, "get", url(patient))
        assert answer.status_code == 200
        assert answer["ETag"] == '"1"'
        assert not [secret for secret in SECRETS if secret in answer.content.decode()]
    assert len(audited("patient.view")) == 2
    send(stranger, "get", LIST)
    consent, contract = ("consents", uuid7(), "withdraw"), ("contracts", uuid7(), "end")
    signing = {"starts": TODAY.isoformat()}
    agreeing = {"purpose": "referral", "given": True, "method": "paper", "given_by": "self"}
    for method, rest, body in (
        ("get", (), None),
        ("patch", (), {"deceased": True}),
        ("post", ("reveal",), {"reason": "treatment"}),
        ("get", ("consents",), None),
        ("post", ("consents",), agreeing),
        ("post", consent, {}),
        ("get", ("contracts",), None),
        ("post", ("contracts",), signing),
        ("post", contract, {}),
    ):
        seen = set()
        for number in (patient.pk, uuid7()):
            with CaptureQueriesContext(connection) as captured:
                answer = send(stranger, method, url(number, *rest), body)
            assert answer.status_code == 404, (method, rest, answer.content)
            headers = tuple(sorted(answer.items()))
            seen.add((answer.status_code, answer.content, headers, len(captured)))
        assert len(seen) == 1, (method, rest)
    missing = send(stranger, "get", url(uuid7()))
    own = send(sender, "post", url(patient, "consents", uuid7(), "withdraw"), {})
    assert own.content == missing.content


def test_the_list_pages_newest_first_and_is_masked(send: Send, sender: Party) -> None:
    patients = [enrol(someone, sender) for someone in (ADULT, OTHER, THIRD)]
    first = send(sender, "get", f"{LIST}?limit=2").json()
    second = send(sender, "get", first["next"]).json()
    listed = [row["id"] for row in first["results"] + second["results"]]
    assert listed == [str(row.pk) for row in reversed(patients)]
    assert (first["previous"], second["next"]) == (None, None)
    assert send(sender, "get", second["previous"]).json()["results"] == first["results"]
    assert [len(event.patient_ids) for event in audited("patient.search")] == [2, 1, 2]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_the_same_statements_for_any_number_of_rows(
    send: Send, sender: Party, rows: int
) -> None:
    for someone in (ADULT, OTHER, THIRD)[:rows]:
        enrol(someone, sender)
    send(sender, "get", LIST)
    with CaptureQueriesContext(connection) as captured:
        send(sender, "get", LIST)
    assert len(captured) <= 7, [each["sql"] for each in captured]


def test_search_by_body_keeps_numbers_out_of_urls(send: Send, sender: Party) -> None:
    patient = enrol(ADULT, sender)
    enrol(OTHER, sender)
    for criteria in (
        {"identifier": ADULT.resident_id},
        {"phone": ADULT.phone},
        {"name": ADULT.name, "phone": ADULT.phone},
    ):
        answer = send(sender, "post", f"{LIST}search/", criteria)
        assert answer.status_code == 200, answer.content
        assert [row["id"] for row in answer.json()["results"]] == [str(patient.pk)]
    paged = send(sender, "post", f"{LIST}search/?limit=1", {"name": ADULT.name[0]})
    assert paged.status_code == 200
    query = send(sender, "get", f"{LIST}?phone={ADULT.phone}")
    assert [row["id"] for row in query.json()["results"]] == [str(patient.pk)]


@pytest.mark.parametrize(
    "query",
    ["?x=1", "?name__contains=a", "?_connector=OR", "?name=a&name=b", "?limit=0", "?limit=999",
     "?cursor=zzz", "?name=%00", f"?identifier={'1' * 41}"],
)  # fmt: skip
def test_unknown_and_impossible_parameters_are_refused(
    send: Send, sender: Party, query: str
) -> None:
    assert send(sender, "get", LIST + query).status_code == 400


@pytest.mark.parametrize("body", [{}, {"x": 1}, {"name": 5}, {"name": ""}, {"identifier": None}])
def test_impossible_searches_are_refused(send: Send, sender: Party, body: dict[str, Any]) -> None:
    assert send(sender, "post", f"{LIST}search/", body).status_code == 400


def test_no_log_holds_a_particular(send: Send, sender: Party, stranger: Party) -> None:
    """Canaries go through every endpoint, good and bad; the log lines are written as in production."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        made = send(sender, "post", LIST, body_of(ADULT))
        patient = UUID(made.json()["id"])
        for party in (sender, stranger):
            send(party, "post", LIST, body_of(ADULT, name=OTHER.name))
            send(party, "post", LIST, body_of(ADULT, phone=f"{ADULT.phone}0"))
            send(party, "get", f"{LIST}?identifier={ADULT.resident_id}&phone={ADULT.phone}")
            send(party, "get", f"{LIST}?identifier={ADULT.resident_id}&x=1")
            send(party, "post", f"{LIST}search/", {"name": ADULT.name})
            send(party, "patch", url(patient), {"address": ADULT.address})
            send(party, "post", url(patient, "reveal"), {"reason": "verify"})
            send(party, "get", f"{LIST}{ADULT.resident_id}/")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    lines = stream.getvalue()
    assert '"message":"request"' in lines
    url_free = lines.replace(f"{LIST}{ADULT.resident_id}/", "")
    assert not [secret for secret in SECRETS if secret in url_free]
