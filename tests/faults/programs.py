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
from django.utils import timezone

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from accounts.ids import uuid7  # noqa: E402
from accounts.models import User  # noqa: E402
from insights.actions.counting import rebuild  # noqa: E402
from insights.volume_kinds import Subject, of  # noqa: E402
from notifications import outbox  # noqa: E402
from referral.states import Status  # noqa: E402
from tests.factories import World, as_system  # noqa: E402
from tests.faults import planted  # noqa: E402
from tests.insights.history import fill, practise  # noqa: E402
from tests.referral.pools import department_of  # noqa: E402


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


def furnish_numbers(env: dict[str, str], file: str) -> None:
    """Make a hospital with referrals, years of demand and a department at work, and say how to ask for its numbers.

    Writes the token of its office, the id of the department, and a file of figures too large to be read at once.
    """
    _begin(env)
    world, today = World(), timezone.localdate()
    with transaction.atomic():
        as_system()
        _ = world.alliance
        for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED):
            world.at(status)
        department = department_of(world.hospital, "03.04")
    # What a worker counts anew at its first start is counted before: no referral stands behind the facts of years.
    for _legs in rebuild():
        pass
    with transaction.atomic():
        as_system()
        practise(world.hospital, department, today)
        fill(world.hospital, today, 156, lambda week: 5 + week * 7 % 4)
        code, kinds = world.hospital.code, of(Subject.FACILITY)
        months = [f"{year}-{month:02}" for year in range(2000, 2025) for month in range(1, 13)]
        lines = [f"{code},{kind.code},{month},7" for kind in kinds for month in months]
        said = {
            "token": world.office.api.token,
            "department": department.pk,
            "figures": "\n".join(["机构或区划代码,指标,月份,数值", *lines]),
            "lines": len(lines),
        }
        Path(file).write_text(json.dumps(said, default=str))
