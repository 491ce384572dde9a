"""Says in plain words to a patient where a referral stands: no diagnosis, and no name but after the year of birth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from referral.models import PatientFeedback, Referral
from referral.policy import visits as policy
from referral.queries import visits as queries
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
PUT_OFF: Final = (
    _("Put off: another time is being looked for"),
    _("The hospital knows that you could not come. You will be told the new time, or call below."),
)
BRING: Final = (
    _("Your identity card and your health insurance card"),
    _("The printed referral slip"),
    _("Earlier results, images and the medicines that you take"),
)
SCORES: Final[dict[int, Words]] = {
    5: _("Very content"),
    4: _("Content"),
    3: _("So-so"),
    2: _("Not content"),
    1: _("Not content at all"),
}
COMING: Final = frozenset({Status.ACCEPTED, Status.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody to call."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the page shows to whoever holds the link, and what may be asked for after the year of birth."""

    number: str
    state: Words
    following: Words
    place: str
    address: str
    department: str
    when: datetime | None
    call: Sequence[Whom]
    bring: Sequence[Words]
    may_answer: bool
    may_rate: bool


@dataclass(frozen=True, slots=True)
class More:
    """What it shows once the year of birth was said: names, and what the patient has said himself."""

    version: int
    doctors: Sequence[tuple[Words, str]]
    confirmed_at: datetime | None
    feedback: PatientFeedback | None


def tracked(referral: Referral, at: datetime) -> Tracked | None:
    """Return what a patient is told of a leg; None where there is nothing to tell: a draft, or an error."""
    words = STANDS.get(referral.status)
    to = referral.to_facility
    if words is None or to is None:
        return None
    if referral.status == Status.ACCEPTED and referral.scheduled_for is not None:
        words = PUT_OFF
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
        may_answer=policy.may_answer(referral, at).allowed,
        may_rate=referral.status in policy.RATED,
    )


def more(referral: Referral) -> More:
    """Return what is shown besides to somebody who knows the year of birth; read in the system's scope."""
    people = (
        (_("Referred by"), referral.filed_by),
        (_("Expected by"), referral.received_by),
    )
    return More(
        version=referral.version,
        doctors=[(label, who.full_name) for label, who in people if who is not None],
        confirmed_at=queries.confirmed_at(referral),
        feedback=queries.feedback(referral) if referral.status in policy.RATED else None,
    )
