"""The endpoints that change a record or show it in full: corrections, reveal, roles, agreements."""

from typing import Any

import pytest
from django.test import Client

from accounts.ids import uuid7
from accounts.permissions import Role
from tests.patients.conftest import ADULT, OTHER, Party, enrol, make_party
from tests.patients.http import LIST, TODAY, Send, audited, body_of, url
from tests.patients.test_access import refer


def test_corrections_need_the_version_that_was_read(send: Send, sender: Party) -> None:
    patient = enrol(ADULT, sender)
    tag = send(sender, "get", url(patient))["ETag"]
    changes = {"phone": OTHER.phone, "guardian": {"name": "李小明", "phone": None}}
    answer = send(sender, "patch", url(patient), changes, If_Match=tag)
    assert answer.status_code == 200, answer.content
    assert (answer["ETag"], answer.json()["version"]) == ('"2"', 2)
    assert answer.json()["guardian"] == {"name": "李**", "phone": None}
    stale = send(sender, "patch", url(patient), {"deceased": True}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    cleared = send(sender, "patch", url(patient), {"guardian": None, "address": None})
    assert (cleared.json()["guardian"], cleared.json()["address"]) == (None, None)
    assert next(event.detail["fields"] for event in audited("patient.update")) == [
        "guardian_name",
        "guardian_phone",
        "phone",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"id": str(uuid7())}, "id"),
        ({"version": 5}, "version"),
        ({"created_at": "2020-01-01"}, "created_at"),
        ({"health_record_no": "1"}, "health_record_no"),
        ({"deceased": "perhaps"}, "deceased"),
        ({"name": None}, "name"),
        ({"guardian": {"x": 1}}, "guardian.x"),
    ],
)
def test_bad_corrections_name_the_field(
    send: Send, sender: Party, body: dict[str, Any], field: str
) -> None:
    patient = enrol(ADULT, sender)
    answer = send(sender, "patch", url(patient), body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_full_values_need_a_reason_and_leave_a_trace(send: Send, sender: Party) -> None:
    patient = enrol(ADULT, sender)
    for body in ({}, {"reason": ""}, {"reason": "curiosity"}):
        assert send(sender, "post", url(patient, "reveal"), body).status_code == 400
    answer = send(sender, "post", url(patient, "reveal"), {"reason": "contact"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    shown = answer.json()
    assert (shown["name"], shown["phone"], shown["address"]) == (
        ADULT.name,
        ADULT.phone,
        ADULT.address,
    )
    assert shown["identifiers"][0]["value"] == ADULT.resident_id
    events = audited("patient.reveal.contact")
    assert [(event.actor_id, event.patient_ids) for event in events] == [
        (sender.user.pk, [patient.pk])
    ]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.CLINIC_DOCTOR, {"view", "edit", "reveal"}),
        (Role.HOSPITAL_DOCTOR, {"view", "edit", "reveal"}),
        (Role.REFERRAL_OFFICE, {"view", "edit", "reveal"}),
        (Role.INTEGRATOR, {"view", "edit"}),
        (Role.CLINIC_MANAGER, set()),
        (Role.ALLIANCE_MANAGER, set()),
        (Role.AUDITOR, set()),
        (Role.SYSTEM_ADMIN, set()),
    ],
)
def test_roles(send: Send, db: None, role: Role, allowed: set[str]) -> None:
    party = make_party(role=role)
    calls = {
        "view": send(party, "get", LIST),
        "edit": send(party, "post", LIST, body_of(ADULT)),
        "reveal": send(party, "post", url(uuid7(), "reveal"), {"reason": "treatment"}),
    }
    codes = {name: answer.json().get("code") for name, answer in calls.items()}
    assert {name for name, code in codes.items() if code != "no-permission"} == allowed


def test_nobody_without_a_token(client: Client, db: None) -> None:
    for method, where in (("get", LIST), ("post", f"{LIST}search/"), ("get", url(uuid7()))):
        answer = getattr(client, method)(where)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")


def test_consents_are_recorded_listed_and_withdrawn(
    send: Send, sender: Party, receiver: Party
) -> None:
    patient = enrol(ADULT, sender)
    said = {"purpose": "data_sharing", "given": True, "method": "screen", "given_by": "self"}
    made = send(sender, "post", url(patient, "consents"), said | {"note": "口头说明"})
    assert made.status_code == 201, made.content
    consent = made.json()
    assert (consent["live"], consent["facility"]["id"]) == (True, str(sender.facility.pk))
    assert consent["recorded_by"]["id"] == str(sender.user.pk)
    listed = send(sender, "get", url(patient, "consents")).json()["results"]
    assert next(row["purpose"] for row in listed) == "data_sharing"
    assert len(listed) == 3
    refer(patient, sender, receiver)
    where = url(patient, "consents", consent["id"], "withdraw")
    assert send(receiver, "post", where, {}).json()["code"] == "recorded-elsewhere"
    withdrawn = send(sender, "post", where, {}).json()
    assert (withdrawn["live"], withdrawn["withdrawn_at"] is not None) == (False, True)
    again = send(sender, "post", where, {})
    assert (again.status_code, again.json()["code"]) == (409, "consent-not-live")
    assert send(sender, "post", where, {"x": 1}).status_code == 400
    bad = send(sender, "post", url(patient, "consents"), said | {"purpose": "research"})
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["purpose"])


def test_contracts_are_signed_listed_and_ended(send: Send, sender: Party) -> None:
    patient = enrol(ADULT, sender)
    said = {"starts": TODAY.isoformat(), "doctor": str(sender.user.pk)}
    made = send(sender, "post", url(patient, "contracts"), said)
    assert made.status_code == 201, made.content
    contract = made.json()
    assert (contract["in_force"], contract["doctor"]["id"]) == (True, str(sender.user.pk))
    overlap = send(sender, "post", url(patient, "contracts"), said)
    assert (overlap.status_code, overlap.json()["code"]) == (409, "contract-overlaps")
    listed = send(sender, "get", url(patient, "contracts")).json()["results"]
    assert [row["id"] for row in listed] == [contract["id"]]
    where = url(patient, "contracts", contract["id"], "end")
    ended = send(sender, "post", where, {}).json()
    assert (ended["in_force"], ended["ends"]) == (False, TODAY.isoformat())
    again = send(sender, "post", where, {"ends": "2020-01-01"})
    assert (again.status_code, again.json()["code"]) == (409, "contract-ended")
