"""Whoever alters the audit trail, even as the owner with the triggers off, is found."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.ids import uuid7
from audit import record, tasks
from audit.models import Event
from audit.verify import Finding, heads, read_seals, verify, write_seals
from tests.audit.people import doctor, place

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

EVENTS = 12
CHAINS = 3
SEEDS = range(8)
TAMPERINGS_PER_SEED = 25


@pytest.fixture
def people() -> list[Actor]:
    """A few facilities with a trail, and one more that stays innocent."""
    people = [doctor() for _ in range(CHAINS)]
    for number in range(EVENTS):
        for by in people:
            with transaction.atomic():
                record.read(by, what="referral.view", patients=[uuid7()], referrals=[uuid7()])
                if number % 3 == 0:
                    record.change(by, what="referral.accept", referral=uuid7(), fields=["status"])
    return people


@contextmanager
def as_owner_without_triggers() -> Iterator[Callable[..., None]]:
    """The strongest thief: owns the tables and switches their triggers off; undone at the end."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_chainhead DISABLE TRIGGER USER")
        cursor.execute("SAVEPOINT tampering")
        yield cursor.execute
        cursor.execute("ROLLBACK TO tampering")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_chainhead ENABLE TRIGGER USER")


def codes(chain: UUID | None = None, **options: object) -> set[str]:
    """What the check finds, seen from the thief's transaction."""
    return {each.code for each in verify(chain=chain, using="owner", **options)}  # type: ignore[arg-type]


SET_VALUES = {
    "what": "'referral.other'",
    "kind": "CASE kind WHEN 'access' THEN 'change' ELSE 'access' END",
    "at": "at - interval '1 microsecond'",
    "actor_id": "gen_random_uuid()",
    "actor_role": "'auditor'",
    "facility_id": "NULL",
    "patient_ids": "patient_ids || gen_random_uuid()",
    "referral_ids": "CASE WHEN referral_ids = '{}' THEN '{00000000-0000-0000-0000-000000000001}' ELSE '{}' END::uuid[]",
    "result": "'refused'",
    "detail": """detail || '{"x": "y"}'""",
    "prev_hash": "sha256(prev_hash)",
    "hash": "sha256(hash)",
    "id": "gen_random_uuid()",
}


def test_an_honest_trail_is_whole(people: list[Actor]) -> None:
    """No finding, neither in one chain nor in all."""
    assert list(verify()) == []
    assert list(verify(chain=people[0].facility_id)) == []
    assert list(verify(sealed=heads())) == []


def test_an_empty_trail_is_whole() -> None:
    """Nothing happened yet."""
    assert list(verify()) == []


