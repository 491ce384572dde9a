"""Writes generated journeys: legs are copied into staging tables, and a few statements make them real."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from psycopg import sql

from scenarios.generation import clinical, scripts, statements
from scenarios.generation.copying import copy_lines, copy_rows
from scenarios.generation.journeys import Episode, Leg

NULL: Final = "\\N"


def prepare_stages() -> None:
    """Make the staging tables of this session and fill the one of clinical texts."""
    with connection.cursor() as cursor:
        for statement in statements.STAGES:
            cursor.execute(statement)
        cursor.execute("TRUNCATE stage_case")
        rows = ([number, *case[1:]] for number, case in enumerate(clinical.CASES))
        copy_rows(cursor, sql.SQL("stage_case"), rows)


def write_episodes(episodes: Sequence[Episode]) -> None:
    """Insert episodes with their legs and everything that a real leg writes."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE stage_episode, stage_leg")
        copy_lines(cursor, "stage_episode", map(_episode, episodes))
        legs = (_leg(leg) for episode in episodes for leg in episode.legs)
        copy_lines(cursor, "stage_leg", legs)
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
    """Return a leg as one line of the staging table, in the order of its columns."""
    due = ",".join([f"{due:%Y-%m-%d}" for due, _done in leg.follow_ups])
    done = ",".join(["NULL" if done is None else done.isoformat() for _due, done in leg.follow_ups])
    return "\t".join(
        (
            leg.id.hex,
            leg.number,
            *map(_id, _places(leg)),
            f"{leg.direction.value}\t{leg.sender.tier}\t{leg.receiver.tier}\t{leg.status}",
            f"{leg.urgency}\t{leg.setting}\t{leg.case}\t{leg.age}",
            *map(_id, _people(leg)),
            *map(_time, _times(leg)),
            *(leg.decline_reason, leg.cancel_reason, leg.outcome, leg.no_return_reason),
            f"{{{','.join(leg.verbs)}}}\t{{{','.join(leg.statuses)}}}",
            f"{{{','.join([moment.isoformat() for moment in leg.moments])}}}\t{leg.sides}",
            f"{_time(leg.access_ends)}\t{{{due}}}\t{{{done}}}\n",
        )
    )


def _places(leg: Leg) -> tuple[UUID | None, ...]:
    return (
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


def _people(leg: Leg) -> tuple[UUID | None, ...]:
    """Return the consent and who acted; of a leg that was sent on also who did it, and where."""
    former = leg.previous if leg.sides.startswith(scripts.REDIRECTOR) else None
    return (
        leg.consent,
        leg.filed_by,
        leg.reader,
        leg.received_by,
        leg.sender.reviewer,
        former.reader if former else None,
        former.receiver.id if former else None,
    )


def _times(leg: Leg) -> tuple[datetime | None, ...]:
    return (
        leg.created_at,
        leg.submitted_at,
        leg.decided_at,
        leg.acknowledged_at,
        leg.scheduled_for,
        leg.arrived_at,
        leg.ended_at,
    )
