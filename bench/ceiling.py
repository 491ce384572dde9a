"""Writes the very rows of a submitted referral again by plain psycopg: as fast as the database alone goes."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

# Every table that a submission writes, with the condition that finds its rows by referral and episode.
TABLES: Final = (
    ("accounts_idempotencykey", "headers->>'Location' LIKE '%%' || %(referral)s || '%%'"),
    ("referral_episode", "id = %(episode)s"),
    ("referral_referral", "id = %(referral)s"),
    ("referral_transition", "referral_id = %(referral)s"),
    ("patients_accessgrant", "reference = %(referral)s"),
    ("notifications_outboxmessage", "subject = %(referral)s"),
    ("audit_event", "%(referral)s = ANY (referral_ids)"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of one submission by table, to be written again under other ids."""

    url: str
    referral: str
    episode: str
    rows: list[tuple[str, dict[str, Any]]]


def sample(all_seeing: str, application: str, referral: str, episode: str) -> Sample:
    """Read back what one submission wrote.

    `all_seeing` is the address of the database for a role that row-level security does not bind,
    `application` for the one that writes.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    keys = {"referral": referral, "episode": episode}
    with psycopg.connect(all_seeing, row_factory=dict_row) as line:
        for table, condition in TABLES:
            found = line.execute(f"SELECT * FROM {table} WHERE {condition}", keys).fetchall()  # noqa: S608
            rows += [(table, row) for row in found]
    return Sample(application, referral, episode, rows)


def uuid7() -> UUID:
    """Return an id as the application makes it: the time first, then chance."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & ~(0xF << 76) & ~(0b11 << 62) | 0x7 << 76 | 0b10 << 62)


def _statement(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )


def _fresh(row: Mapping[str, Any], ids: Mapping[str, UUID]) -> list[Any]:
    """Return a row's values with new ids wherever the sample's own stood."""
    values: list[Any] = []
    for column, value in row.items():
        if column in {"id", "key", "number", "event_id"}:
            own = ids.get(str(value)) or uuid7()
            values.append(own.hex[-20:] if column in {"key", "number"} else own)
        elif isinstance(value, list):
            values.append([ids.get(str(each), each) for each in value])
        elif isinstance(value, dict):
            values.append(Jsonb(value))
        else:
            values.append(ids.get(str(value), value) if isinstance(value, UUID) else value)
    return values


class Writing:
    """A turn that writes one submission's rows in one transaction, all statements prepared.

    The role is the application's; the scope is set once, so that a turn holds nothing but the rows.
    """

    def __init__(self, sample_: Sample) -> None:
        """Connect."""
        self._sample = sample_
        self.line = psycopg.connect(sample_.url, autocommit=True)
        self.line.execute("SELECT set_config('scope.system', 'on', false)")
        self.line.prepare_threshold = 0
        self._plan = [(_statement(table, list(row)), row) for table, row in sample_.rows]

    def __call__(self) -> None:
        """Write once, under new ids."""
        ids = {self._sample.referral: uuid7(), self._sample.episode: uuid7()}
        with self.line.transaction(), self.line.cursor() as cursor:
            for statement, row in self._plan:
                cursor.execute(statement, _fresh(row, ids))
