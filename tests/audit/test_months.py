"""The trail lies by month: a chain spans its parts, and may begin behind months that are old enough to be gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.ids import uuid7
from audit import queries, record, tasks
from audit.verify import heads, verify
from tests.audit.people import doctor, place

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
EXTRAS = import_module("audit.migrations.0005_by_month").EXTRAS
CHAINS = [uuid7(), uuid7(), uuid7()]
MONTHS = 10
ID = (
    "overlay(accounts_uuid7_from(%s)::text placing right(accounts_uuid7()::text, 22) from 15)::uuid"
)


def month(back: int) -> datetime:
    """Return the first moment of the month `back` months ago."""
    now = timezone.now().astimezone(UTC)
    count = now.year * 12 + now.month - 1 - back
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def write(cursor: Any, chain: UUID, at: datetime, *, named: datetime | None = None) -> None:
    """Write an event at a moment of the past, with an identifier of the same or another one."""
    cursor.execute("SELECT set_config('test.at', %s, true)", [at.isoformat()])
    cursor.execute(
        "INSERT INTO audit_event (id, chain, seq, at, kind, actor_role, what, patient_ids, referral_ids, result,"
        f" detail, prev_hash, hash) VALUES ({ID}, %s, 0, now(), 'access', '', 'referral.view', '{{}}', '{{}}',"
        " 'ok', '{}', '', '')",
        [named or at, chain],
    )


@pytest.fixture
def owner() -> Iterator[Any]:
    """The owner, in a transaction that is undone: ten months, each its part, with two events of each chain.

    The trigger takes the time from the test, since no event is of the past otherwise.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('audit_chain'::regproc)")
        made = str(cursor.fetchone()[0])
        cursor.execute(made.replace("clock_timestamp()", "current_setting('test.at')::timestamptz"))
        cursor.execute("DROP TABLE audit_event_before")
        for back in range(MONTHS, 0, -1):
            cursor.execute(
                "SELECT accounts_part('audit_event', %s, format('FOR VALUES FROM (%%L) TO (%%L)',"
                f" accounts_uuid7_from(%s), accounts_uuid7_from(%s)), {EXTRAS.replace('%', '%%')})",
                [f"audit_event_m{back}", month(back), month(back - 1)],
            )
            for chain in CHAINS:
                for day in (3, 20):
                    write(cursor, chain, month(back) + timedelta(days=day))
        yield cursor


def drop(cursor: Any, moment: datetime) -> list[str]:
    cursor.execute("SELECT audit_drop_before(%s)", [moment])
    return [str(name) for (name,) in cursor.fetchall()]


def findings(**options: Any) -> set[str]:
    return {each.code for each in verify(using="owner", **options)}


def numbers(cursor: Any, chain: UUID) -> list[int]:
    cursor.execute("SELECT seq FROM audit_event WHERE chain = %s ORDER BY seq", [chain])
    return [int(seq) for (seq,) in cursor.fetchall()]


def test_a_chain_is_whole_before_and_after_its_oldest_months_go(owner: Any) -> None:
    sealed = list(heads(using="owner"))
    assert findings() == set()
    assert numbers(owner, CHAINS[0]) == list(range(1, 2 * MONTHS + 1))
    assert drop(owner, month(7)) == ["audit_event_m10", "audit_event_m9", "audit_event_m8"]
    for chain in CHAINS:
        assert numbers(owner, chain) == list(range(7, 2 * MONTHS + 1))
    assert findings() == set()
    assert findings(sealed=sealed) == set()
    assert findings(chain=CHAINS[0]) == set()
    write(owner, CHAINS[0], timezone.now())
    assert numbers(owner, CHAINS[0])[-1] == 2 * MONTHS + 1
    assert drop(owner, month(6)) == ["audit_event_m7"]
    assert findings(sealed=sealed) == set()


def test_nothing_younger_than_six_months_goes_whatever_is_asked_for(owner: Any) -> None:
    limit = timezone.now() - timedelta(days=181)
    gone = drop(owner, timezone.now() + timedelta(days=400))
    assert gone[0] == "audit_event_m10"
    assert all(month(int(name.removeprefix("audit_event_m")) - 1) <= limit for name in gone)
    assert len(numbers(owner, CHAINS[0])) >= 2 * 5
    assert findings() == set()


