"""The two-way referral slip: four parts in their order, after acceptance only, and never markup."""

import time
from datetime import timedelta
from typing import Any, Final

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from accounts.permissions import Role
from facilities.models import Facility
from referral.models import Referral
from referral.slips import parts, printing
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, make_person
from tests.referral.expect import audited, snapshot
from tests.referral.papers import A4, pages, text
from tests.referral.plans import long_prescription, medicine, sent

UP_ORDER: Final = (
    "存　根",
    "患者姓名：",
    "性别：",
    "年龄（岁）：",
    "档案编号：",
    "家庭住址：",
    "联系电话：",
    "因病情需要，转入",
    "单位",
    "科室",
    "接诊医生",
    "转诊医生（签字）：",
    "双向转诊（转出）单",
    "（机构名称）：",
    "现有患者",
    "需转入贵单位，请予以接诊。",
    "初步印象：",
    "主要现病史（转出原因）：",
    "主要既往史：",
    "过敏史：",
    "治疗经过：",
    "接收安排：",
    "审批意见：",
    "转诊医生（签字）：",
    "联系电话：",
    "加盖公章",
    "患者须知：",
)
DOWN_ORDER: Final = (
    "存　根",
    "患者姓名：",
    "病案号：",
    "家庭住址：",
    "因病情需要，转回",
    "接诊医生",
    "双向转诊（回转）单",
    "现转回贵单位，请予以接诊。",
    "诊断结果：",
    "住院病案号：",
    "主要检查结果：",
    "主要既往史：",
    "过敏史：",
    "治疗经过、下一步治疗方案及康复建议：",
    "治疗经过：",
    "下一步治疗方案：",
    "康复建议：",
    "转诊医生（签字）：",
    "联系电话：",
)


def slip(who: Person, referral: Referral) -> Answer:
    return who.api.get(f"/referrals/{referral.pk}/slip.pdf")


def in_order(words: tuple[str, ...], found: str) -> None:
    at = 0
    for word in words:
        at = found.find(word, at)
        assert at >= 0, word
        at += len(word)


def test_up_it_has_stub_and_sheet_in_the_order_of_the_form(world: World) -> None:
    accepted = world.at(Status.ACCEPTED, treatment="硝苯地平控释片", contact_phone="021-58890000")
    answer = slip(world.doctor, accepted)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == (
        f'inline; filename="slip-{accepted.number}.pdf"'
    )
    assert pages(answer.content) == [A4]
    found = text(answer.content)
    in_order(UP_ORDER, found)
    for said in (
        "欧阳小明",
        "仁济医院",
        "塘桥社区卫生服务中心",
        "张医生",
        "李主任",
        "硝苯地平控释片",
    ):
        assert said in found, said
    assert found.count("欧阳小明") == 2
    assert audited(accepted, "referral.slip", by=world.doctor) == 1


def test_down_it_has_the_other_two_parts(world: World) -> None:
    down = world.returning(Status.ACCEPTED, inpatient_no="ZY20260001", rehabilitation="低盐饮食")
    answer = slip(world.office, down)
    assert answer.status == 200, answer
    found = text(answer.content)
    in_order(DOWN_ORDER, found)
    assert "初步印象" not in found
    assert "科室" not in found
    assert found.count("ZY20260001") == 2


