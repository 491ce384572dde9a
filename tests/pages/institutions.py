"""The objects behind the addresses of settings, for the matrix of pages: all of the sender's institution."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from facilities.models import Department, Membership
from referral.models import Referral
from tests.facilities.factories import (
    make_capability,
    make_department,
    make_event,
    make_facility,
    make_post,
    make_relation,
)
from tests.referral.pools import make_pool


def _facility(referral: Referral) -> list[Any]:
    return [referral.from_facility_id]


def _department(referral: Referral) -> list[Any]:
    facility = referral.from_facility
    found = Department.objects.filter(facility=facility).first() or make_department(facility)
    return [facility.pk, found.pk]


def _none(referral: Referral) -> list[Any]:
    return []


def _relation(referral: Referral) -> list[Any]:
    made = make_relation(referral.from_facility, make_facility("另一家医院"))
    return [referral.from_facility_id, made.pk]


def _alliance(referral: Referral) -> list[Any]:
    return [referral.alliance_id]


def _member(referral: Referral) -> list[Any]:
    terms = Membership.objects.filter(alliance=referral.alliance_id)
    return [referral.alliance_id, terms.get(facility=referral.from_facility).pk]


def _capability(referral: Referral) -> list[Any]:
    return [referral.from_facility_id, make_capability(referral.from_facility, "ecg").pk]


def _post(referral: Referral) -> list[Any]:
    return [make_post(referral.from_facility).pk]


def _session(referral: Referral) -> list[Any]:
    return [make_pool(referral.from_facility).pk]


def _event(referral: Referral) -> list[Any]:
    return [make_event(referral.alliance_id).pk]


# Their rows, with one sign for each actor of tests/pages/test_matrix.py.
TABLE: Final = """
facilities:directory        GET    +++++++++>
facilities:institution      GET    +++++++..>
facilities:edit-institution GET    -+-----..>
facilities:edit-institution POST   -+-----..>
facilities:rate-institution GET    -------..>
facilities:rate-institution POST   -------..>
facilities:edit-department  GET    -+-----..>
facilities:edit-department  POST   -+-----..>
facilities:new-institution  GET    --------->
facilities:new-institution  POST   --------->
facilities:add-department   GET    -------..>
facilities:add-department   POST   -------..>
facilities:add-relation     GET    -------..>
facilities:add-relation     POST   -------..>
facilities:end-relation     GET    -------..>
facilities:end-relation     POST   -------..>
facilities:alliances        GET    +++++++++>
facilities:alliance         GET    +++++++..>
facilities:new-alliance     GET    --------->
facilities:new-alliance     POST   --------->
facilities:edit-alliance    GET    -----+-..>
facilities:edit-alliance    POST   -----+-..>
facilities:change-lead      GET    -------..>
facilities:change-lead      POST   -------..>
facilities:end-alliance     GET    -------..>
facilities:end-alliance     POST   -------..>
facilities:add-member       GET    -----+-..>
facilities:add-member       POST   -----u-..>
facilities:end-member       GET    -----+-..>
facilities:end-member       POST   -----u-..>
referral:capacity           GET    -+-+----->
referral:plan-capacity      GET    -+-+----->
referral:plan-capacity      POST   -u-u----->
referral:session            GET    -+-.----->
referral:session            POST   -u-.----->
facilities:events           GET    +++++++++>
facilities:declare-event    GET    -----+--->
facilities:declare-event    POST   -----u--->
facilities:end-event        GET    -----+--->
facilities:end-event        POST   -----+--->
referral:needs              GET    ++++++-+->
referral:set-needs-of-all   GET    -+-+----->
referral:set-needs-of-all   POST   -+-+----->
referral:set-needs          GET    -+-.----->
referral:set-needs          POST   -+-.----->
facilities:import           GET    -+-+----->
facilities:import           POST   -u-u----->
facilities:carry-out        GET    -+-+----->
facilities:carry-out        POST   -.-.----->
facilities:import-template  GET    -+-+----->
facilities:staff            GET    -+-+----->
facilities:give-post        GET    -+-+----->
facilities:give-post        POST   -u-u----->
facilities:roles            GET    +++++++++>
facilities:end-post         GET    -+-.----->
facilities:end-post         POST   -u-.----->
referral:legs-of            GET    -+-.----->
referral:legs-of            POST   -u-.----->
facilities:add-capability   GET    -+-----..>
facilities:add-capability   POST   -u-----..>
facilities:end-capability   GET    -+-----..>
facilities:end-capability   POST   -u-----..>
referral:capability-effect  GET    -+-----..>
insights:equity             GET    -----+--+>
insights:statements         GET    -----+--->
insights:statement          GET    -----+--->
insights:statement          POST   -----u--->
insights:capitation         GET    -----+--->
insights:agreement          GET    -----+--->
insights:agreement          POST   -----u--->
insights:volumes            GET    -+-+-+--+>
insights:volumes            POST   -u-u-u--u>
insights:volumes-template   GET    -+-+-+--+>
insights:volume-file        GET    -.-.-.--.>
insights:volume-file        POST   -.-.-.--.>
insights:facility-figures   GET    -+-.-+--.>
insights:region-figures     GET    -----+--+>
"""
# What stands in the address of a page about an institution.
ARGUMENTS: Final[dict[str, Callable[[Referral], Sequence[Any]]]] = {
    "facilities:institution": _facility,
    "facilities:edit-institution": _facility,
    "facilities:rate-institution": _facility,
    "facilities:edit-department": _department,
    "facilities:new-institution": _none,
    "facilities:add-department": _facility,
    "facilities:add-relation": _facility,
    "facilities:end-relation": _relation,
    "facilities:alliances": _none,
    "facilities:new-alliance": _none,
    **dict.fromkeys(
        (
            *("facilities:alliance", "facilities:edit-alliance", "facilities:change-lead"),
            *("facilities:end-alliance", "facilities:add-member"),
        ),
        _alliance,
    ),
    "facilities:end-member": _member,
    "referral:needs": _none,
    "referral:set-needs-of-all": _none,
    "referral:set-needs": lambda referral: _department(referral)[1:],
    "facilities:events": _none,
    "facilities:declare-event": _none,
    "facilities:end-event": _event,
    "facilities:import": _none,
    "facilities:carry-out": lambda referral: [referral.pk],
    "facilities:import-template": lambda _referral: ["pools"],
    "insights:equity": _none,
    "insights:statements": _none,
    "insights:statement": lambda referral: [referral.alliance_id, 2025, "unified-resources"],
    "insights:capitation": _none,
    "insights:agreement": _alliance,
    "insights:volumes": _none,
    "insights:volumes-template": lambda _referral: ["xlsx"],
    "insights:volume-file": lambda referral: [referral.pk],
    "insights:facility-figures": _facility,
    "insights:region-figures": lambda referral: [referral.from_facility.region_id],
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
