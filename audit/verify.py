"""Re-computes every chain of the audit trail in Python and names what does not fit."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain as chained
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections, transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 2000
# Nothing younger may be gone by its age: the six months of the law, in days.
YOUNGEST_GONE = timedelta(days=181)

# jsonb and arrays are read as the text the database holds, so that the hash
# covers what is stored and not what a driver makes of it. Events and heads come
# from one statement, hence from one snapshot: traffic may go on meanwhile.
_COLUMNS = """
SELECT e.chain, e.seq, e.id, e.at, e.kind, e.actor_id, e.actor_role, e.facility_id, e.what,
       array_to_string(e.patient_ids, ' '), array_to_string(e.referral_ids, ' '),
       e.result, e.detail::text, e.prev_hash, e.hash"""
EVENTS = f"""{_COLUMNS}, h.seq, h.hash
FROM audit_event e LEFT JOIN audit_chainhead h ON h.chain = e.chain
WHERE %(chain)s::uuid IS NULL OR e.chain = %(chain)s::uuid
ORDER BY e.chain, e.seq
"""

# The last event of each chain that went with its month (migration 0005).
CUTS = f"""{_COLUMNS}
FROM audit_chaincut e
WHERE %(chain)s::uuid IS NULL OR e.chain = %(chain)s::uuid
"""

EMPTIED = """
SELECT h.chain, h.seq, h.hash FROM audit_chainhead h
WHERE (%(chain)s::uuid IS NULL OR h.chain = %(chain)s::uuid)
  AND h.seq > 0 AND NOT EXISTS (SELECT FROM audit_event e WHERE e.chain = h.chain)
