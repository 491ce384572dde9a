"""Eight connections write one chain at once: no gap, no double, one order."""

import threading
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.ids import uuid7
from audit import record
from audit.models import Event
from audit.verify import verify
from tests.audit.people import doctor

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
EACH = 25


def _write(by: Actor, start: threading.Barrier, errors: list[BaseException]) -> None:
    try:
        start.wait()
        for number in range(EACH):
            try:
                with transaction.atomic():
                    record.read(by, what="referral.view", patients=[uuid7()])
                    if number % 5 == 4:
                        raise _ChangedMyMind
            except _ChangedMyMind:
                continue
    except BaseException as error:  # noqa: BLE001 - handed to the test
        errors.append(error)
    finally:
        connection.close()


class _ChangedMyMind(Exception):
    """Rolls one transaction in five back."""


def test_eight_writers_of_one_chain_leave_one_line() -> None:
    """Rolled back transactions leave no gap either."""
    first = doctor()
    people = [doctor(first.facility_id) for _ in range(WRITERS)]
    errors: list[BaseException] = []
    start = threading.Barrier(WRITERS)
    threads = [threading.Thread(target=_write, args=(by, start, errors)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, WRITERS * EACH * 4 // 5 + 1))
    assert list(verify()) == []
    times = list(Event.objects.order_by("seq").values_list("at", flat=True))
    assert times == sorted(times), "time follows the chain"


def test_two_chains_do_not_wait_for_each_other() -> None:
    """A long transaction of one facility does not hold up another's."""
    done = threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                record.read(doctor(UUID(int=2)), what="referral.view")
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        record.read(doctor(UUID(int=1)), what="referral.view")
        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(5)
        thread.join()
