"""What one line of the audit trail holds, and what the database refuses to do to it."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.actors import Actor
from accounts.ids import uuid7
from audit import queries, record
from audit.models import SYSTEM_CHAIN, AccessEvent, ChangeEvent, Event
from audit.verify import Line, digest, genesis
from tests.audit.people import doctor

pytestmark = pytest.mark.django_db


def test_a_read_is_one_insert(django_assert_num_queries: object) -> None:
    """One statement, whatever the trigger does inside."""
    with django_assert_num_queries(1):  # type: ignore[operator]
        record.read(doctor(), what="referral.view", patients=[uuid7()], referrals=[uuid7()])


def test_a_line_says_who_where_what_and_whom() -> None:
    """Ids, role and codes; no name."""
    by, patient, referral = doctor(), uuid7(), uuid7()
    record.read(by, what="referral.view", patients=[patient], referrals=[referral])
    event = AccessEvent.objects.get()
    assert (event.actor_id, event.facility_id, event.chain) == (
        by.user_id,
        by.facility_id,
        by.facility_id,
    )
    assert (event.actor_role, event.what, event.result) == ("clinic_doctor", "referral.view", "ok")
    assert (event.patient_ids, event.referral_ids) == ([patient], [referral])
    assert event.seq == 1


def test_a_change_keeps_names_only() -> None:
    """Fields and states by name."""
    record.change(
        doctor(),
        what="referral.accept",
        referral=uuid7(),
        fields=["status"],
        before="submitted",
        after="accepted",
    )
    assert ChangeEvent.objects.get().detail == {
        "fields": ["status"],
        "before": "submitted",
        "after": "accepted",
    }


@pytest.mark.parametrize("value", ["张三", "13800138000", "name: Li", "A" * 80, "a b", ""])
def test_a_value_is_refused(value: str) -> None:
    """What is no name cannot get in, neither as a field nor as a code."""
    with pytest.raises(ValueError, match="audit trail"):
        record.change(doctor(), what="patient.update", patient=uuid7(), fields=[value])
    with pytest.raises(ValueError, match="audit trail"):
        record.read(doctor(), what=value)


def test_the_system_has_a_chain_of_its_own() -> None:
    """Without a facility, the zero chain."""
    record.change(Actor.system(), what="referral.expire", referral=uuid7())
    event = Event.objects.get()
    assert (event.chain, event.facility_id, event.actor_role) == (SYSTEM_CHAIN, None, "")


def test_chains_of_two_facilities_are_apart_and_start_at_one() -> None:
    """Each facility counts for itself."""
    one, two = doctor(), doctor()
    for by in (one, two, one):
        record.read(by, what="patient.view")
    assert list(queries.of_facility(one.facility_id or SYSTEM_CHAIN).values_list("seq")) == [
        (2,),
        (1,),
    ]
    assert list(queries.of_facility(two.facility_id or SYSTEM_CHAIN).values_list("seq")) == [(1,)]


def test_python_computes_the_hash_that_the_trigger_computed() -> None:
    """Also with quotes, Chinese and empty lists in it."""
    by = doctor()
    record.change(by, what="patient.update", patient=uuid7(), fields=["name", "phone"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT chain, seq, id, at, kind, actor_id, actor_role, facility_id, what,"
            " array_to_string(patient_ids, ' '), array_to_string(referral_ids, ' '), result,"
            " detail::text, prev_hash, hash FROM audit_event"
        )
        line = Line._make(cursor.fetchone())
    assert by.facility_id is not None
    assert bytes(line.prev_hash) == genesis(by.facility_id)
    assert bytes(line.hash) == digest(line, genesis(by.facility_id))


def test_who_looked_is_found_by_patient_referral_and_person() -> None:
    """The three questions of a data-protection officer."""
    by, patient, referral = doctor(), uuid7(), uuid7()
    record.read(by, what="referral.view", patients=[patient], referrals=[referral])
    record.read(doctor(), what="patient.view", patients=[uuid7()])
    expected = Event.objects.get(actor_id=by.user_id)
    assert by.user_id is not None
    assert list(queries.about_patient(patient)) == [expected]
    assert list(queries.about_referral(referral)) == [expected]
    assert list(queries.by_person(by.user_id)) == [expected]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET what = 'x'",
        "DELETE FROM audit_event",
        "UPDATE audit_chainhead SET seq = 0",
        "DELETE FROM audit_chainhead",
        "INSERT INTO audit_chainhead VALUES (gen_random_uuid(), 1, 'x')",
    ],
)
def test_the_application_role_cannot_change_anything(statement: str) -> None:
    """Neither events nor heads."""
    record.read(doctor(), what="patient.view")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET what = 'x'", "DELETE FROM audit_event"]
)
def test_even_the_owner_is_refused_by_the_trigger(statement: str) -> None:
    """A slip of an administrator does not pass; a criminal one is found by verify_audit."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (id, chain, seq, at, kind, actor_role, what, patient_ids,"
            " referral_ids, result, detail, prev_hash, hash) VALUES (gen_random_uuid(),"
            " gen_random_uuid(), 0, now(), 'access', '', 'x', '{}', '{}', 'ok', '{}', '', '')"
        )
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(using="owner"),
        ):
            cursor.execute(statement)


def test_what_the_application_says_of_the_chain_is_overwritten() -> None:
    """Sequence, time and hashes are the database's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (id, chain, seq, at, kind, actor_role, what, patient_ids,"
            " referral_ids, result, detail, prev_hash, hash) VALUES (gen_random_uuid(), %s, 77,"
            " '2001-01-01', 'access', '', 'x', '{}', '{}', 'ok', '{}', 'forged', 'forged')",
            [UUID(int=5)],
        )
    event = Event.objects.get()
    assert event.seq == 1
    assert event.at.year > 2001
    assert bytes(event.prev_hash) == genesis(UUID(int=5))
    assert len(bytes(event.hash)) == 32


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    """The line belongs to the transaction of what it tells."""
    with pytest.raises(RuntimeError):
        record.read(doctor(), what="patient.view")
    assert not Event.objects.exists()
