"""`manage.py relay`: the same delivery as Celery's, without the broker."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections

from notifications import worker

logger = logging.getLogger(__name__)


def serve(stop: threading.Event, *, interval: float) -> None:
    """Drain every `interval` seconds until `stop`; survives a database that goes away."""
    while not stop.is_set():
        close_old_connections()
        try:
            worker.drain(stop=stop)
        # A transaction that idled too long, as one does in a process that was stopped, ends in InternalError.
        except (OperationalError, InterfaceError, InternalError) as error:
            logger.warning("relay waits for the database", extra={"error": type(error).__name__})
            stop.wait(1.0)
        stop.wait(interval)


class Command(BaseCommand):
    """Runs beside Celery or instead of it; SIGTERM and SIGINT end it after what is being sent."""

    help = "Delivers notifications without the broker, until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """How often to look; whether to end when nothing is due."""
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks")
        parser.add_argument("--once", action="store_true", help="deliver what is due and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Drain until told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["once"]:
            worker.drain(stop=stop)
        else:
            serve(stop, interval=options["interval"])
