"""The consent form: to be signed before or after submission, with every field of the standard."""

from typing import Final

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Role
from patients import risks
from referral.models import Referral
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, make_person
from tests.referral.expect import audited
from tests.referral.papers import A4, pages, text

FIELDS: Final = (
    "转诊单编号",
    "生成时间",
    "患者姓名",
    "性别 / 年龄",
    "证件号",
    "联系电话",
    "适用转诊方向",
    "转诊医生",
    "转出机构",
    "转入机构",
    "转诊原因",
    "告知时间",
    "交通延误",
    "号源、床位、设备",
    "补签",
    "□ 同意转诊",
    "□ 不同意转诊",
    "患者/家属签名",
    "与患者关系",
    "签署人电话",
    "签署日期",
    "告知医生签名",
    "告知日期",
    "医疗机构盖章",
)


def form(who: Person, referral: Referral) -> Answer:
    return who.api.get(f"/referrals/{referral.pk}/consent.pdf")


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.ARRIVED])
def test_it_has_every_field_in_every_state(world: World, status: Status) -> None:
    referral = world.at(status)
    answer = form(world.doctor, referral)
    assert answer.status == 200, answer
    assert pages(answer.content) == [A4]
    found = text(answer.content)
    at = 0
    for field in FIELDS:
        at = found.find(field, at)
        assert at >= 0, field
    for said in (
        referral.number,
        "欧阳小明",
        "张医生",
        "塘桥社区卫生服务中心",
        "仁济医院",
        "转出（上转）",
    ):
        assert said in found, said
    assert audited(referral, "referral.consent", by=world.doctor) == 1


def test_down_it_says_so_and_gives_the_plan_as_the_reason(world: World) -> None:
    found = text(form(world.office, world.returning(Status.SUBMITTED)).content)
    assert "回转（下转）" in found
    assert "每日监测血压" in found


def test_the_document_number_is_full_for_people_and_masked_for_systems(world: World) -> None:
    numbers = [{"kind": "passport", "value": "E12345678"}]
    patient = f"/patients/{world.patient.pk}/"
    assert world.doctor.api.patch(patient, {"identifiers": numbers}).status == 200
    sent = world.at(Status.SUBMITTED)
    assert "E12345678" in text(form(world.doctor, sent).content)
    masked = text(form(make_person(world.clinic, Role.INTEGRATOR), sent).content)
    assert "E12345678" not in masked
    assert "E******78" in masked


def test_the_receiver_prints_it_too_and_nobody_else(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    assert form(world.office, sent).status == 200
    for who in (world.manager, world.chief, world.auditor):
        assert (form(who, sent).status, form(who, sent).code) == (403, "no-permission")
    nowhere = world.stranger.api.get(f"/referrals/{uuid7()}/consent.pdf")
    theirs = form(world.stranger, sent)
    assert (theirs.status, theirs.content) == (404, nowhere.content)


def test_a_draft_is_the_senders_alone(world: World) -> None:
    draft = world.at(Status.DRAFT)
    assert form(world.doctor, draft).status == 200
    assert form(world.office, draft).status == 404


def test_it_tells_the_risks_that_a_recorded_consent_will_name(world: World) -> None:
    found = text(form(world.doctor, world.at(Status.DRAFT)).content)
    told = risks.current(timezone.localdate())
    for line in told.lines:
        assert line in found, line
    assert f"告知内容版本：{told.version}" in found
    said = {"purpose": "referral", "given": True, "method": "paper", "given_by": "self"}
    made = world.doctor.api.post(f"/patients/{world.patient.pk}/consents/", said).body
    assert made["risks_version"] == told.version


def test_there_is_none_for_an_error(world: World) -> None:
    answer = form(world.doctor, world.at(Status.ENTERED_IN_ERROR))
    assert (answer.status, answer.code) == (409, "wrong-state")


def test_a_draft_without_destination_has_blanks(world: World) -> None:
    draft = world.draft(to_facility_id=None)
    found = text(form(world.doctor, draft).content)
    assert "转入机构________" in found
    assert "适用转诊方向________" in found
