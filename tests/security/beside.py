"""Makes what stands beside the referrals of the matrix: an order, a delegation, an event of public health, files."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.permissions import Role
from facilities import actions as directory
from facilities.models import Delegation, PublicHealthEvent
from insights.actions import exports, trying
from insights.actions import volumes as reporting
from insights.models import Export, VolumeFile, WhatIf
from referral import actions, documents
from referral.models import ExaminationFile, ExaminationOrder, Referral, ServiceLimit
from referral.stages import Clock, Stage
from referral.states import Urgency
from tests.facilities.factories import make_capability
from tests.security.world import World, act


def place_order(world: World, leg: Referral) -> ExaminationOrder:
    """Let the sender order a CT from the third facility, carried by a leg."""
    third = world.facilities["third"]
    for code in ("ct", "laboratory"):
        make_capability(third, code)
    order, _earlier = act(
        world.doctor("sender"),
        actions.place_order,
        leg.patient_id,
        centre_id=third.pk,
        item="ct_chest",
        question="肺部感染?",
        referral_id=leg.pk,
    )
    return order


def add_file(
    world: World, order: ExaminationOrder, document: documents.Document
) -> ExaminationFile:
    """Let the centre of an order add a file to it."""
    return act(world.doctor("third"), actions.attach_to_order, order.pk, document=document)


def make_delegation(world: World) -> Delegation:
    """Let the sender's clinic doctor be acted for by its hospital doctor."""
    principal = world.who("sender", Role.CLINIC_DOCTOR)
    today = timezone.localdate()
    return act(
        principal.actor,
        directory.delegate,
        principal_id=principal.user.pk,
        deputy_id=world.who("sender", Role.HOSPITAL_DOCTOR).user.pk,
        starts=today,
        ends=today + timedelta(days=7),
        reason="年休假",
    )


def make_event(world: World) -> PublicHealthEvent:
    """Return an event of a disease that no leg here is about."""
    return act(
        world.who("parent", Role.ALLIANCE_MANAGER).actor,
        directory.declare_event,
        name="甲型流感",
        prefixes=["J09"],
        alliance_id=world.alliance.pk,
        facility_ids=[world.destination.pk],
        starts=timezone.localdate(),
        source="测试文件1号",
    )


def plan_limit(world: World) -> ServiceLimit:
    """Plan a limit of the alliance, from tomorrow on, as the manager at its lead."""
    return act(
        world.who("parent", Role.ALLIANCE_MANAGER).actor,
        actions.set_limit,
        world.alliance.pk,
        stage=Stage.RESULT,
        urgency=Urgency.ROUTINE,
        direction="up",
        minutes=7 * 24 * 60,
        clock=Clock.CALENDAR,
        source="测试文件3号",
        starts=timezone.localdate() + timedelta(days=1),
    )


def send_figures(world: World) -> VolumeFile:
    """Return a file that the receiver's office tried."""
    return act(
        world.who("receiver", Role.REFERRAL_OFFICE).actor,
        reporting.receive,
        b"code,kind,month,value\n",
        name="figures.csv",
        is_trial=True,
        now=timezone.now(),
    )


def take_out(world: World) -> Export:
    """Return a file of numbers that the receiver's office asked for."""
    return act(
        world.who("receiver", Role.REFERRAL_OFFICE).actor,
        exports.ask,
        {"kind": "indicators", "format": "csv"},
        language="zh-hans",
        now=timezone.now(),
    )


def agreed(objects: Any, _name: str) -> dict[str, Any]:
    """Pay the sender for its members."""
    return {
        "alliance": objects.world.alliance.pk,
        "starts": "2026-01",
        "rate": "420.50",
        "source": "按人头付费协议1号",
        "communities": [objects.world.facilities["sender"].pk],
    }


def epidemic(objects: Any, _name: str) -> dict[str, Any]:
    return {
        "name": "流感",
        "prefixes": ["J10", "J11"],
        "alliance": objects.world.alliance.pk,
        "facilities": [objects.world.destination.pk],
        "starts": timezone.localdate(),
        "source": "测试文件2号",
    }


def tried(objects: Any, _name: str) -> dict[str, Any]:
    """Reserve other places of the receiver's department."""
    pool = objects.pool
    return {
        "facility": pool.facility_id,
        "department": pool.department_id,
        "kind": "share",
        "number": 40,
    }


def try_out(objects: Any) -> WhatIf:
    """Return a run for which the receiver's office asked, and which a worker has done."""
    change = {
        "kind": "share",
        "number": 40,
        "pool": "slot",
        "department": objects.pool.department_id,
    }
    run = act(
        objects.world.who("receiver", Role.REFERRAL_OFFICE).actor,
        trying.ask,
        objects.pool.facility_id,
        change,
        now=timezone.now(),
    )
    WhatIf.objects.filter(pk=run.pk).update(state="done", computed_at=timezone.now())
    return run
