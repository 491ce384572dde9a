"""Names the stages that have a deadline, who owes each, and the words of the clocks."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stage(models.TextChoices):
    """What a leg waits for."""

    ANSWER = "answer", pgettext_lazy("stage", "Answer")
    ACKNOWLEDGE = "acknowledge", _("Acknowledgement of an emergency")
    INFORMATION = "information", _("Answer to a question")
    ARRIVAL = "arrival", _("Arrival")
    FIRST_CONTACT = "first_contact", _("First contact after the return")
    RESULT = "result", _("Report of the result")
    FOLLOW_UP = "follow_up", _("Planned follow-up")
    CONSENT = "consent", _("Consent after an emergency")
    DOCUMENTATION = "documentation", _("Documentation of an emergency")


class Clock(models.TextChoices):
    """Which hours count."""

    CALENDAR = "calendar", _("Every hour")
    WORKING = "working", _("Working hours")


class Action(models.TextChoices):
    """What the system may do by itself where an alliance has switched it on."""

    EXPIRE = "expire", _("Let it expire")
    REDIRECT = "redirect", _("Send it on")
    REMATCH = "rematch", _("Send it on to the best match")


STAGES: Final = sorted(Stage.values)
# What follows an emergency, whatever becomes of the leg meanwhile.
AFTERWARDS: Final = frozenset({Stage.CONSENT, Stage.DOCUMENTATION})
# A follow-up is due on the day that its plan names, a consent by a rule of its own: no limit of an alliance
# holds for them.
LIMITED: Final = frozenset(Stage) - {Stage.FOLLOW_UP, Stage.CONSENT}
# The sweep ends these by recording a no-show; the ladder calls for the others.
CALLED: Final = frozenset(Stage) - {Stage.ARRIVAL, Stage.FIRST_CONTACT}
# What the sender owes; the receiver owes the rest.
OWED_BY_SENDER: Final = AFTERWARDS | {Stage.INFORMATION}
