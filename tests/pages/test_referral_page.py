"""One referral as each actor sees it: parts of the slip, masked people, the same 404 for strangers."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.queries import about_referral
from referral import clocks
from referral.models import Referral
from referral.states import TRANSITIONS, Status, Urgency
from tests.factories import PATHS, World
from tests.pages.conftest import browser_of, text_of
from tests.referral.expect import do
from tests.referral.pools import ahead, make_pool, take

NOWHERE = "0190a0a0-0000-7000-8000-000000000000"


def page(referral: Referral) -> str:
    """Return the address of a referral."""
    return f"/referrals/{referral.pk}/"


def test_the_hospital_reads_the_transfer_slip_of_a_masked_patient(world: World) -> None:
    text = text_of(browser_of(world.office).get(page(world.at(Status.SUBMITTED))))
    # The moves beside the slip name its parts too: what a receiver may say is missing.
    slip = text[text.index("双向转诊（转出）单") :]
    parts = ["初步印象", "主要现病史（转出原因）", "主要既往史", "过敏史", "治疗经过"]
    assert sorted(parts, key=slip.index) == parts, "the order of the official slip"
    assert "欧阳**" in text
    assert "欧阳小明" not in text
    assert "未填写" in text


def test_the_clinic_reads_the_return_slip(world: World) -> None:
    text = text_of(browser_of(world.doctor).get(page(world.returning())))
    slip = text[text.index("双向转诊（回转）单") :]
    parts = ["诊断结果", "住院病案号", "主要检查结果", "下一步治疗方案", "康复建议"]
    assert sorted(parts, key=slip.index) == parts


def test_a_held_seat_is_shown_until_its_receiver_has_decided(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    said = "转出方已预留"
    assert said not in text_of(browser_of(world.office).get(page(sent)))
    take(pool, sent, state="held", held_until=ahead(1))
    for who in (world.office, world.doctor):
        assert said in text_of(browser_of(who).get(page(sent)))
    assert do(world.office, "accept", sent).body["status"] == "scheduled"
    assert said not in text_of(browser_of(world.office).get(page(sent)))


def test_the_booked_seat_of_an_emergency_is_shown_until_its_visit_is_fixed(world: World) -> None:
    draft, pool = world.draft(urgency=Urgency.EMERGENCY), make_pool(world.hospital)
    world.doctor.api.post(f"/referrals/{draft.pk}/hold/", {"pool": str(pool.pk)})
    assert do(world.doctor, "submit", draft).body["status"] == "accepted"
    said = "名额已确认"
    assert said in text_of(browser_of(world.office).get(page(draft)))
    do(world.office, "schedule", draft, {"scheduled_for": pool.starts_at.isoformat()})
    assert said not in text_of(browser_of(world.office).get(page(draft)))
    assert world.office.api.get(f"/referrals/{draft.pk}/hold/").body["state"] == "booked"


def test_a_draft_of_a_return_already_shows_the_return_slip(world: World) -> None:
    leg = world.start_return(world.at(Status.ARRIVED))
    assert "双向转诊（回转）单" in text_of(browser_of(world.office).get(page(leg)))


def test_a_manager_sees_the_referral_but_not_who_it_is(world: World) -> None:
    text = text_of(browser_of(world.manager).get(page(world.at(Status.SUBMITTED))))
    assert "您的岗位不能查看患者身份。" in text
    assert "欧阳" not in text
    assert "您的岗位在此没有待办操作。" not in text, "a coordinator may send it on"
    assert "转介" in text


def test_a_manager_at_the_receiving_hospital_does_not_see_who_it_is_either(world: World) -> None:
    leg = world.move(world.draft(to_facility_id=world.lead.pk), "submit", world.doctor)
    browser = browser_of(world.manager)
    for address in (page(leg), "/", "/boxes/inbox/", f"/episodes/{leg.episode_id}/"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "欧阳" not in text_of(answer)
        assert "岁" not in text_of(answer)


def test_others_cannot_tell_a_referral_from_none(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    browser = browser_of(world.stranger)
    not_mine = browser.get(page(referral))
    not_there = browser.get(f"/referrals/{NOWHERE}/")
    assert not_mine.status_code == not_there.status_code == 404
    assert not_mine.content == not_there.content
    posted = browser.post(f"{page(referral)}accept/", {"version": 2})
    assert (posted.status_code, posted.content) == (404, not_there.content)
    journey = browser.get(f"/episodes/{referral.episode_id}/")
    assert (journey.status_code, journey.content) == (404, not_there.content)


def test_the_receiver_cannot_see_a_draft(world: World) -> None:
    assert browser_of(world.office).get(page(world.draft())).status_code == 404


def test_an_auditor_is_refused(world: World) -> None:
    answer = browser_of(world.auditor).get(page(world.at(Status.SUBMITTED)))
    assert answer.status_code == 403
    assert "您的岗位没有此权限" in text_of(answer)


def test_nobody_is_sent_to_the_sign_in(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    for address in (
        page(referral),
        f"{page(referral)}accept/",
        f"/episodes/{referral.episode_id}/",
    ):
        assert browser_of(None).get(address).status_code == 302


def test_reading_is_recorded_and_no_copy_is_kept(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    answer = browser_of(world.office).get(page(referral))
    assert answer.headers["Cache-Control"] == "no-store"
    event = about_referral(referral.pk)[0]
    assert (event.what, event.actor_id) == ("referral.view", world.office.user.pk)
    assert event.patient_ids == [referral.patient_id]


def test_the_journey_shows_both_legs_and_what_is_missing(world: World) -> None:
    leg = world.returning()
    text = text_of(browser_of(world.doctor).get(f"/episodes/{leg.episode_id}/"))
    legs = text[text.index("进行中") :]
    assert legs.index("上转") < legs.index("下转")
    assert "等待诊治完成。" in text
    assert "等待基层接收患者。" in text
    assert "进行中" in text


def test_the_journey_tells_of_both_legs_in_the_order_of_what_happened(world: World) -> None:
    leg = world.returning(Status.ARRIVED)
    answer = browser_of(world.doctor).get(f"/episodes/{leg.episode_id}/")
    told = text_of(answer)[text_of(answer).index("时间轴") :]
    steps = re.findall(r"(新建转诊单|提交转诊|接收转诊|确认患者到诊) (上转|下转)", told)
    both = ["新建转诊单", "提交转诊", "接收转诊", "确认患者到诊"]
    assert [step for step, way in steps if way == "上转"] == both
    assert [step for step, way in steps if way == "下转"] == both
    assert steps.index(("确认患者到诊", "上转")) < steps.index(("新建转诊单", "下转"))


def test_the_journey_keeps_receipts_from_whom_they_do_not_concern(world: World) -> None:
    leg = world.returning()
    address = f"/episodes/{leg.episode_id}/"
    assert 'class="told"' in browser_of(world.doctor).get(address).content.decode()
    assert 'class="told"' not in browser_of(world.manager).get(address).content.decode()


def test_the_journey_says_when_the_loop_is_closed(world: World) -> None:
    referral = world.at(Status.COMPLETED)
    text = text_of(browser_of(world.doctor).get(f"/episodes/{referral.episode_id}/"))
    assert "已闭环" in text
    assert "尚缺环节" not in text


def _raw_words() -> set[str]:
    """Codes that would be read as words if they slipped through."""
    codes = {status.value for status in Status} | set(TRANSITIONS)
    codes |= {"up", "down", "lateral", "needs_examination", "outpatient", "capacity", "improved"}
    return codes | {"recovered", "stable_continue", "clinic_doctor", "referral_office", "routine"}


@pytest.mark.parametrize("status", PATHS)
def test_no_raw_code_is_shown_in_any_state(world: World, status: Status) -> None:
    referral = world.at(status)
    for person in (world.doctor, world.office, world.manager):
        answer = browser_of(person).get(page(referral))
        if answer.status_code == 200:
            shown = set(re.findall(r"[a-z_]+", text_of(answer)))
            assert not shown & _raw_words()


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.COMPLETED, Status.INTERNAL_REVIEW])
def test_every_word_has_an_english_form(world: World, status: Status) -> None:
    browser = browser_of(world.doctor).speak("en")
    text = text_of(browser.get(page(world.at(status))))
    assert "Two-way referral slip (transfer out)" in text
    assert "What you can do now" in text
    assert not {"可进行的操作", "时间轴"} & set(text.split())
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", text)


def test_hostile_text_stays_text(world: World) -> None:
    words = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    referral = world.at(Status.SUBMITTED, reason=words, diagnosis=words)
    for address in (page(referral), "/boxes/inbox/", "/"):
        body = browser_of(world.office).get(address).content.decode()
        assert "<script>" not in body
        assert "<img src=x" not in body


Counter = Callable[[int], Any]


def test_a_page_costs_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Counter
) -> None:
    referral = world.at(Status.COMPLETED)
    browser = browser_of(world.office)
    clocks.rules()
    # Transaction, session, user, posts, post with rights, scope, referral, patient, moves,
    # follow-ups, receipts, plan, the newest review, what the criteria said, the patient's feedback,
    # orders, messages, documents, audit.
    with django_assert_num_queries(20):
        browser.client.get(page(referral))
    with django_assert_num_queries(13):
        browser.client.get(f"/episodes/{referral.episode_id}/")