def test_down_the_plan_goes_home_with_the_patient(world: World) -> None:
    up = world.at(Status.ARRIVED)
    body = sent(
        medicine(84),
        medicine(7, name="阿托伐他汀钙片"),
        long_prescription=long_prescription(),
        next_visits=[{"side": "down", "due_in_days": 2, "purpose": "测血压"}],
        warning_signs=[{"code": "blood_pressure_high", "action": "go_up"}],
        rehabilitation="低盐饮食",
    )
    down = world.office.api.post(f"/referrals/{up.pk}/return/", body).body["id"]
    assert world.doctor.api.post(f"/referrals/{down}/accept/").status == 200
    path = f"/referrals/{down}/slip.pdf"
    for language in ("zh-hans", "en"):
        answer = world.doctor.api.get(path, headers={"Accept-Language": language})
        found = text(answer.content)
        day = f"{timezone.localdate() + timedelta(days=2)}"
        said = (
            "下一步治疗方案：",
            "1) 苯磺酸氨氯地平 片剂 5mg · 5mg · 口服 · 每日一次 · 84 天",
            "2) 阿托伐他汀钙片",
            f"1) {day} 在社区 · 测血压",
            "预警信号：1) 血压显著升高 返回医院就诊",
            "康复建议：低盐饮食",
        )
        in_order(said, found)


def test_up_the_medicines_stand_with_the_treatment(world: World) -> None:
    body = world.body(medicines=[medicine(None)], treatment="降压治疗", submit=True)
    up = world.doctor.api.post("/referrals/", body).body["id"]
    assert world.office.api.post(f"/referrals/{up}/accept/").status == 200
    found = text(world.office.api.get(f"/referrals/{up}/slip.pdf").content)
    in_order(("治疗经过：降压治疗", "1) 苯磺酸氨氯地平", "接收安排："), found)


def test_both_ends_print_it_and_nobody_else(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    assert slip(world.doctor, accepted).status == slip(world.office, accepted).status == 200
    for who in (world.manager, world.chief, world.auditor):
        assert (slip(who, accepted).status, slip(who, accepted).code) == (403, "no-permission")
    nowhere = world.stranger.api.get(f"/referrals/{uuid7()}/slip.pdf")
    theirs = slip(world.stranger, accepted)
    assert (theirs.status, theirs.content) == (404, nowhere.content)


@pytest.mark.parametrize(
    "status",
    [
        Status.DRAFT,
        Status.SUBMITTED,
        Status.INFORMATION_REQUESTED,
        Status.DECLINED,
        Status.NO_SHOW,
        Status.EXPIRED,
        Status.ENTERED_IN_ERROR,
    ],
)
def test_there_is_none_but_for_what_was_accepted(world: World, status: Status) -> None:
    referral = world.at(status)
    before = snapshot()
    answer = slip(world.doctor, referral)
    assert (answer.status, answer.code) == (409, "slip-after-acceptance")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert snapshot() == before


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.ARRIVED, Status.COMPLETED])
def test_it_stays_once_the_patient_came(world: World, status: Status) -> None:
    found = text(slip(world.doctor, world.at(status)).content)
    assert ("就诊时间：________" in found) == (status != Status.SCHEDULED)


def test_an_emergency_has_it_at_once(world: World) -> None:
    assert slip(world.doctor, world.emergency()).status == 200