def test_a_month_that_holds_something_younger_stays(owner: Any) -> None:
    write(owner, CHAINS[0], month(1), named=month(10) + timedelta(days=5))
    with pytest.raises(DatabaseError, match="holds events that are younger"):
        with transaction.atomic(using="owner"):
            drop(owner, month(7))
    assert findings() == set()


def test_events_whose_identifier_is_of_the_next_month_go_with_those_behind_them(owner: Any) -> None:
    """Two machines at midnight: the earlier number has the later identifier."""
    chain, turn = uuid7(), month(7)
    write(owner, chain, turn - timedelta(seconds=2), named=turn + timedelta(seconds=1))
    write(owner, chain, turn - timedelta(seconds=1))
    write(owner, chain, turn + timedelta(days=1))
    assert findings() == set()
    drop(owner, turn)
    assert numbers(owner, chain) == [3]
    assert findings() == set()


def test_a_chain_that_has_been_silent_since_is_whole_and_its_end_still_guarded(owner: Any) -> None:
    chain = uuid7()
    write(owner, chain, month(9) + timedelta(days=1))
    write(owner, chain, month(9) + timedelta(days=2))
    drop(owner, month(7))
    assert numbers(owner, chain) == []
    assert findings() == set()
    owner.execute("ALTER TABLE audit_chainhead DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_chainhead SET seq = 3 WHERE chain = %s", [chain])
    assert findings(chain=chain) == {"truncated"}


# Recent events are deleted, and the last of them is passed off as what age has left, as it was or made to look old.
_CUT = """INSERT INTO audit_chaincut SELECT chain, seq, id, at{later}, kind, actor_id, actor_role, facility_id, what,
 patient_ids, referral_ids, result, detail, prev_hash, hash FROM audit_event WHERE chain = %(chain)s AND seq = 18
 ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, id = excluded.id, at = excluded.at,
 prev_hash = excluded.prev_hash, hash = excluded.hash"""
_INVENTED = """INSERT INTO audit_event SELECT gen_random_uuid(), chain, 3, at, kind, actor_id, actor_role, facility_id,
 what, patient_ids, referral_ids, result, detail, prev_hash, hash FROM audit_event
 WHERE chain = %(chain)s AND seq = 8"""
_DELETED = "DELETE FROM audit_event WHERE chain = %(chain)s AND seq"
_ALTERED = "UPDATE audit_chaincut SET what = 'referral.other' WHERE chain = %(chain)s"
THEFTS = {
    "deleted": (_CUT.format(later=""), f"{_DELETED} <= 18"),
    "made older": (_CUT.format(later=" - interval '5 years'"), f"{_DELETED} <= 18"),
    "the cut is gone": ("DELETE FROM audit_chaincut WHERE chain = %(chain)s",),
    "one more is deleted": (f"{_DELETED} = 7",),
    "the cut is altered": (_ALTERED,),
    "an old event is invented": (_INVENTED,),
}


@pytest.mark.parametrize("name", THEFTS)
def test_whoever_shortens_a_chain_by_hand_is_found(owner: Any, name: str) -> None:
    drop(owner, month(7))
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    for statement in THEFTS[name]:
        owner.execute(statement, {"chain": CHAINS[1]})
    assert findings(chain=CHAINS[1]) != set()
    assert findings(chain=CHAINS[0]) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event_m3 SET what = 'x'",
        "DELETE FROM audit_event_m3",
        "TRUNCATE audit_event_m3",
        "TRUNCATE audit_event",
        "INSERT INTO audit_event_m3 SELECT * FROM audit_event_m3",
    ],
)
def test_a_part_takes_no_change_either(owner: Any, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"append-only|duplicate key"):
        with transaction.atomic(using="owner"):
            owner.execute(statement)


