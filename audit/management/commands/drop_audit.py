"""`manage.py drop_audit`: drops the months of the audit trail that need not be kept any more, as the owner."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import record


class Command(BaseCommand):
    """A person's deed: whoever runs it knows of no dispute or inspection for which the trail must be kept."""

    help = "Names, or with --yes drops, the months of the audit trail older than AUDIT_KEEP_YEARS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", help="drop only what is older than this day, YYYY-MM-DD")
        parser.add_argument(
            "--yes", action="store_true", help="drop them; without it they are named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        moment = _moment(options["before"], timezone.now())
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT accounts_months_before('audit_event', %s)", [moment])
            found = [str(name) for (name,) in cursor.fetchall()]
        for name in found:
            self.stdout.write(name)
        if options["yes"] and found:
            self._drop(moment)
        else:
            self.stdout.write(
                f"{len(found)} months are older than {moment:%Y-%m-%d}; none was dropped."
            )

    def _drop(self, moment: datetime) -> None:
        """Write into the trail that it is shortened, then drop; a refusal of the database undoes nothing but itself."""
        with transaction.atomic():
            record.change(Actor.system(), what="audit.drop")
        try:
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '10s'")
                cursor.execute("SELECT audit_drop_before(%s)", [moment])
                count = len(cursor.fetchall())
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"Nothing was dropped: {reason}") from error
        self.stdout.write(f"{count} months were dropped.")


def _moment(day: str | None, now: datetime) -> datetime:
    """Return before when events may go: the day that was asked for, no later than the years allow."""
    latest = now - timedelta(days=round(settings.AUDIT_KEEP_YEARS * 365.25))
    if day is None:
        return latest
    try:
        asked = timezone.make_aware(datetime.strptime(day, "%Y-%m-%d"))  # noqa: DTZ007 - made aware here
    except ValueError as error:
        raise CommandError("Say the day as YYYY-MM-DD.") from error
    if asked > latest:
        raise CommandError(
            f"Events are kept for {settings.AUDIT_KEEP_YEARS} years: nothing after {latest:%Y-%m-%d} is dropped."
        )
    return asked
