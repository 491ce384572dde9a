"""Two roles: the owner migrates, the application may touch rows, and of some tables only add them."""

import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.utils import ProgrammingError

from config.launch.steps import ROOT


def _rights(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = current_user AND table_name = %s",
            [table],
        )
        return {str(right) for (right,) in cursor.fetchall()}


@pytest.mark.django_db
def test_the_application_runs_as_a_role_that_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("referral_app", False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_append_only_tables_take_no_change() -> None:
    for table in settings.APPEND_ONLY_TABLES:
        assert _rights(table) == {"SELECT", "INSERT"}, table


@pytest.mark.django_db
def test_the_parts_of_a_table_are_reached_through_it_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
        parts = [str(part) for (part,) in cursor.fetchall()]
    assert "notifications_attempt_other" in parts
    for part in parts:
        assert _rights(part) <= {"MAINTAIN"}, part


@pytest.mark.django_db
def test_append_only_tables_exist_and_the_rest_is_writable() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    assert set(settings.APPEND_ONLY_TABLES) <= tables
    assert _rights("django_migrations") == {"SELECT"}
    assert _rights("accounts_user") == {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.mark.django_db
def test_the_application_cannot_change_the_schema() -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("CREATE TABLE public.mine (id int)")


@pytest.mark.django_db
def test_the_servers_own_limits_are_set_for_the_application() -> None:
    with connection.cursor() as cursor:
        for name, value in (
            ("statement_timeout", "5s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "5s"),
        ):
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone() == (value,)


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_setting_up_twice_changes_nothing() -> None:
    before = {table: _rights(table) for table in connection.introspection.table_names()}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        migrations = cursor.fetchone()
    call_command("setup_database", verbosity=0)
    assert {table: _rights(table) for table in before} == before
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone() == migrations


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "DATABASE_URL", "REDIS_URL"])
def test_a_missing_variable_is_a_sentence(name: str, tmp_path: object) -> None:
    env = {key: value for key, value in os.environ.items() if key != name}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={**env, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert (
        f"{name} is not set: start with `make run`, or set it as docs/operations.md says."
        in done.stderr
    )


def test_a_replica_is_read_only_and_migrates_nothing_and_is_there_only_when_it_is_named() -> None:
    told = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django.db import router\n"
        "entry = settings.DATABASES.get('replica')\n"
        "print(entry and 'default_transaction_read_only=on' in entry['OPTIONS']['options'],"
        " entry and entry.get('ATOMIC_REQUESTS', False), len(settings.DATABASE_ROUTERS),"
        " router.allow_migrate('replica', 'audit'), router.allow_migrate('owner', 'audit'))"
    )
    said = []
    for more in ({}, {"DATABASE_REPLICA_URL": "postgres://app:secret@127.0.0.1:1/referral"}):
        done = subprocess.run(
            [sys.executable, "-c", told],
            cwd=ROOT,
            env={**os.environ, **more, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout.strip())
    assert said == ["None None 0 True True", "True False 1 False True"]
