"""Does what nobody can do through the API: enters a referral with a time that has passed, and asks for a sweep.

The demonstration says of each of these steps that it is one.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from accounts import scope
from accounts.models import User
from facilities.sign_in import actor_of
from referral import actions, tasks
from scenarios.demo.client import Stopped


def file(
    username: str, facility_id: str, patient_id: str, fields: Mapping[str, Any], *, ago: timedelta
) -> UUID:
    """File and submit a referral as that person would have done some time ago; returns its id."""
    user = User.objects.get(username=username)
    by = actor_of(user.pk, facility=UUID(facility_id))
    then = timezone.now() - ago
    with scope.transaction_as(by):
        leg = actions.create(UUID(patient_id), by=by, fields=fields, submit=True, now=then)
    return leg.pk


def ask_for_calls() -> None:
    """Let the running worker call for what is overdue now, as it does each minute; raises Stopped."""
    try:
        tasks.remind.apply_async(expires=60, retry=False)
    except OperationalError as error:
        text = _("The broker of the running system cannot be reached: say the same DATA_DIR.")
        raise Stopped(text) from error
