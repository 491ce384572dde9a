"""Says who may order an examination, where, and who may receive, report and withdraw the order."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind
from accounts.permissions import Permission
from facilities.hierarchy import Route
from facilities.vocabulary import RelationKind
from referral import examinations
from referral.models import ExaminationOrder, OrderState
from referral.policy.referrals import NO_RIGHT, YES, Verdict

NO_CENTRE: Final = Verdict(
    False, "unknown-centre", _("There is no such centre in operation."), Kind.UNPROCESSABLE
)
OWN_CENTRE: Final = Verdict(
    False, "own-centre", _("Order only what another facility carries out."), Kind.UNPROCESSABLE
)
NO_BOND: Final = Verdict(
    False,
    "centre-not-connected",
    _("The centre serves neither an alliance of yours nor your facility by contract."),
    Kind.UNPROCESSABLE,
)
UNABLE: Final = Verdict(
    False,
    "centre-lacks-capability",
    _("The centre does not offer this examination today."),
    Kind.UNPROCESSABLE,
)
NOT_CENTRE: Final = Verdict(
    False, "not-the-centre", _("Only the centre that has the order may do this."), Kind.FORBIDDEN
)
NOT_END: Final = Verdict(
    False, "not-an-end-of-order", _("Only both ends of an order withdraw it."), Kind.FORBIDDEN
)
ORDER_STATE: Final = Verdict(
    False, "order-wrong-state", _("The order's present state does not allow this.")
)
TOO_MANY_FILES: Final = Verdict(
    False,
    "too-many-files",
    _("This order carries as many files as one may: name the images in the report instead."),
)
OPEN: Final = frozenset({OrderState.ORDERED, OrderState.RECEIVED})


def may_order(by: Actor) -> Verdict:
    """Let whoever files referrals order examinations."""
    allowed = by.facility_id is not None and by.can(Permission.REFERRAL_FILE)
    return YES if allowed else NO_RIGHT


def may_choose(route: Route | None, *, capable: bool) -> Verdict:
    """Let an order go to another facility of a common alliance, or to one bound by contract, that can do it."""
    if route is None or not route.to_is_active:
        return NO_CENTRE
    if route.is_same:
        return OWN_CENTRE
    bound = route.alliance_id is not None or RelationKind.THIRD_PARTY in route.relations
    if not bound:
        return NO_BOND
    return YES if capable else UNABLE


def _centre(order: ExaminationOrder, by: Actor) -> Verdict:
    if by.facility_id != order.centre_id:
        return NOT_CENTRE
    return YES if by.can(Permission.REFERRAL_RECEIVE) else NO_RIGHT


def may_receive_order(order: ExaminationOrder, by: Actor) -> Verdict:
    """Let the centre take an order on."""
    side = _centre(order, by)
    return side if not side.allowed or order.state == OrderState.ORDERED else ORDER_STATE


def may_report(order: ExaminationOrder, by: Actor) -> Verdict:
    """Let the centre report, add files, and amend what it reported; not what was withdrawn."""
    side = _centre(order, by)
    return side if not side.allowed or order.state != OrderState.CANCELLED else ORDER_STATE


def may_add_file(order: ExaminationOrder, by: Actor, *, known: int) -> Verdict:
    """Let the centre add a file to what it may report, up to a number; `known` are there already."""
    report = may_report(order, by)
    return report if not report.allowed or known < examinations.most_files() else TOO_MANY_FILES


def may_cancel_order(order: ExaminationOrder, by: Actor) -> Verdict:
    """Let both ends withdraw an order that is not reported yet."""
    if by.facility_id not in {order.facility_id, order.centre_id}:
        return NOT_END
    ordering = by.facility_id == order.facility_id
    right = Permission.REFERRAL_FILE if ordering else Permission.REFERRAL_RECEIVE
    if not by.can(right):
        return NO_RIGHT
    return YES if order.state in OPEN else ORDER_STATE