def test_a_receiver_whose_access_has_ended_prints_nothing(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    world.move(accepted, "cancel", world.doctor, reason="duplicate")
    assert slip(world.office, accepted).status == 404
    assert slip(world.doctor, accepted).status == 409


def test_what_is_empty_is_a_blank(world: World) -> None:
    found = text(slip(world.doctor, world.at(Status.ACCEPTED)).content)
    for label in ("档案编号", "家庭住址", "主要既往史", "过敏史", "治疗经过", "审批意见"):
        assert f"{label}：{parts.BLANK}" in found, label


def test_the_opinion_of_the_review_is_printed(world: World) -> None:
    world.clinic.requires_internal_review = True
    world.clinic.save(update_fields=["requires_internal_review"])
    referral = world.move(world.draft(), "request_review", world.doctor)
    referral = world.move(referral, "approve", world.chief, note="同意上转")
    referral = world.move(referral, "accept", world.office)
    assert "审批意见：同意上转" in text(slip(world.doctor, referral).content)


def test_a_hospitals_system_gets_the_name_and_nothing_else_in_full(world: World) -> None:
    body = {
        "phone": "13800001234",
        "address": "上海市浦东新区峨山路100弄1号",
        "identifiers": [{"kind": "health_record", "value": "31011500100100001"}],
    }
    assert world.doctor.api.patch(f"/patients/{world.patient.pk}/", body).status == 200
    accepted = world.at(Status.ACCEPTED)
    full = text(slip(world.doctor, accepted).content)
    system = make_person(world.clinic, Role.INTEGRATOR)
    masked = text(slip(system, accepted).content)
    for value in ("13800001234", "峨山路100弄1号", "31011500100100001"):
        assert value in full, value
        assert value not in masked, value
    assert "138****1234" in masked
    assert masked.count("欧阳小明") == 2


def test_what_somebody_wrote_stays_words(world: World) -> None:
    nasty = '#panic("x") $1/0$ *b* _i_ `c` #image("/etc/passwd") [ ] { } @ref <l> // ; \\ \u202e反\u2066'
    accepted = world.at(Status.ACCEPTED, reason=nasty, past_history="一\r\n二\n\n三")
    found = text(slip(world.doctor, accepted).content)
    assert '#panic("x") $1/0$ *b* _i_ `c` #image("/etc/passwd") [ ] { } @ref <l>' in found
    assert "\u202e" not in found
    assert "主要既往史：一二三" in found


def test_long_texts_flow_on(world: World) -> None:
    long = "血压控制不佳，反复头痛。" * 330
    accepted = world.at(Status.ACCEPTED, reason=long, past_history=long)
    answer = slip(world.doctor, accepted)
    assert 2 <= len(pages(answer.content)) <= 6
    assert set(pages(answer.content)) == {A4}
    found = text(answer.content)
    # Where a page ends, its foot stands between two words.
    assert found.count("血压控制不佳，反复头痛。") >= 654
    in_order(("审批意见：", "转诊医生（签字）：", "患者须知："), found)


@pytest.mark.parametrize(
    "bad",
    [
        "a" * 20_000,
        "\u0301" * 20_000,
        "\n" * 20_000 + "x",
        "行\n" * 10_000,
        "(" * 20_000,
        "\U0001f3f3\ufe0f\u200d\U0001f308" * 5_000,
        "\x00\x07\x1b" * 7_000,
    ],
    ids=["letters", "accents", "breaks", "lines", "brackets", "emoji", "controls"],
)
def test_no_text_keeps_the_thread(bad: str) -> None:
    """Limits hold also for what did not come through a form; the slowest takes about half a second here."""
    fields: dict[str, Any] = dict.fromkeys(
        ("diagnosis", "reason", "past_history", "allergies", "treatment"), bad
    )
    leg = Referral(direction="up", from_facility=Facility(name=bad[:120]), **fields)
    bearer = parts.Bearer(*["________"] * 7)
    begun = time.perf_counter()
    made = printing.pdf("slip", parts.slip(leg, bearer))
    assert time.perf_counter() - begun < 5
    assert len(pages(made)) < 60


def test_a_wide_run_of_letters_stays_on_the_page() -> None:
    assert "\u200b" in parts.words("a" * 100)
    assert parts.words("患者" * 100) == "患者" * 100


def test_a_query_is_refused(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    answer = world.doctor.api.get(f"/referrals/{accepted.pk}/slip.pdf", {"preview": "1"})
    assert (answer.status, answer.code) == (400, "invalid")


@pytest.mark.parametrize("accept", ["application/pdf", "text/html", "image/png", "*/*"])
def test_a_paper_is_a_pdf_whatever_the_client_reads(world: World, accept: str) -> None:
    accepted = world.at(Status.ACCEPTED)
    path = f"/referrals/{accepted.pk}/slip.pdf"
    assert world.doctor.api.get(path, headers={"Accept": accept}).content[:5] == b"%PDF-"
    hidden = world.stranger.api.get(path, headers={"Accept": accept})
    assert (hidden.status, hidden.code) == (404, "not-found")
