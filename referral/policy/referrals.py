"""Says who may do what to a referral, and why not: one `may_<verb>` for each verb, and nothing else.

The page greys its button with the same function that the action obeys under the lock. A refusal's
code occurs once in the code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from facilities.hierarchy import Route
from facilities.vocabulary import Direction, FacilityKind
from referral import clocks, sla
from referral.models import Referral
from referral.states import TRANSITIONS, Status, Urgency


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed, and if not, a stable code and a reason for people."""

    allowed: bool
    code: str = ""
    reason: str | Promise = ""
    kind: Kind = Kind.CONFLICT


MAX_NOTICE: Final = timedelta(days=366)
YES: Final = Verdict(True)
NO_RIGHT: Final = Verdict(
    False, "role-lacks-right", _("Your role may not do this."), Kind.FORBIDDEN
)
NOT_SENDER: Final = Verdict(
    False, "not-sender", _("Only the sending facility may do this."), Kind.FORBIDDEN
)
NOT_RECEIVER: Final = Verdict(
    False, "not-receiver", _("Only the receiving facility may do this."), Kind.FORBIDDEN
)
NOT_PARTY: Final = Verdict(
    False, "not-a-party", _("Only the two facilities of a referral may do this."), Kind.FORBIDDEN
)
WRONG_STATE: Final = Verdict(
    False, "wrong-state", _("The referral's present state does not allow this.")
)
REVIEW_REQUIRED: Final = Verdict(
    False, "review-required", _("Your facility reviews referrals before they are sent.")
)
OWN_REVIEW: Final = Verdict(
    False, "own-review", _("A colleague must review what you filed."), Kind.FORBIDDEN
)
NOT_EMERGENCY: Final = Verdict(
    False, "not-emergency", _("Only an emergency is acknowledged."), Kind.CONFLICT
)
ALREADY_ACKNOWLEDGED: Final = Verdict(
    False, "already-acknowledged", _("The emergency is already acknowledged.")
)
EMERGENCY_ARRANGED: Final = Verdict(
    False, "emergency-not-declined", _("An acknowledged emergency cannot be declined.")
)
NOT_A_RETURN: Final = Verdict(
    False, "not-a-return", _("Only a returned patient is referred up again.")
)
CONSENT_WITHDRAWN: Final = Verdict(
    False,
    "consent-withdrawn",
    _("The patient has withdrawn the consent to this referral: it cannot be accepted."),
)
NOT_OVERDUE: Final = Verdict(False, "not-overdue", _("The time to answer has not run out yet."))
NOT_COORDINATOR: Final = Verdict(
    False, "not-coordinator", _("Only a coordinator of the alliance may do this."), Kind.FORBIDDEN
)


def _state(verb: str, referral: Referral) -> Verdict:
    return YES if referral.status in TRANSITIONS[verb].sources else WRONG_STATE


def _sender(referral: Referral, by: Actor, right: Permission = Permission.REFERRAL_FILE) -> Verdict:
    if by.is_system:
        return YES
    if by.facility_id != referral.from_facility_id:
        return NOT_SENDER
    return YES if by.can(right) else NO_RIGHT


def _receiver(referral: Referral, by: Actor) -> Verdict:
    if by.is_system:
        return YES
    if by.facility_id is None or by.facility_id != referral.to_facility_id:
        return NOT_RECEIVER
    return YES if by.can(Permission.REFERRAL_RECEIVE) else NO_RIGHT


def _party(referral: Referral, by: Actor) -> Verdict:
    sides = (_sender(referral, by), _receiver(referral, by))
    return next((one for one in sides if one not in (NOT_SENDER, NOT_RECEIVER)), NOT_PARTY)


def _coordinates(referral: Referral, by: Actor) -> bool:
    inside = referral.alliance_id is not None and referral.alliance_id in by.alliance_ids
    return by.is_system or (inside and by.can(Permission.REFERRAL_COORDINATE))


def _first(*verdicts: Verdict) -> Verdict:
    return next((verdict for verdict in verdicts if not verdict.allowed), YES)


def sender(referral: Referral, by: Actor) -> Verdict:
    """Let whoever files at the sending facility do what belongs to no verb of the table of moves."""
    return _sender(referral, by)


def may_file(by: Actor) -> Verdict:
    """Let whoever holds the right at a facility begin a referral there."""
    return YES if by.facility_id is not None and by.can(Permission.REFERRAL_FILE) else NO_RIGHT


def may_edit(referral: Referral, by: Actor) -> Verdict:
    """Let the sender change a draft."""
    return _first(_sender(referral, by), YES if referral.status == Status.DRAFT else WRONG_STATE)


def may_request_review(referral: Referral, by: Actor) -> Verdict:
    """Let the sender hand a draft to a colleague for review."""
    return _first(_sender(referral, by), _state("request_review", referral))


