"""Writes generated rows by COPY: models as they would save themselves, legs through staging tables."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from scenarios.generation import clinical, statements
from scenarios.generation.journeys import Episode, Leg

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
        values = (
            [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
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
        _copy(cursor, sql.SQL("stage_episode"), map(_episode, episodes))
        legs = (_leg(leg) for episode in episodes for leg in episode.legs)
        _copy(cursor, sql.SQL("stage_leg"), legs)
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


def _episode(episode: Episode) -> Sequence[Any]:
    opened = episode.legs[0].created_at
    return (
        episode.id,
        episode.patient,
        episode.origin,
        episode.open_legs,
        opened,
        episode.closed_at,
    )


def _leg(leg: Leg) -> Sequence[Any]:
    former = leg.previous if leg.sides.startswith("d") else None
    return (
        leg.id,
        leg.number,
        leg.episode,
        leg.previous.id if leg.previous else None,
        leg.patient,
        leg.origin,
        leg.sender.id,
        leg.from_department,
        leg.receiver.id,
        leg.to_department,
        leg.alliance,
        leg.direction.value,
        leg.sender.tier,
        leg.receiver.tier,
        leg.status,
        leg.urgency,
        leg.setting,
        leg.case,
        leg.age,
        leg.consent,
        leg.filed_by,
        leg.reader,
        leg.received_by,
        leg.sender.reviewer,
        former.reader if former else None,
        former.receiver.id if former else None,
        leg.created_at,
        leg.submitted_at,
        leg.decided_at,
        leg.acknowledged_at,
        leg.scheduled_for,
        leg.arrived_at,
        leg.ended_at,
        leg.decline_reason,
        leg.cancel_reason,
        leg.outcome,
        leg.no_return_reason,
        leg.verbs,
        leg.statuses,
        leg.moments,
        leg.sides,
        leg.access_ends,
        [due.date() for due, _done in leg.follow_ups],
        [done for _due, done in leg.follow_ups],
    )