@pytest.mark.parametrize("column", SET_VALUES)
def test_an_altered_column_is_found(people: list[Actor], column: str) -> None:
    """Every column, first, middle and last event."""
    chain = place(people[1])
    last = Event.objects.filter(chain=chain).count()
    for seq in (1, last // 2, last):
        with as_owner_without_triggers() as execute:
            execute(
                f"UPDATE audit_event SET {column} = {SET_VALUES[column]} WHERE chain = %s AND seq = %s",
                [chain, seq],
            )
            assert codes(), (column, seq)


def _delete(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    execute("DELETE FROM audit_event WHERE chain = %s AND seq = %s", [chain, seqs[0]])


def _delete_and_close_the_gap(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    _delete(execute, chain, seqs)
    execute("UPDATE audit_event SET seq = -seq WHERE chain = %s AND seq > %s", [chain, seqs[0]])
    execute("UPDATE audit_event SET seq = -seq - 1 WHERE chain = %s AND seq < 0", [chain])
    execute("UPDATE audit_chainhead SET seq = seq - 1 WHERE chain = %s", [chain])


def _swap(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    one, two = seqs
    for before, after in ((one, -1), (two, one), (-1, two)):
        execute(
            "UPDATE audit_event SET seq = %s WHERE chain = %s AND seq = %s", [after, chain, before]
        )


def _insert(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    execute("UPDATE audit_event SET seq = -seq WHERE chain = %s AND seq > %s", [chain, seqs[0]])
    execute("UPDATE audit_event SET seq = -seq + 1 WHERE chain = %s AND seq < 0", [chain])
    execute(
        "INSERT INTO audit_event SELECT gen_random_uuid(), chain, seq + 1, at, kind, actor_id,"
        " actor_role, facility_id, what, patient_ids, referral_ids, result, detail, hash,"
        " sha256(hash) FROM audit_event WHERE chain = %s AND seq = %s",
        [chain, seqs[0]],
    )
    execute("UPDATE audit_chainhead SET seq = seq + 1 WHERE chain = %s", [chain])


def _cut_the_tail(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    execute("DELETE FROM audit_event WHERE chain = %s AND seq >= %s", [chain, seqs[0]])


def _change_one(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    column = random.Random(seqs[0] * 1000 + seqs[1]).choice(list(SET_VALUES))
    execute(
        f"UPDATE audit_event SET {column} = {SET_VALUES[column]} WHERE chain = %s AND seq = %s",
        [chain, seqs[0]],
    )


def _change_and_rehash(execute: Callable[..., None], chain: UUID, seqs: list[int]) -> None:
    """Alter one row and give it a hash that fits it: the next row, or the head, tells."""
    execute(
        "UPDATE audit_event SET what = 'a.lie', hash = sha256(prev_hash || convert_to("
        "audit_field(chain::text) || audit_field(seq::text) || audit_field(id::text)"
        " || audit_field(((extract(epoch FROM at) * 1000000)::bigint)::text)"
        " || audit_field(kind) || audit_field(actor_id::text) || audit_field(actor_role)"
        " || audit_field(facility_id::text) || audit_field('a.lie')"
        " || audit_field(array_to_string(patient_ids, ' '))"
        " || audit_field(array_to_string(referral_ids, ' '))"
        " || audit_field(result) || audit_field(detail::text), 'UTF8'))"
        " WHERE chain = %s AND seq = %s",
        [chain, seqs[0]],
    )


TAMPERINGS = [
    _delete,
    _delete_and_close_the_gap,
    _swap,
    _insert,
    _cut_the_tail,
    _change_one,
    _change_and_rehash,
]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_tampering_is_always_found(people: list[Actor], seed: int) -> None:
    """200 random deeds of a thief with all rights over the tables."""
    chosen = random.Random(seed)
    sizes = {place(by): Event.objects.filter(chain=place(by)).count() for by in people}
    for _ in range(TAMPERINGS_PER_SEED):
        chain = place(chosen.choice(people))
        seqs = chosen.sample(range(1, sizes[chain] + 1), 2)
        deed = chosen.choice(TAMPERINGS)
        with as_owner_without_triggers() as execute:
            deed(execute, chain, seqs)
            found = codes(chain)
            assert found, (seed, deed.__name__, seqs)
            assert codes() == found, "the other chains are innocent"
    assert list(verify()) == []


def test_a_tail_cut_with_its_head_is_found_by_the_seal(people: list[Actor]) -> None:
    """The database alone cannot know; the file outside can."""
    chain, sealed = people[0].facility_id, list(heads())
    with as_owner_without_triggers() as execute:
        execute("DELETE FROM audit_event WHERE chain = %s AND seq > 5", [chain])
        execute(
            "UPDATE audit_chainhead h SET seq = 5, hash = e.hash FROM audit_event e"
            " WHERE e.chain = h.chain AND e.seq = 5 AND h.chain = %s",
            [chain],
        )
        assert codes() == set(), "a control: without the seal this thief is not seen"
        assert codes(sealed=sealed) == {"truncated"}


def test_a_chain_made_to_vanish_is_found_by_the_seal(people: list[Actor]) -> None:
    """Events and head gone."""
    chain, sealed = people[0].facility_id, list(heads())
    with as_owner_without_triggers() as execute:
        execute("DELETE FROM audit_event WHERE chain = %s", [chain])
        assert codes() == {"truncated"}
        execute("DELETE FROM audit_chainhead WHERE chain = %s", [chain])
        assert codes() == set()
        assert codes(sealed=sealed) == {"truncated"}


def test_events_without_a_head_are_found(people: list[Actor]) -> None:
    """The head belongs to the evidence."""
    with as_owner_without_triggers() as execute:
        execute("DELETE FROM audit_chainhead WHERE chain = %s", [people[0].facility_id])
        assert codes() == {"headless"}


def test_a_whole_chain_made_anew_is_found_by_the_seal(people: list[Actor]) -> None:
    """A thief who can compute sha256 makes a perfect chain, but not the sealed hash."""
    chain, sealed = people[0].facility_id, list(heads())
    with as_owner_without_triggers() as execute:
        execute(
            "CREATE TEMP TABLE kept ON COMMIT DROP AS"
            " SELECT * FROM audit_event WHERE chain = %s ORDER BY seq",
            [chain],
        )
        execute("DELETE FROM audit_event WHERE chain = %s", [chain])
        execute("DELETE FROM audit_chainhead WHERE chain = %s", [chain])
        execute("ALTER TABLE audit_event ENABLE TRIGGER audit_chain")
        execute("UPDATE kept SET actor_id = NULL WHERE seq = 2")
        execute("INSERT INTO audit_event SELECT * FROM kept ORDER BY seq")
        assert codes() == set(), "a control: without the seal this thief is not seen"
        assert codes(sealed=sealed) == {"unsealed"}


def test_the_command_says_so_and_fails(people: list[Actor]) -> None:
    """Whole: exit 0. Not whole: CommandError with the place."""
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "whole" in out.getvalue()
    with as_owner_without_triggers() as execute:
        execute("UPDATE audit_event SET what = 'x' WHERE chain = %s AND seq = 3", [people[0].facility_id])  # fmt: skip
        with pytest.raises(CommandError, match="1 findings"):
            call_command("verify_audit", stdout=out, database="owner")
        call_command("verify_audit", stdout=out, database="owner", chain=people[1].facility_id)
    assert f"altered: chain {people[0].facility_id}, event 3" in out.getvalue()


def test_sealing_appends_only_what_moved(people: list[Actor], tmp_path: Path) -> None:
    """One line for each head, then one for each that moved; a torn line is skipped."""
    path = tmp_path / "heads.jsonl"
    assert write_seals(path) == CHAINS
    assert write_seals(path) == 0
    with transaction.atomic():
        record.read(people[0], what="patient.view")
    assert write_seals(path) == 1
    with path.open("a") as file:
        file.write('{"chain": "torn')
    assert len(list(read_seals(path))) == CHAINS + 1
    assert list(verify(sealed=read_seals(path))) == []
    call_command("verify_audit", heads=path, stdout=StringIO())


def test_the_task_and_the_command_seal_the_configured_file(
    people: list[Actor], tmp_path: Path, settings: Settings
) -> None:
    """AUDIT_HEADS_FILE."""
    settings.AUDIT_HEADS_FILE = str(tmp_path / "a.jsonl")
    tasks.seal()
    out = StringIO()
    call_command("seal_audit", stdout=out)
    assert out.getvalue().startswith("0 heads")
    call_command("seal_audit", file=tmp_path / "b.jsonl", stdout=out)
    assert len((tmp_path / "b.jsonl").read_text().splitlines()) == len(people)


def test_a_finding_names_its_place(people: list[Actor]) -> None:
    """Chain and sequence number, so that a person can look."""
    chain = people[2].facility_id
    assert chain is not None
    with as_owner_without_triggers() as execute:
        _delete(execute, chain, [4])
        assert list(verify(using="owner")) == [Finding(chain, 4, "missing")]


def test_the_check_reads_in_batches(people: list[Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by the batch; a batch that ends inside a chain changes nothing."""
    monkeypatch.setattr("audit.verify.BATCH", 5)
    assert list(verify()) == []
    assert connection.in_atomic_block is False
