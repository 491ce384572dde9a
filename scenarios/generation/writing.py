"""Writes generated rows by COPY: models as they would save themselves, legs through staging tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from scenarios.generation import clinical, scripts, statements
from scenarios.generation.journeys import Episode, Leg

LINES_AT_ONCE: Final = 200
NULL: Final = "\\N"
# A bulk load may take longer than a request: these limits are the web's, not ours.
UNLIMITED: Final = """SELECT set_config(name, '0', true) FROM unnest(ARRAY['statement_timeout',
 'lock_timeout', 'idle_in_transaction_session_timeout']) AS name"""


def unlimited() -> None:
    """Lift the web's time limits for the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute(UNLIMITED)


def copy_models(rows: Sequence[models.Model]) -> None:
    """Insert model instances of one kind by COPY through a staging table, in the scope that is set.

    Every value is prepared by its own field, so that encrypted fields arrive encrypted.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = model._meta.concrete_fields
    table = sql.Identifier(model._meta.db_table)
    stage = sql.Identifier(f"stage_{model._meta.db_table}")
    columns = sql.Composed([sql.Identifier(str(field.column)) for field in fields]).join(", ")
    with connection.cursor() as cursor:
        _run(cursor, "CREATE TEMP TABLE IF NOT EXISTS {s} (LIKE {t})", s=stage, t=table)
        _run(cursor, "TRUNCATE {s}", s=stage)
        wrapper = connections[DEFAULT_DB_ALIAS]
        values = (
            [field.get_db_prep_save(field.pre_save(row, True), wrapper) for field in fields]
            for row in rows
        )
        _copy(cursor, sql.SQL("{} ({})").format(stage, columns), values)
        _run(cursor, "INSERT INTO {t} ({c}) SELECT {c} FROM {s}", s=stage, t=table, c=columns)
        _run(cursor, "TRUNCATE {s}", s=stage)


def prepare_stages() -> None:
    """Make the staging tables of this session and fill the one of clinical texts."""
    with connection.cursor() as cursor:
        for statement in statements.STAGES:
            cursor.execute(statement)
        cursor.execute("TRUNCATE stage_case")
        rows = ([number, *case[1:]] for number, case in enumerate(clinical.CASES))
        _copy(cursor, sql.SQL("stage_case"), rows)


def write_episodes(episodes: Sequence[Episode]) -> None:
    """Insert episodes with their legs and everything that a real leg writes."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE stage_episode, stage_leg")
        _write_lines(cursor, "stage_episode", map(_episode, episodes))
        legs = (_leg(leg) for episode in episodes for leg in episode.legs)
        _write_lines(cursor, "stage_leg", legs)
        cursor.execute(statements.EPISODES)
        cursor.execute(statements.REFERRALS)
        texts = {
            "question": clinical.QUESTION,
            "reply": clinical.REPLY,
            "error": clinical.ERROR,
        }
        cursor.execute(statements.TRANSITIONS, texts)
        cursor.execute(statements.GRANTS)
        cursor.execute(statements.FOLLOW_UPS, {"findings": clinical.FINDINGS})
        cursor.execute("TRUNCATE stage_episode, stage_leg")


def _run(cursor: CursorWrapper, statement: str, **names: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(**names).as_string(cursor.connection))


def _copy(cursor: CursorWrapper, target: sql.Composable, rows: Iterable[Sequence[Any]]) -> None:
    statement = sql.SQL("COPY {} FROM STDIN").format(target)
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _write_lines(cursor: CursorWrapper, table: str, lines: Iterable[str]) -> None:
    """Copy lines of COPY's text format; only ids, codes, numbers and times, so nothing to escape."""
    rest = iter(lines)
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        while batch := "".join(islice(rest, LINES_AT_ONCE)):
            copy.write(batch)


def _id(value: UUID | None) -> str:
    return NULL if value is None else value.hex


def _time(value: datetime | None) -> str:
    return NULL if value is None else value.isoformat()


def _episode(episode: Episode) -> str:
    return (
        f"{episode.id.hex}\t{episode.patient.hex}\t{episode.origin.hex}\t{episode.open_legs}\t"
        f"{_time(episode.legs[0].created_at)}\t{_time(episode.closed_at)}\n"
    )


def _leg(leg: Leg) -> str:
    former = leg.previous if leg.sides.startswith(scripts.REDIRECTOR) else None
    ids = (
        leg.episode,
        leg.previous.id if leg.previous else None,
        leg.patient,
        leg.origin,
        leg.sender.id,
        leg.from_department,
        leg.receiver.id,
        leg.to_department,
        leg.alliance,
    )
    people = (
        leg.consent,
        leg.filed_by,
        leg.reader,
        leg.received_by,
        leg.sender.reviewer,
        former.reader if former else None,
        former.receiver.id if former else None,
    )
    times = (
        leg.created_at,
        leg.submitted_at,
        leg.decided_at,
        leg.acknowledged_at,
        leg.scheduled_for,
        leg.arrived_at,
        leg.ended_at,
    )
    words = (leg.decline_reason, leg.cancel_reason, leg.outcome, leg.no_return_reason)
    due = ",".join([f"{due:%Y-%m-%d}" for due, _done in leg.follow_ups])
    done = ",".join(["NULL" if done is None else done.isoformat() for _due, done in leg.follow_ups])
    return "\t".join(
        (
            leg.id.hex,
            leg.number,
            *map(_id, ids),
            f"{leg.direction.value}\t{leg.sender.tier}\t{leg.receiver.tier}\t{leg.status}",
            f"{leg.urgency}\t{leg.setting}\t{leg.case}\t{leg.age}",
            *map(_id, people),
            *map(_time, times),
            *words,
            f"{{{','.join(leg.verbs)}}}\t{{{','.join(leg.statuses)}}}",
            f"{{{','.join([moment.isoformat() for moment in leg.moments])}}}\t{leg.sides}",
            f"{_time(leg.access_ends)}\t{{{due}}}\t{{{done}}}\n",
        )
    )
