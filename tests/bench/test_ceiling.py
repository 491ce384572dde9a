"""The ceiling writes the same rows as a submission: as many in every table, and none elsewhere."""

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import transaction

from bench import ceiling
from tests.factories import World, new_key


def _all_seeing() -> str:
    name = settings.DATABASES["default"]["NAME"]
    return urlunsplit(urlsplit(os.environ["TEST_SUPERUSER_URL"])._replace(path=f"/{name}"))


def _rows() -> dict[str, int]:
    with psycopg.connect(_all_seeing()) as line:
        tables = line.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        ).fetchall()
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for (name,) in tables)
        return dict(line.execute(counts).fetchall())


def _grown(before: dict[str, int]) -> dict[str, int]:
    after = _rows()
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.django_db(transaction=True)
def test_a_turn_of_the_ceiling_writes_what_a_submission_writes() -> None:
    with transaction.atomic():
        world = World()
        doctor, body = world.doctor.api, world.body(submit=True)
    before = _rows()
    answer = doctor.post("/referrals/", body, key=new_key())
    assert answer.status == 201
    submitted = _grown(before)
    sample = ceiling.sample(
        _all_seeing(), os.environ["DATABASE_URL"], answer.body["id"], answer.body["episode"]
    )
    turn = ceiling.Writing(sample)
    for _each in range(2):
        before = _rows()
        turn()
        assert _grown(before) == submitted
    turn.line.close()
    # The note for the counting is written by a trigger in both.
    assert submitted.pop("insights_change") == 1
    assert sum(submitted.values()) == len(sample.rows)
