"""Settings of the processes that fault tests start and kill: as in production, with short leases."""

from config.settings import *  # noqa: F403

CRASH_POINTS = True
WEBHOOK_ALLOW_PRIVATE = True
OUTBOX_LEASE = 1
WEBHOOK_DEADLINE = 0.7