def may_approve(referral: Referral, by: Actor) -> Verdict:
    """Let a reviewer at the sender, but not who filed it nor his deputy, send a reviewed referral."""
    own = referral.filed_by_id in by.persons
    right = _sender(referral, by, Permission.REFERRAL_REVIEW)
    return _first(right, OWN_REVIEW if own else YES, _state("approve", referral))


def may_review(by: Actor, *, authors: frozenset[UUID]) -> Verdict:
    """Ask for two people: neither who filed it, himself or through a deputy, nor a deputy of his.

    `authors` are the people behind the filing. `may_approve` knows only who is named on the referral;
    this is asked once, when the review ends.
    """
    return OWN_REVIEW if authors & by.persons else YES


def may_send_back(referral: Referral, by: Actor) -> Verdict:
    """Let a reviewer at the sender return a referral to its author."""
    right = _sender(referral, by, Permission.REFERRAL_REVIEW)
    return _first(right, _state("send_back", referral))


def may_submit(referral: Referral, by: Actor) -> Verdict:
    """Let the sender submit; where its facility reviews first, only an emergency goes directly."""
    reviewed = (
        referral.from_facility.requires_internal_review and referral.urgency != Urgency.EMERGENCY
    )
    return _first(
        _sender(referral, by), _state("submit", referral), REVIEW_REQUIRED if reviewed else YES
    )


