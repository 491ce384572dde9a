"""Says which tasks come due by themselves, and how often."""

from typing import Any, Final

# Name: task, seconds between two ticks.
_SWEEPS: Final = {
    "sweep referrals": ("referral.tasks.sweep", 60),
    "hand on returns": ("referral.tasks.hand_on", 600),
    "return lapsed holds": ("referral.tasks.release_holds", 60),
    "call for what is overdue": ("referral.tasks.remind", 60),
    "measure times of answering": ("referral.tasks.measure_answers", 300),
    "hand back orders": ("referral.tasks.hand_back_orders", 3600),
    "call for consents to orders": ("referral.tasks.call_for_order_consents", 600),
    "tell of withdrawn consents": ("referral.tasks.tell_withdrawals", 60),
    "seal audit heads": ("audit.tasks.seal", 60),
    "verify audit chains": ("audit.tasks.verify", 86_400),
    "prepare months of the trail": ("audit.tasks.prepare", 21_600),
    "forget sign-ins": ("accounts.tasks.forget", 3600),
    "forget tried files": ("facilities.tasks.forget", 900),
    "forget old messages": ("notifications.tasks.forget", 3600),
    "read files of figures": ("insights.tasks.import_volumes", 5),
    "forget files of figures": ("insights.tasks.forget_volume_files", 3600),
    "make files of numbers": ("insights.tasks.make_exports", 2),
    "forget files of numbers": ("insights.tasks.forget_exports", 300),
    "compute what was asked for": ("insights.tasks.compute", 5),
    "renew forecasts": ("insights.tasks.renew_forecasts", 3600),
}
# `expires`: a tick that waited longer is of no use, the next one does its work. The sweeps come due together and
# wait behind every delivery (0 goes first in the Redis protocol's transport): news is for people who wait.
SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    # A number is at most so much older than what is written, and the counting of a batch.
    "count for the rates": {
        "task": "insights.tasks.count",
        "schedule": 2.0,
        "options": {"expires": 4, "priority": 9},
    },
    "deliver notifications": {
        "task": "notifications.tasks.drain",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    **{
        name: {"task": task, "schedule": float(gap), "options": {"expires": gap, "priority": 9}}
        for name, (task, gap) in _SWEEPS.items()
    },
}
