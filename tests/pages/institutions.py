"""The objects behind the addresses of settings, for the matrix of pages: all of the sender's institution."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from facilities.models import Department
from referral.models import Referral
from tests.facilities.factories import make_capability, make_department, make_post
from tests.referral.pools import make_pool


def _facility(referral: Referral) -> list[Any]:
    return [referral.from_facility_id]


def _department(referral: Referral) -> list[Any]:
    facility = referral.from_facility
    found = Department.objects.filter(facility=facility).first() or make_department(facility)
    return [facility.pk, found.pk]


def _none(referral: Referral) -> list[Any]:
    return []


def _capability(referral: Referral) -> list[Any]:
    return [referral.from_facility_id, make_capability(referral.from_facility, "ecg").pk]


def _post(referral: Referral) -> list[Any]:
    return [make_post(referral.from_facility).pk]


def _session(referral: Referral) -> list[Any]:
    return [make_pool(referral.from_facility).pk]


# What stands in the address of a page about an institution.
ARGUMENTS: Final[dict[str, Callable[[Referral], Sequence[Any]]]] = {
    "facilities:institution": _facility,
    "facilities:edit-institution": _facility,
    "facilities:rate-institution": _facility,
    "facilities:edit-department": _department,
    "facilities:import": _none,
    "facilities:carry-out": lambda referral: [referral.pk],
    "facilities:import-template": lambda _referral: ["pools"],
    "facilities:add-capability": _facility,
    "facilities:end-capability": _capability,
    "referral:capability-effect": lambda referral: [referral.from_facility_id, "ecg"],
    "facilities:staff": _none,
    "facilities:give-post": _none,
    "facilities:roles": _none,
    "facilities:end-post": _post,
    "referral:legs-of": lambda referral: [referral.filed_by_id],
    "referral:capacity": _none,
    "referral:plan-capacity": _none,
    "referral:session": _session,
}
# Well-formed words for their forms.
WORDS: Final[dict[str, Any]] = {"name": "塘桥社区卫生服务中心"}
