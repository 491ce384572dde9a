"""The relay outlives a database that sends it away."""

import threading
import time

import pytest
from django.db import InternalError, connection, transaction

from notifications import worker
from notifications.management.commands.relay import serve


def fall_asleep() -> None:
    """Hold a transaction open for longer than the database bears."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 30")
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_idled_too_long_costs_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after SIGSTOP in the middle of a claim: the server closes the connection and calls it internal."""
    stop = threading.Event()
    rounds: list[int] = []

    def drain(*, stop: threading.Event) -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            fall_asleep()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        stop.set()

    with pytest.raises(InternalError):
        fall_asleep()
    connection.close()
    monkeypatch.setattr(worker, "drain", drain)
    serve(stop, interval=0)
    assert rounds == [0, 1]
