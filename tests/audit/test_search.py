"""Searching one chain: by person, patient, referral, period and kind; and how a chain was found, kept."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.ids import uuid7
from audit import checking, queries, record
from audit.models import Event, Kind, Result, Verification
from audit.queries import Wanted, search
from audit.verify import write_seals
from tests.audit.people import doctor, place

pytestmark = pytest.mark.django_db


def seqs(wanted: Wanted) -> list[int]:
    """Return the numbers of what is found, newest first."""
    return list(search(wanted).order_by(*queries.ORDER).values_list("seq", flat=True))


def test_each_wish_narrows_and_no_other_chain_answers() -> None:
    by, other = doctor(), doctor()
    colleague = doctor(by.facility_id)
    patient, leg = uuid7(), uuid7()
    for who in (by, other):
        record.read(who, what="referral.view", patients=[uuid7(), patient], referrals=[leg])
        record.change(who, what="patient.update", patient=patient)
        record.change(who, what="sign_in.unlock", result=Result.REFUSED)
    record.read(colleague, what="patient.view", patients=[uuid7()])
    chain = place(by)
    assert seqs(Wanted(chain)) == [4, 3, 2, 1]
    assert colleague.user_id
    assert by.user_id
    assert seqs(Wanted(chain, actors=(colleague.user_id,))) == [4]
    assert seqs(Wanted(chain, actors=(colleague.user_id, by.user_id))) == [4, 3, 2, 1]
    assert seqs(Wanted(chain, patients=(patient,))) == [2, 1]
    assert seqs(Wanted(chain, patients=(uuid7(), patient))) == [2, 1]
    assert seqs(Wanted(chain, referrals=(leg,))) == [1]
    assert seqs(Wanted(chain, patients=(patient,), kind=Kind.CHANGE)) == [2]
    assert seqs(Wanted(chain, result=Result.REFUSED)) == [3]
    assert seqs(Wanted(chain, acts=("patient.", "sign_in."))) == [4, 3, 2]
    assert seqs(Wanted(uuid7())) == []


def dated() -> tuple[UUID, datetime]:
    """Make a chain with an event a day, the fourth written while the clock was an hour behind."""
    by, start = doctor(), datetime(2026, 3, 1, 12, tzinfo=UTC)
    hours = [0, 24, 48, 47, 72, 96]
    for _each in hours:
        with transaction.atomic():
            record.read(by, what="referral.view")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        for seq, hour in enumerate(hours, start=1):
            values = (start + timedelta(hours=hour), place(by), seq)
            cursor.execute("UPDATE audit_event SET at = %s WHERE chain = %s AND seq = %s", values)
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    return place(by), start


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_period_begins_and_ends_exactly_also_where_the_clock_was_put_back() -> None:
    chain, start = dated()
    day = timedelta(days=1)

    def found(since: float | None, until: float | None) -> list[int]:
        first, last = (None if each is None else start + each * day for each in (since, until))
        return seqs(Wanted(chain, since=first, until=last))

    assert found(1, 3) == [4, 3, 2]
    assert found(1.99, 3) == [3]
    assert found(1.9, 2) == [4]
    assert found(None, 1) == [1]
    assert found(4, None) == [6]
    assert found(5, 9) == []
    assert found(-9, -1) == []
    assert seqs(Wanted(uuid7(), since=start)) == []


def test_a_moment_is_found_by_halving() -> None:
    by = doctor()
    for _each in range(20):
        record.read(by, what="referral.view")
    times = list(Event.objects.order_by("seq").values_list("at", flat=True))
    with connection.cursor() as cursor:
        for number, at in enumerate(times, start=1):
            cursor.execute("SELECT audit_seq_at(%s, %s)", (place(by), at))
            assert cursor.fetchone() == (number,)
        cursor.execute("SELECT audit_seq_at(%s, %s)", (place(by), timezone.now()))
        assert cursor.fetchone() == (21,)
        cursor.execute("SELECT audit_seq_at(%s, now())", (uuid7(),))
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_check_is_kept_with_what_it_found(tmp_path: Path, caplog: Any) -> None:
    one, other = doctor(), doctor()
    for by in (one, other):
        for _each in range(3):
            with transaction.atomic():
                record.read(by, what="referral.view")
    seals = tmp_path / "heads.jsonl"
    assert checking.check(seals) == 0
    assert queries.verification(place(one)) == Verification(chain=place(one))
    whole = queries.verification(place(one))
    assert whole
    assert (whole.seq, whole.findings) == (3, 0)
    write_seals(seals)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        statement = "UPDATE audit_event SET what = 'x' WHERE chain = %s AND seq = 2"
        cursor.execute(statement, (place(one),))
        cursor.execute("DELETE FROM audit_event WHERE chain = %s", (place(other),))
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    with caplog.at_level(logging.ERROR):
        assert checking.check(seals, chain=place(one)) == 1
    assert "do not fit" in caplog.text
    assert Verification.objects.get(chain=place(one)).findings == 1
    assert Verification.objects.get(chain=place(other)).findings == 0, "not asked for"
    assert checking.check(seals) == 2
    emptied = queries.verification(place(other))
    assert emptied
    assert emptied.findings == 1


def test_the_search_walks_no_chain_for_somebody_who_did_little() -> None:
    """The names are looked up by their own index, apart from the walk in the order of the chain."""
    wanted = Wanted(uuid7(), patients=(uuid7(),), referrals=(uuid7(),), actors=(uuid7(),))
    sql = str(search(wanted).query)
    assert sql.count(f"LIMIT {queries.APART}") == 3