"""


class Line(NamedTuple):
    """One event as stored."""

    chain: UUID
    seq: int
    id: UUID
    at: datetime
    kind: str
    actor_id: UUID | None
    actor_role: str
    facility_id: UUID | None
    what: str
    patients: str
    referrals: str
    result: str
    detail: str
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a chain, as the head table or a sealed file knows it."""

    chain: UUID
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit.

    `code`: altered (the hash is not that of the row), unlinked (the row does
    not follow the one before: reordered or inserted), missing (a gap in seq),
    truncated (the end of a chain is gone), unsealed (another hash than the
    sealed one), headless (events that the head does not know), shortened (the
    beginning is gone, and what is said to be its last event is altered, too
    young to go, or still has earlier ones).
    """

    chain: UUID
    seq: int
    code: str


@dataclass(slots=True)
class Walk:
    """Where the check of one chain stands; `known` are sealed hashes by seq."""

    chain: UUID
    last: bytes
    known: dict[int, bytes]
    seq: int = 0
    cut: int = 0

    def step(self, line: Line) -> Iterator[Finding]:
        """Compare one line with the one before it, with itself and with the seal."""
        if self.cut and line.seq <= self.cut:
            yield Finding(self.chain, line.seq, "shortened")
            return
        if line.seq != self.seq + 1:
            yield Finding(self.chain, self.seq + 1, "missing")
        elif line.prev_hash != self.last:
            yield Finding(self.chain, line.seq, "unlinked")
        if digest(line, line.prev_hash) != line.hash:
            yield Finding(self.chain, line.seq, "altered")
        if self.known.get(line.seq, line.hash) != line.hash:
            yield Finding(self.chain, line.seq, "unsealed")
        self.seq, self.last = line.seq, line.hash

    def begin(self, cut: Line, now: datetime) -> Iterator[Finding]:
        """Begin behind the last event that is gone, which must be as it was, and old enough."""
        is_sound = digest(cut, cut.prev_hash) == cut.hash and cut.at <= now - YOUNGEST_GONE
        if not is_sound or self.known.get(cut.seq, cut.hash) != cut.hash:
            yield Finding(self.chain, cut.seq, "shortened")
        self.seq = self.cut = cut.seq
        self.last = cut.hash

    def end(self, head: Head | None) -> Iterator[Finding]:
        """Compare the end of the chain with the head table and with the seals."""
        if head is None or (head.seq <= self.seq and head.hash != self.last):
            yield Finding(self.chain, self.seq, "headless")
        if max(self.known, default=0) > self.seq or (head is not None and head.seq > self.seq):
            yield Finding(self.chain, self.seq + 1, "truncated")


def genesis(chain: UUID) -> bytes:
    """The hash before the first event of a chain."""
    return hashlib.sha256(chain.bytes).digest()


def field(value: object) -> bytes:
    """One length-prefixed field, as the SQL function audit_field writes it."""
    if value is None:
        return b"-,"
    text = str(value).encode()
    return str(len(text)).encode() + b":" + text + b","


def digest(line: Line, prev_hash: bytes) -> bytes:
    """The hash that this line must have after `prev_hash`."""
    at = (line.at - EPOCH) // timedelta(microseconds=1)
    fields = (
        *(line.chain, line.seq, line.id, at, line.kind, line.actor_id, line.actor_role),
        *(line.facility_id, line.what, line.patients, line.referrals, line.result, line.detail),
    )
    return hashlib.sha256(prev_hash + b"".join(map(field, fields))).digest()


def verify(
    *, chain: UUID | None = None, sealed: Iterable[Head] = (), using: str = "default"
) -> Iterator[Finding]:
    """Check one chain, or all, against themselves, the head table and sealed heads.

    Reads through a server-side cursor: memory does not grow with the number of
    events. `sealed` are heads remembered outside the database; without them a
    chain that its thief has re-computed as a whole cannot be told from a true one.
    """
    seals: dict[UUID, dict[int, bytes]] = {}
    for seal in sealed:
        if chain in (None, seal.chain):
            seals.setdefault(seal.chain, {})[seal.seq] = seal.hash
    now = datetime.now(UTC)
    rows = _rows(EVENTS, chain, using)
    first = next(rows, None)
    # From here on no month can go, since its part is being read.
    cuts = {row[0]: _line(row) for row in _rows(CUTS, chain, using)}
    for _, group in groupby(chained([first] if first else [], rows), key=lambda row: row[0]):
        yield from _check(group, seals, cuts, now)
    for row in _rows(EMPTIED, chain, using):
        known, cut = seals.pop(row[0], {}), cuts.pop(row[0], None)
        walk = Walk(row[0], genesis(row[0]), known)
        yield from walk.begin(cut, now) if cut else ()
        yield from walk.end(Head(row[0], row[1], bytes(row[2])))
    for emptied in seals:
        yield Finding(emptied, 1, "truncated")


def _line(row: Any) -> Line:
    return Line._make((*row[:13], bytes(row[13]), bytes(row[14])))


def _check(
    rows: Iterable[Any],
    seals: dict[UUID, dict[int, bytes]],
    cuts: dict[UUID, Line],
    now: datetime,
) -> Iterator[Finding]:
    walk, head = None, None
    for row in rows:
        line = _line(row)
        if walk is None:
            walk = Walk(line.chain, genesis(line.chain), seals.pop(line.chain, {}))
            head = None if row[15] is None else Head(line.chain, row[15], bytes(row[16]))
            cut = cuts.pop(line.chain, None)
            yield from walk.begin(cut, now) if cut else ()
        yield from walk.step(line)
    if walk is not None:
        yield from walk.end(head)


def _rows(statement: str, chain: UUID | None, using: str) -> Iterator[Any]:
    with transaction.atomic(using=using), connections[using].chunked_cursor() as cursor:
        with connections[using].cursor() as options:
            options.execute("SET LOCAL statement_timeout = 0")  # a long read is expected here
        cursor.execute(statement, {"chain": chain})
        while batch := cursor.fetchmany(BATCH):
            yield from batch


def heads(*, using: str = "default") -> Iterator[Head]:
    """The current head of every chain that has events."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT chain, seq, hash FROM audit_chainhead WHERE seq > 0 ORDER BY chain")
        for chain, seq, value in cursor.fetchall():
            yield Head(chain, seq, bytes(value))


def read_seals(path: Path) -> Iterator[Head]:
    """Sealed heads from an append-only JSON-lines file; a torn last line is skipped."""
    with path.open(encoding="utf-8") as lines:
        for text in lines:
            if text.endswith("\n"):
                entry = json.loads(text)
                yield Head(UUID(entry["chain"]), entry["seq"], bytes.fromhex(entry["hash"]))


def write_seals(path: Path, *, using: str = "default") -> int:
    """Append every head that has moved since its last seal, fsynced; returns how many."""
    before = {seal.chain: seal.seq for seal in read_seals(path)} if path.exists() else {}
    at = datetime.now(UTC).isoformat()
    text = "".join(
        json.dumps({"at": at, "chain": str(h.chain), "seq": h.seq, "hash": h.hash.hex()}) + "\n"
        for h in heads(using=using)
        if before.get(h.chain) != h.seq
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return text.count("\n")