def test_no_number_is_twice_in_a_part(owner: Any) -> None:
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    with pytest.raises(DatabaseError, match="duplicate key"):
        with transaction.atomic(using="owner"):
            owner.execute("UPDATE audit_event_m3 SET seq = 1 WHERE chain = %s", [CHAINS[0]])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT audit_drop_before(now())",
        "DELETE FROM audit_chaincut",
        "INSERT INTO audit_chaincut SELECT * FROM audit_chaincut",
        "DELETE FROM audit_event_before",
        "SELECT * FROM audit_event_other",
    ],
)
def test_the_application_may_drop_nothing(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_newest_events_of_a_chain_are_read_by_index_through_all_months(owner: Any) -> None:
    sql, values = (
        queries.of_facility(CHAINS[0]).order_by(*queries.ORDER)[:50].query.sql_with_params()
    )
    owner.execute("SET LOCAL enable_seqscan = off")
    owner.execute(f"EXPLAIN {sql}", values)
    plan = "\n".join(row[0] for row in owner.fetchall())
    assert "Merge Append" in plan
    assert plan.count("Index Scan Backward") >= MONTHS
    assert " Sort  (" not in plan.replace("Incremental Sort  (", "")


def test_a_read_is_written_into_a_part_and_begins_its_chain() -> None:
    tasks.prepare()
    with transaction.atomic():
        by = doctor()
        record.read(by, what="referral.view", referrals=[uuid7()])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text, seq FROM audit_event WHERE chain = %s", [place(by)]
        )
        ((part, seq),) = cursor.fetchall()
    assert (part != "audit_event_other", seq) == (True, 1)


def test_months_are_kept_ready_by_a_task() -> None:
    tasks.prepare()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"audit_event_{month(-3):%Y_%m}"])
        assert cursor.fetchone() == (True,)


def test_the_command_names_first_and_keeps_the_years(settings: Settings) -> None:
    told = StringIO()
    call_command("drop_audit", stdout=told)
    assert "0 months are older" in told.getvalue()
    with pytest.raises(CommandError, match="kept for 30 years"):
        call_command("drop_audit", before="2020-01-01")
    with pytest.raises(CommandError, match="YYYY-MM-DD"):
        call_command("drop_audit", before="yesterday")


def test_the_command_drops_what_is_old_enough_and_says_so_in_the_trail(
    owner: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_KEEP_YEARS = 0
    # The months of this test are locked by the transaction in which the owner made them.
    said: list[str] = []
    monkeypatch.setattr(record, "change", lambda _by, *, what: said.append(what))
    told = StringIO()
    # A day of the local calendar begins before that of the months, which are of UTC.
    day = f"{month(7) + timedelta(days=1):%Y-%m-%d}"
    call_command("drop_audit", before=day, stdout=told)
    assert "none was dropped" in told.getvalue()
    assert (len(numbers(owner, CHAINS[0])), said) == (2 * MONTHS, [])
    call_command("drop_audit", before=day, yes=True, stdout=told)
    assert len(numbers(owner, CHAINS[0])) == 2 * (MONTHS - 3)
    assert said == ["audit.drop"]


def test_the_way_there_and_back_keeps_every_event_and_guard(owner: Any) -> None:
    owner.execute("SELECT count(*), max(hash) FROM audit_event")
    before = owner.fetchone()
    # The oldest part stands in for the table that there was.
    owner.execute("ALTER TABLE audit_event_m10 RENAME TO audit_event_before")
    owner.execute("SELECT accounts_merge('audit_event')")
    assert findings() == set()
    for again in (False, True):
        owner.execute("SELECT count(*), max(hash) FROM audit_event")
        assert owner.fetchone() == before
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="owner"):
            owner.execute("DELETE FROM audit_event")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="owner"):
            owner.execute("TRUNCATE audit_event")
        if not again:
            owner.execute("SELECT accounts_months_bound('audit_event')")
            owner.execute("ALTER TABLE audit_event VALIDATE CONSTRAINT audit_event_first_part")
            owner.execute(f"SELECT accounts_split('audit_event', {EXTRAS})")
    write(owner, CHAINS[0], timezone.now())
    assert findings() == set()
