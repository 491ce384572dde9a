"""Many referrals at once, made in the database like one that is there."""

from django.db import connection

from referral.models import Referral

_COPIES = """INSERT INTO referral_referral SELECT (jsonb_populate_record(r, jsonb_build_object(
    'id', gen_random_uuid(), 'number', 'ZZ-' || n{also}
))).* FROM referral_referral r, generate_series(1, %s) n WHERE r.id = %s"""


def copies(referral: Referral, count: int, **columns: str) -> None:
    """Make `count` more; `columns` gives the SQL of what differs from one to the next, where `n` counts from 1."""
    also = "".join(f", '{name}', {sql}" for name, sql in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(_COPIES.format(also=also), [count, referral.pk])
