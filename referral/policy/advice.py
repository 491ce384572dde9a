"""Says who may ask for advice before a referral, answer it, and close it."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from facilities.hierarchy import Route
from facilities.vocabulary import FacilityKind
from referral.models import AdviceRequest, AdviceState
from referral.policy.referrals import (
    CLOSED,
    NO_ALLIANCE,
    NO_RIGHT,
    NO_ROUTE,
    NOT_RECEIVER,
    NOT_SENDER,
    NOT_TREATING,
    WRONG_DEPARTMENT,
    YES,
    Verdict,
)

# verb: the states that it may leave.
MOVES: Final[dict[str, tuple[AdviceState, ...]]] = {
    "answer": (AdviceState.ASKED,),
    "convert": (AdviceState.ASKED, AdviceState.ANSWERED),
    "avoid": (AdviceState.ANSWERED,),
    "withdraw": (AdviceState.ASKED,),
}
WRONG_ADVICE_STATE: Final = Verdict(
    False, "wrong-advice-state", _("The present state of the request does not allow this.")
)
SHARING_NOT_AGREED: Final = Verdict(
    False,
    "sharing-consent-required",
    _("The patient's consent to sharing the record or to a referral is not recorded."),
    Kind.UNPROCESSABLE,
)


def may_consult(route: Route | None) -> Verdict:
    """Say whether a facility may be asked: one that treats, in a common alliance, of whatever tier."""
    if route is None:
        return NO_ROUTE
    checks = (
        (route.to_is_active, CLOSED),
        (route.to_kind == FacilityKind.TREATING, NOT_TREATING),
        (route.to_department_ok is not False, WRONG_DEPARTMENT),
        (route.alliance_id is not None, NO_ALLIANCE),
    )
    return next((verdict for passed, verdict in checks if not passed), YES)


def may_answer(advice: AdviceRequest, by: Actor) -> Verdict:
    """Let the clinicians who were asked answer, once."""
    if by.facility_id != advice.to_facility_id:
        return NOT_RECEIVER
    return _allowed("answer", advice, by.can(Permission.REFERRAL_RECEIVE))


def may_convert(advice: AdviceRequest, by: Actor) -> Verdict:
    """Let the clinicians who asked make a referral of it, also before an answer: the patient may get worse."""
    return _asker("convert", advice, by)


def may_avoid(advice: AdviceRequest, by: Actor) -> Verdict:
    """Let the clinicians who asked close what was answered, without a referral."""
    return _asker("avoid", advice, by)


def may_withdraw(advice: AdviceRequest, by: Actor) -> Verdict:
    """Let the clinicians who asked take back what nobody has answered."""
    return _asker("withdraw", advice, by)


def _asker(verb: str, advice: AdviceRequest, by: Actor) -> Verdict:
    if by.facility_id != advice.from_facility_id:
        return NOT_SENDER
    return _allowed(verb, advice, by.can(Permission.REFERRAL_FILE))


def _allowed(verb: str, advice: AdviceRequest, has_right: bool) -> Verdict:
    if not has_right:
        return NO_RIGHT
    return YES if advice.state in MOVES[verb] else WRONG_ADVICE_STATE


MAY: Final = {
    "answer": may_answer,
    "convert": may_convert,
    "avoid": may_avoid,
    "withdraw": may_withdraw,
}
