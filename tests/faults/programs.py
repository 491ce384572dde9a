"""What the processes of fault tests run; imported once by a fork server, so that each starts at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from accounts.ids import uuid7  # noqa: E402
from accounts.models import User  # noqa: E402
from notifications import outbox  # noqa: E402
from tests.factories import World, as_system  # noqa: E402
from tests.faults import planted  # noqa: E402


def _begin(env: dict[str, str]) -> None:
    """Take the environment of this process, plant its bug, and die with the test run."""
    os.environ.update(env)
    planted.plant()
    parent = multiprocessing.parent_process()
    assert parent is not None
    watch: Any = threading.Thread(
        target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True
    )
    watch.start()


def relay(env: dict[str, str]) -> None:
    """`manage.py relay`."""
    _begin(env)
    call_command("relay", interval=0.05)


def produce(env: dict[str, str], recipient: UUID, count: int, log: str) -> None:
    """Change something and tell of it, `count` times, each in one transaction.

    After the commit, and only then, a line goes to `log`: what is in it was promised.
    """
    _begin(env)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(count):
        subject, started = uuid7(), time.monotonic()
        with transaction.atomic():
            User.objects.create(id=subject, username=str(subject), full_name="事件")
            outbox.post(
                "referral.accepted",
                {"referral_id": subject, "state": "accepted"},
                [recipient],
                priority=number % 3,
                subject=subject,
                sequence=1,
            )
        milliseconds = (time.monotonic() - started) * 1000
        os.write(descriptor, f"{subject} {milliseconds:.1f}\n".encode())
        time.sleep(float(os.environ.get("PAUSE", "0")))


def furnish(env: dict[str, str], file: str) -> None:
    """Make a clinic, a hospital and a patient, and write down how to submit a referral by HTTP."""
    _begin(env)
    world = World()
    with transaction.atomic():
        as_system()
        body = world.body(submit=True)
        said = {"token": world.doctor.api.token, "hospital": world.hospital.pk, "body": body}
        Path(file).write_text(json.dumps(said, default=str))
