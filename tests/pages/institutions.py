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


# Their rows, with one sign for each actor of tests/pages/test_matrix.py.
TABLE: Final = """
facilities:directory        GET    ++++++++>
facilities:institution      GET    +++++++.>
facilities:edit-institution GET    -+-----.>
facilities:edit-institution POST   -+-----.>
facilities:rate-institution GET    -------.>
facilities:rate-institution POST   -------.>
facilities:edit-department  GET    -+-----.>
facilities:edit-department  POST   -+-----.>
referral:capacity           GET    -+-+---->
referral:plan-capacity      GET    -+-+---->
referral:plan-capacity      POST   -u-u---->
referral:session            GET    -+-.---->
referral:session            POST   -u-.---->
facilities:import           GET    -+-+---->
facilities:import           POST   -u-u---->
facilities:carry-out        GET    -+-+---->
facilities:carry-out        POST   -.-.---->
facilities:import-template  GET    -+-+---->
facilities:staff            GET    -+-+---->
facilities:give-post        GET    -+-+---->
facilities:give-post        POST   -u-u---->
facilities:roles            GET    ++++++++>
facilities:end-post         GET    -+-.---->
facilities:end-post         POST   -u-.---->
referral:legs-of            GET    -+-.---->
referral:legs-of            POST   -u-.---->
facilities:add-capability   GET    -+-----.>
facilities:add-capability   POST   -u-----.>
facilities:end-capability   GET    -+-----.>
facilities:end-capability   POST   -u-----.>
referral:capability-effect  GET    -+-----.>
"""
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