def may_open(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver open it for the first time."""
    return _first(_receiver(referral, by), _state("open", referral))


def may_ask_information(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver ask before deciding."""
    return _first(_receiver(referral, by), _state("ask_information", referral))


def may_answer(referral: Referral, by: Actor) -> Verdict:
    """Let the sender answer what was asked."""
    return _first(_sender(referral, by), _state("answer", referral))


def may_accept(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver accept, unless the patient has taken the consent back meanwhile."""
    consented = CONSENT_WITHDRAWN if referral.consent_gone else YES
    return _first(_receiver(referral, by), _state("accept", referral), consented)


def may_acknowledge(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver acknowledge an emergency, once."""
    emergency = YES if referral.urgency == Urgency.EMERGENCY else NOT_EMERGENCY
    once = YES if referral.acknowledged_at is None else ALREADY_ACKNOWLEDGED
    return _first(_receiver(referral, by), _state("acknowledge", referral), emergency, once)


def may_decline(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver decline, even after accepting, unless it acknowledged an emergency."""
    promised = referral.acknowledged_at is not None
    return _first(
        _receiver(referral, by),
        _state("decline", referral),
        EMERGENCY_ARRANGED if promised else YES,
    )


def may_redirect(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver, or a coordinator of the alliance, send it on to another facility."""
    side = YES if _coordinates(referral, by) else _receiver(referral, by)
    return _first(side, _state("redirect", referral))


def may_schedule(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver fix the visit or admission."""
    return _first(_receiver(referral, by), _state("schedule", referral))


def may_reschedule(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver move the visit or admission."""
    return _first(_receiver(referral, by), _state("reschedule", referral))


def may_arrive(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver confirm that the patient came."""
    return _first(_receiver(referral, by), _state("arrive", referral))


def may_put_off(referral: Referral, by: Actor) -> Verdict:
    """Let either end note that the patient cannot come to the visit; for the patient's page, the system."""
    return _first(_party(referral, by), _state("put_off", referral))


def may_record_no_show(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver, or the sweep, record that the patient did not come."""
    return _first(_receiver(referral, by), _state("record_no_show", referral))


def may_complete(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver complete; outcome and return are checked by `actions.complete`."""
    return _first(_receiver(referral, by), _state("complete", referral))


def may_return(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver of an up or lateral leg send the patient back down."""
    returnable = referral.direction != Direction.DOWN and referral.status in {
        Status.ARRIVED,
        Status.COMPLETED,
    }
    return _first(_receiver(referral, by), YES if returnable else WRONG_STATE)


def may_refer_again(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver of a return, who may also file, send the patient up to that hospital again."""
    back = referral.direction == Direction.DOWN
    here = referral.status in {Status.ARRIVED, Status.COMPLETED}
    return _first(
        _receiver(referral, by),
        may_file(by),
        YES if back else NOT_A_RETURN,
        YES if here else WRONG_STATE,
    )


def may_refer_onward(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver send a patient who has arrived on to another facility, in the same episode."""
    return _first(
        _receiver(referral, by), YES if referral.status == Status.ARRIVED else WRONG_STATE
    )


def may_cancel(referral: Referral, by: Actor) -> Verdict:
    """Let the sender cancel before the patient has arrived."""
    return _first(_sender(referral, by), _state("cancel", referral))


def may_expire(referral: Referral, by: Actor, *, at: datetime | None = None) -> Verdict:
    """Let the sweep or a coordinator end a referral that nobody answered in time."""
    side = YES if _coordinates(referral, by) else NOT_COORDINATOR
    late = referral.status == Status.INFORMATION_REQUESTED or sla.overdue(
        referral, at or timezone.now(), clocks.rules()
    )
    return _first(side, _state("expire", referral), YES if late else NOT_OVERDUE)


def may_void(referral: Referral, by: Actor) -> Verdict:
    """Let the sender mark a referral as entered in error, whatever its state."""
    return _first(_sender(referral, by), _state("void", referral))


def may_record_follow_up(referral: Referral, by: Actor) -> Verdict:
    """Let the receiver of a down leg plan and record follow-ups once the patient has arrived."""
    here = referral.direction == Direction.DOWN and referral.status == Status.ARRIVED
    return _first(_receiver(referral, by), YES if here else WRONG_STATE)


def may_write(referral: Referral, by: Actor) -> Verdict:
    """Let clinicians of both ends write messages and attach documents until the record is void."""
    return _first(
        _party(referral, by), YES if referral.status != Status.ENTERED_IN_ERROR else WRONG_STATE
    )


MAY: Final[dict[str, Callable[[Referral, Actor], Verdict]]] = {
    verb: globals()[f"may_{verb}"] for verb in TRANSITIONS
}


def verdicts(referral: Referral, by: Actor) -> dict[str, Verdict]:
    """Return the verdict on every verb, and on starting a leg from this one, for the page and the API."""
    asked = {verb: may(referral, by) for verb, may in MAY.items()}
    begun = {"return": may_return, "refer_again": may_refer_again}
    return {**asked, **{verb: may(referral, by) for verb, may in begun.items()}}


NO_ROUTE: Final = Verdict(
    False, "unknown-destination", _("There is no such destination."), Kind.UNPROCESSABLE
)
CLOSED: Final = Verdict(
    False, "destination-closed", _("The destination is not in operation."), Kind.UNPROCESSABLE
)
NOT_TREATING: Final = Verdict(
    False,
    "not-a-treating-destination",
    _("A third-party centre examines, but does not treat: choose another destination."),
    Kind.UNPROCESSABLE,
)
NO_ALLIANCE: Final = Verdict(
    False,
    "no-common-alliance",
    _("The two facilities are not in a common alliance today."),
    Kind.UNPROCESSABLE,
)
NO_LATERAL: Final = Verdict(
    False,
    "lateral-not-allowed",
    _("This alliance does not refer between facilities of the same tier."),
    Kind.UNPROCESSABLE,
)
WRONG_DEPARTMENT: Final = Verdict(
    False,
    "unknown-department",
    _("The destination has no such department."),
    Kind.UNPROCESSABLE,
)
VISIT_TIME: Final = Verdict(
    False,
    "visit-time",
    _("A visit is fixed for today or later, at most a year ahead."),
    Kind.UNPROCESSABLE,
)

DECEASED: Final = Verdict(
    False, "patient-deceased", _("The patient's death is recorded."), Kind.UNPROCESSABLE
)


def may_send(route: Route | None, *, known: bool = False, outside: bool = False) -> Verdict:
    """Say whether a destination may be chosen at all, on the day of the route.

    In an event of public health a designated facility is open to everybody whom the event binds; who has
    sent a patient so, without a common alliance, is `known` for the way back. `outside` says that the
    sender has a reason to leave the network.
    """
    if route is None:
        return NO_ROUTE
    inside = route.alliance_id is not None
    free = route.to_designated or known or (outside and not inside)
    lateral = route.direction == Direction.LATERAL
    return _first(
        YES if route.to_is_active else CLOSED,
        YES if route.to_kind == FacilityKind.TREATING else NOT_TREATING,
        WRONG_DEPARTMENT if route.to_department_ok is False else YES,
        YES if inside or free else NO_ALLIANCE,
        NO_LATERAL if lateral and not (route.alliance_allows_lateral or free) else YES,
    )


def may_visit(scheduled_for: datetime, at: datetime) -> Verdict:
    """Say whether a visit may be fixed for a time: from today on, within a year."""
    today = timezone.localdate(at)
    possible = today <= timezone.localdate(scheduled_for) <= today + MAX_NOTICE
    return YES if possible else VISIT_TIME


def missing_fields(referral: Referral, direction: str) -> list[str]:
    """Return the parts of the official slip that submission cannot do without (domain.md §1.1)."""
    narrative = "plan" if direction == Direction.DOWN else "reason"
    needed = ("diagnosis", "reason_code", narrative)
    return [name for name in needed if not getattr(referral, name)]
