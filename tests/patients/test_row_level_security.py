"""Row-level security, asked by raw SQL as the application's own role: the net under forgotten filters."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from accounts.ids import uuid7
from patients import actions
from patients.models import AccessPurpose, Patient
from tests.patients.conftest import ADULT, NOBODY, OTHER, Party, acting, enrol

TABLES = (
    "patients_patient",
    "patients_identifier",
    "patients_consent",
    "patients_familydoctorcontract",
    "patients_accessgrant",
)


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def everything() -> dict[str, int]:
    return {table: rows(table) for table in TABLES}


def run(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))  # type: ignore[arg-type]
        return int(cursor.rowcount)


def is_refused(statement: str, *values: object) -> bool:
    """Say whether the policies refuse the statement; any other failure is a failure of the test."""
    try:
        with transaction.atomic():
            run(statement, *values)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != "42501":
            raise
        return True
    return False


@pytest.fixture
def patient(sender: Party) -> Patient:
    known = enrol(ADULT, sender)
    with acting(sender.by):
        actions.sign_contract(known.pk, starts=timezone.localdate(), by=sender.by)
    return known


def test_the_application_role_is_bound_by_the_policies(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls, (SELECT bool_or(tableowner = current_user) "
            "FROM pg_tables WHERE schemaname = 'public') FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname = ANY(%s) "
            "AND relrowsecurity AND relforcerowsecurity",
            [[*TABLES, "patients_nameindex"]],
        )
        assert cursor.fetchone() == (len(TABLES) + 1,)


def test_without_a_scope_there_is_nothing(patient: Patient) -> None:
    assert everything() == dict.fromkeys(TABLES, 0)
    with acting(NOBODY):
        assert everything() == dict.fromkeys(TABLES, 0)


def test_another_facility_sees_nothing(patient: Patient, stranger: Party) -> None:
    with acting(stranger.by):
        assert everything() == dict.fromkeys(TABLES, 0)


def test_the_facility_with_a_grant_sees_its_patient(patient: Patient, sender: Party) -> None:
    with acting(sender.by):
        assert everything() == {
            "patients_patient": 1,
            "patients_identifier": 1,
            "patients_consent": 2,
            "patients_familydoctorcontract": 1,
            "patients_accessgrant": 2,
        }


def test_the_system_sees_everything(patient: Patient) -> None:
    with acting(Actor.system()):
        assert all(count > 0 for count in everything().values())


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_the_owner_without_a_scope_sees_nothing_either(sender: Party) -> None:
    enrol(ADULT, sender)
    with connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table


def test_being_the_registering_facility_gives_nothing_after_the_grant_ended(
    patient: Patient, sender: Party
) -> None:
    with acting(Actor.system()):
        run("UPDATE patients_accessgrant SET ends = starts")
    with acting(sender.by):
        assert rows("patients_patient") == 0
        assert rows("patients_identifier") == 0


def test_a_grant_counts_from_its_start(patient: Patient, sender: Party, receiver: Party) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    with acting(sender.by):
        actions.grant_access(
            patient.pk,
            receiver.facility.pk,
            purpose=AccessPurpose.REFERRAL,
            reference=uuid7(),
            starts=tomorrow,
            by=sender.by,
        )
    with acting(receiver.by):
        assert rows("patients_patient") == 0


def test_nobody_deletes(patient: Patient, sender: Party) -> None:
    for by in (sender.by, Actor.system()):
        with acting(by):
            assert sum(run(f"DELETE FROM {table}") for table in TABLES) == 0


def _insert_patient(facility: UUID) -> bool:
    return is_refused(
        "INSERT INTO patients_patient (id, registered_by_id, name, gender, birth_date, deceased, "
        "identity_conflict, version, created_at, updated_at) "
        "VALUES (%s, %s, 'x', '1', '1990-01-01', false, false, 1, now(), now())",
        uuid7(),
        facility,
    )


def _insert_identifier(patient: UUID) -> bool:
    return is_refused(
        "INSERT INTO patients_identifier (id, patient_id, kind, value, value_index, created_at) "
        "VALUES (%s, %s, 'passport', 'x', %s, now())",
        uuid7(),
        patient,
        uuid7().bytes,
    )


def _insert_consent(patient: UUID, facility: UUID) -> bool:
    return is_refused(
        "INSERT INTO patients_consent (id, patient_id, facility_id, purpose, given, method, given_by, "
        "recorded_at) VALUES (%s, %s, %s, 'referral', true, 'paper', 'self', now())",
        uuid7(),
        patient,
        facility,
    )


def _insert_contract(patient: UUID, facility: UUID) -> bool:
    return is_refused(
        "INSERT INTO patients_familydoctorcontract (id, patient_id, facility_id, starts, created_at) "
        "VALUES (%s, %s, %s, '2031-01-01', now())",
        uuid7(),
        patient,
        facility,
    )


def _insert_grant(patient: UUID, facility: UUID, giver: UUID, purpose: str) -> bool:
    return is_refused(
        "INSERT INTO patients_accessgrant (id, patient_id, facility_id, purpose, reference, "
        "granted_by_id, starts) VALUES (%s, %s, %s, %s, %s, %s, now())",
        uuid7(),
        patient,
        facility,
        purpose,
        None if purpose == "registration" else uuid7(),
        giver,
    )


def test_a_facility_writes_for_itself_and_only_on_patients_it_sees(
    patient: Patient, sender: Party, stranger: Party
) -> None:
    mine, theirs = sender.facility.pk, stranger.facility.pk
    with acting(stranger.by):
        assert _insert_patient(mine)
        assert _insert_patient(theirs)  # no grant was admitted first
        assert _insert_identifier(patient.pk)
        assert _insert_consent(patient.pk, theirs)
        assert _insert_contract(patient.pk, theirs)
        assert run("UPDATE patients_patient SET deceased = true") == 0
        assert run("UPDATE patients_consent SET withdrawn_at = clock_timestamp()") == 0
        assert is_refused(
            "INSERT INTO patients_nameindex (patient_id, tokens) VALUES (%s, '{1}')", patient.pk
        )
        assert run("UPDATE patients_nameindex SET tokens = '{1}'") == 0
    with acting(sender.by):
        assert _insert_consent(patient.pk, theirs)
        assert _insert_contract(patient.pk, theirs)
        assert not _insert_identifier(patient.pk)
        assert not _insert_consent(patient.pk, mine)


def test_a_facility_grants_only_what_it_has_in_its_own_name(
    patient: Patient, sender: Party, stranger: Party
) -> None:
    mine, theirs = sender.facility.pk, stranger.facility.pk
    with acting(stranger.by):
        for purpose in AccessPurpose.values:
            assert _insert_grant(patient.pk, theirs, theirs, purpose)
            assert _insert_grant(patient.pk, theirs, mine, purpose)
        assert run("UPDATE patients_accessgrant SET facility_id = %s", theirs) == 0
    with acting(sender.by):
        assert _insert_grant(patient.pk, theirs, theirs, "referral")
        assert _insert_grant(patient.pk, theirs, mine, "contract")
        assert _insert_grant(patient.pk, theirs, mine, "registration")
        assert run("UPDATE patients_accessgrant SET ends = NULL") == 0
        assert not _insert_grant(patient.pk, theirs, mine, "referral")
    with acting(stranger.by):
        assert rows("patients_patient") == 1


def test_a_facility_does_not_merge_by_plain_sql(patient: Patient, sender: Party) -> None:
    other = enrol(OTHER, sender)
    with acting(sender.by):
        assert is_refused(
            "UPDATE patients_patient SET merged_into_id = %s WHERE id = %s", other.pk, patient.pk
        )


def test_a_consent_is_only_ever_withdrawn(patient: Patient, sender: Party) -> None:
    with acting(sender.by):
        assert is_refused("UPDATE patients_consent SET method = 'screen'")
        assert run("UPDATE patients_consent SET withdrawn_at = clock_timestamp()") == 2
        assert run("UPDATE patients_consent SET withdrawn_at = clock_timestamp()") == 0


def _system() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('scope.system', true)")
        row = cursor.fetchone()
        return row[0] if row else None


Call = Callable[[Patient, Patient], tuple[str, list[object]]]
CALLS: dict[str, Call] = {
    "admit": lambda _known, _other: (
        "SELECT patients_admit(%s, %s, '{}', '{}', 1, '1990-01-01')",
        [uuid7(), uuid7()],
    ),
    "admit an id in use": lambda known, _other: (
        "SELECT patients_admit(%s, %s, '{}', '{}', 1, '1990-01-01')",
        [known.pk, uuid7()],
    ),
    "end": lambda _known, _other: ("SELECT patients_end_access(%s, %s, now())", [uuid7(), uuid7()]),
    "merge": lambda known, other: ("SELECT patients_merge(%s, %s, now())", [known.pk, other.pk]),
    "merge into itself": lambda known, _other: (
        "SELECT patients_merge(%s, %s, now())",
        [known.pk, known.pk],
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_function_leaves_the_system_flag_up(name: str, patient: Patient, sender: Party) -> None:
    """Whether it succeeds or fails, what follows in the transaction sees what it saw before."""
    other = enrol(OTHER, sender)
    with acting(sender.by):
        statement, values = CALLS[name](patient, other)
        point = transaction.savepoint()
        try:
            run(statement, *values)
        except DatabaseError:
            transaction.savepoint_rollback(point)
            assert name.endswith(("in use", "into itself"))
        assert _system() == ""
        transaction.savepoint_rollback(point)
    with acting(NOBODY):
        assert rows("patients_patient") == 0
    with acting(Actor.system()):
        assert _system() == "on"


def test_the_functions_ask_for_a_scope_themselves(
    patient: Patient, sender: Party, stranger: Party
) -> None:
    other = enrol(OTHER, sender)
    for by in (NOBODY, stranger.by):
        with acting(by):
            assert is_refused("SELECT patients_merge(%s, %s, now())", other.pk, patient.pk)
    with acting(NOBODY):
        assert is_refused(
            "SELECT patients_admit(%s, %s, '{}', '{}', 1, '1990-01-01')", uuid7(), uuid7()
        )


def test_admission_cannot_be_used_to_reach_a_known_id(patient: Patient, stranger: Party) -> None:
    with acting(stranger.by):
        with pytest.raises(DatabaseError), transaction.atomic():
            run("SELECT patients_admit(%s, %s, '{}', '{}', 1, '1990-01-01')", patient.pk, uuid7())
        assert rows("patients_patient") == 0


def test_the_scope_ends_with_its_transaction(db: None) -> None:
    with transaction.atomic():
        scope.enter(NOBODY)
    assert _system() == ""


def test_every_pair_of_policy_and_table_is_there(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, array_agg(cmd::text ORDER BY cmd) FROM pg_policies "
            "WHERE tablename LIKE 'patients_%%' GROUP BY 1 ORDER BY 1"
        )
        found = dict(cursor.fetchall())
    write = ["INSERT", "SELECT", "UPDATE"]
    assert found == {
        "patients_accessgrant": write,
        "patients_consent": write,
        "patients_familydoctorcontract": write,
        "patients_identifier": ["INSERT", "SELECT"],
        "patients_nameindex": write,
        "patients_patient": write,
    }
