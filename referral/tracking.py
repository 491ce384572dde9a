"""Says in plain words to a patient where a referral stands: no diagnosis, no name, nothing to press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from referral.models import Referral
from referral.states import Status

Words = str | Promise
WAIT: Final = _("You need not do anything now. You will be told as soon as there is an answer.")
ASK_SENDER: Final = _("Please speak to the doctor who referred you about what to do next.")
# What the state means for the patient, and what happens next.
STANDS: Final[dict[str, tuple[Words, Words]]] = {
    Status.SUBMITTED: (_("Sent, waiting for an answer"), WAIT),
    Status.RECEIVED: (_("Received, being looked at"), WAIT),
    Status.INFORMATION_REQUESTED: (_("A question about your referral was asked"), WAIT),
    Status.ACCEPTED: (
        _("Accepted"),
        _("The time is not fixed yet. You will be told, or call the number below."),
    ),
    Status.SCHEDULED: (_("Accepted, and the time is fixed"), _("Please come at the time below.")),
    Status.ARRIVED: (_("You have arrived"), _("The staff there will tell you the next step.")),
    Status.COMPLETED: (
        _("Finished"),
        _("Follow what you were told, and go to your follow-up visits."),
    ),
    Status.DECLINED: (_("Not accepted"), ASK_SENDER),
    Status.REDIRECTED: (_("Sent on to another facility"), ASK_SENDER),
    Status.NO_SHOW: (_("You did not come at the time"), ASK_SENDER),
    Status.CANCELLED: (_("Cancelled"), ASK_SENDER),
    Status.EXPIRED: (_("Ended without an answer"), ASK_SENDER),
}
BRING: Final = (
    _("Your identity card and your health insurance card"),
    _("The printed referral slip"),
    _("Earlier results, images and the medicines that you take"),
)
COMING: Final = frozenset({Status.ACCEPTED, Status.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody to call."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """Everything that the page shows."""

    number: str
    state: Words
    following: Words
    place: str
    address: str
    department: str
    when: datetime | None
    call: Sequence[Whom]
    bring: Sequence[Words]


def tracked(referral: Referral) -> Tracked | None:
    """Return what a patient is told of a leg; None where there is nothing to tell: a draft, or an error."""
    words = STANDS.get(referral.status)
    to = referral.to_facility
    if words is None or to is None:
        return None
    coming = referral.status in COMING
    department = referral.to_department
    ends = (to, referral.from_facility)
    return Tracked(
        number=referral.number,
        state=words[0],
        following=words[1],
        place=to.name,
        address=to.address,
        department=department.name if department else "",
        when=referral.scheduled_for if referral.status == Status.SCHEDULED else None,
        call=[
            Whom(end.name, end.phone or end.duty_phone)
            for end in ends
            if end.phone or end.duty_phone
        ],
        bring=BRING if coming else (),
    )
