"""Search: only among one's own, by whole numbers and beginnings of names, a page at a time."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import Actor
from accounts.ids import uuid7
from patients import actions, names, queries
from patients.models import AccessPurpose, IdentifierKind, Patient
from tests.patients.conftest import ADULT, OTHER, YES, Party, acting, enrol
from tests.patients.test_access import refer


def named(name: str, party: Party) -> Patient:
    with acting(party.by):
        said = replace(ADULT.said(), name=name, identifiers=(), phone=None)
        return actions.register(said, consent=YES, by=party.by).patient


def found(party: Party, **criteria: str) -> set[Patient]:
    with acting(party.by):
        return {row.patient for row in queries.search(party.by, **criteria)}


def test_a_whole_number_of_any_kind_finds_its_bearer(sender: Party) -> None:
    said = replace(
        ADULT.said(),
        identifiers=(*ADULT.said().identifiers, (IdentifierKind.PASSPORT, "E12345678")),
    )
    with acting(sender.by):
        patient = actions.register(said, consent=YES, by=sender.by).patient
    enrol(OTHER, sender)
    lower = f" {ADULT.resident_id[:6]} {ADULT.resident_id[6:].lower()} "
    for typed in (ADULT.resident_id, lower, "e1234 5678"):
        assert found(sender, identifier=typed) == {patient}
    for typed in (ADULT.resident_id[:17], ADULT.resident_id[:6], "E1234567", "%", ""):
        assert found(sender, identifier=typed) == set()


def test_a_whole_telephone_number_finds_its_owner(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    enrol(OTHER, sender)
    assert found(sender, phone=f"+86 {ADULT.phone}") == {patient}
    assert found(sender, phone=ADULT.phone[:10]) == set()
    assert found(sender, phone="nonsense") == set()


@pytest.mark.parametrize("typed", ["单", "单雄", "shan", "danxiong", "sxx", "DXX", "单xiong"])
def test_the_beginning_of_a_name_finds_it_in_every_reading(sender: Party, typed: str) -> None:
    patient = named("单雄信", sender)
    named("王伯当", sender)
    assert found(sender, name=typed) == {patient}


def test_everything_given_must_match(sender: Party) -> None:
    patient = enrol(ADULT, sender)
    assert found(sender, name=ADULT.name[0], phone=ADULT.phone) == {patient}
    assert found(sender, name=ADULT.name[0], phone=OTHER.phone) == set()


def test_nobody_finds_the_patients_of_others(sender: Party, stranger: Party) -> None:
    enrol(ADULT, sender)
    for criteria in (
        {},
        {"identifier": ADULT.resident_id},
        {"phone": ADULT.phone},
        {"name": ADULT.name},
    ):
        assert found(stranger, **criteria) == set()
    nobody = Actor.without_post(user_id=stranger.user.pk, name="")
    with acting(nobody):
        assert not queries.search(nobody).exists()


def test_the_search_filters_by_itself_where_row_security_would_not(
    sender: Party, stranger: Party
) -> None:
    """Both nets hold alone: here the policies are opened, and the query still shows nothing."""
    enrol(ADULT, sender)
    with acting(Actor.system()):
        assert not queries.search(stranger.by).exists()
        assert not queries.visible_to(stranger.by).exists()
        assert queries.find_many([], stranger.by) == {}
        assert queries.search(sender.by).count() == 1


def test_a_patient_with_several_grants_is_listed_once(sender: Party, receiver: Party) -> None:
    patient = enrol(ADULT, sender)
    for _time in range(3):
        refer(patient, sender, receiver)
    with acting(receiver.by):
        rows = list(queries.search(receiver.by).order_by("-patient_id"))
    assert [row.patient for row in rows] == [patient]


def test_access_that_ended_is_not_listed(sender: Party, receiver: Party) -> None:
    patient = enrol(ADULT, sender)
    reference = refer(patient, sender, receiver)
    with acting(receiver.by):
        actions.grant_access(
            patient.pk,
            receiver.facility.pk,
            purpose=AccessPurpose.REFERRAL,
            reference=uuid7(),
            starts=patient.created_at,
            ends=patient.created_at,
            by=receiver.by,
        )
    assert found(receiver) == {patient}
    with acting(sender.by):
        actions.end_access(reference, receiver.facility.pk, ends=patient.created_at, by=sender.by)
    assert found(receiver) == set()


def test_a_hit_and_a_miss_run_the_same_statements(sender: Party, stranger: Party) -> None:
    enrol(ADULT, sender)
    counts = set()
    for someone in (ADULT, OTHER):
        with acting(stranger.by), CaptureQueriesContext(connection) as captured:
            list(queries.search(stranger.by, identifier=someone.resident_id))
        counts.add(len(captured))
    assert counts == {1}


def test_indexes_serve_the_searches_under_row_security(sender: Party) -> None:
    """The conditions that decide must reach their indexes; a filter above the policy would not."""
    enrol(ADULT, sender)
    conditions = {
        "identifier_value": "patients_identifier WHERE value_index = 'x'",
        "patient_phone": "patients_patient WHERE phone_index = 'x'",
        "nameindex_tokens": "patients_nameindex WHERE tokens && '{1}'",
    }
    with acting(sender.by), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for index, condition in conditions.items():
            cursor.execute(f"EXPLAIN SELECT 1 FROM {condition}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert f"{index}  (cost" in plan or f"{index} on" in plan, plan
            assert "Index Cond" in plan


def test_tokens_reach_the_database_whole(sender: Party) -> None:
    """A token has 63 bits; a parameter that lost its upper half would find others or nobody."""
    patient = named("单雄信", sender)
    with acting(sender.by):
        sql, values = queries.search(sender.by, name="单雄信").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
    assert str(names.query_tokens("单雄信")[0]) in plan
    assert found(sender, name="单雄信") == {patient}
