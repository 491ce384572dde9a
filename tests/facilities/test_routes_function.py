"""The function behind `hierarchy.routes` knows the same constants as the code."""

from django.db import connection

from facilities import hierarchy
from facilities.vocabulary import TIGHTNESS


def test_the_function_orders_alliances_as_the_vocabulary_does(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'facilities_routes'")
        source = cursor.fetchone()[0]
    assert f"ARRAY[{', '.join(repr(form) for form in TIGHTNESS)}]" in source
    assert f"b.height < {hierarchy.MAX_DEPTH} " in source
