"""What both ends exchange, on the page: the plan of a return, contacts with their values, messages, documents."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from audit.models import Event
from referral import carried, documents, observations
from referral.models import Attachment, FollowUp, Message, Referral
from referral.states import Status
from referral.storage import StorageAway
from tests.factories import World, as_system
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_moves import send
from tests.referral.plans import long_prescription, medicine, sent

PLAN: dict[str, Any] = {
    "next_visits": [
        {"side": "down", "due_in_days": 2, "purpose": "测血压"},
        {"side": "up", "due_in_days": 84},
    ],
    "warning_signs": [
        {"code": "blood_pressure_high", "action": "go_up"},
        {"text": "剧烈头痛", "action": "emergency"},
    ],
}


def page(referral: Referral) -> str:
    """Return the address of a referral."""
    return f"/referrals/{referral.pk}/"


def planned(world: World, *medicines: dict[str, Any], **parts: Any) -> Referral:
    """Return a return that has arrived in the community with a plan."""
    up = world.at(Status.ARRIVED)
    body = sent(*medicines, **{**PLAN, **parts})
    answer = world.office.api.post(f"/referrals/{up.pk}/return/", body)
    assert answer.status == 201, answer
    as_system()
    leg = Referral.objects.get(pk=answer.body["id"])
    for verb in ("accept", "arrive"):
        leg = world.move(leg, verb, world.doctor)
    return leg


def attached(referral: Referral, content: bytes = b"%PDF-1.7 made here") -> Attachment:
    """Return a stored document of a referral, as its sender attached it."""
    as_system()
    row = Attachment(
        referral=referral,
        facility_id=referral.from_facility_id,
        name="化验单.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=bytes(32),
        uploaded_at=timezone.now(),
    )
    document = documents.Document(row.name, row.media_type, content, bytes(32))
    documents.store(row.pk, document)
    row.save(force_insert=True)
    return row


def test_the_clinic_reads_the_plan_of_a_return(world: World) -> None:
    leg = planned(
        world, medicine(84), medicine(7, name="阿莫西林胶囊"), long_prescription=long_prescription()
    )
    today = timezone.localdate()
    for person in (world.doctor, world.office, world.manager):
        text = text_of(browser_of(person).get(page(leg)))
        for said in (
            "苯磺酸氨氯地平 片剂 5mg · 5mg · 口服 · 每日一次 · 84 天",
            "阿莫西林胶囊",
            "抗微生物药物",
            "血压平稳三个月, 依从性好",
            f"{today + timedelta(days=2)} 在社区 · 测血压",
            f"{today + timedelta(days=84)}",
            "剧烈头痛 拨打120",
        ):
            assert said in text, said


def test_in_english_no_code_and_no_chinese_heading(world: World) -> None:
    leg = planned(world, medicine(84), long_prescription=long_prescription())
    text = text_of(browser_of(world.doctor).speak("en").get(page(leg)))
    for said in ("Medicines", "84 days", "Blood pressure very high", "Go back to the hospital"):
        assert said in text, said
    assert "signed by The patient (On paper," in text
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", text)


def test_a_leg_that_carries_nothing_shows_no_empty_part(world: World) -> None:
    parts = ("carried", "lines", "documents", "contacts")
    bare = browser_of(world.doctor).get(page(world.at(Status.SUBMITTED))).content.decode()
    assert not [part for part in parts if f'id="{part}"' in bare]
    leg = planned(world, medicine(7))
    attached(leg)
    send(world.doctor, leg, "send_message", text="请回复")
    full = browser_of(world.doctor).get(page(leg)).content.decode()
    assert [part for part in parts if f'id="{part}"' in full] == list(parts)


def test_contacts_show_what_was_measured_and_what_is_late(world: World) -> None:
    leg = planned(world, medicine(7))
    said = {
        "method": "visit",
        "findings": "头痛",
        "observations": {
            "sbp": {"value": 186, "unit": "mmHg"},
            "dbp": {"value": 112.5, "unit": "mmHg"},
        },
        "adherence": "irregular",
        "symptoms": "视物模糊",
    }
    assert world.doctor.api.post(f"/referrals/{leg.pk}/follow-ups/", said).status == 201
    yesterday = str(timezone.localdate() - timedelta(days=1))
    world.doctor.api.post(f"/referrals/{leg.pk}/follow-ups/", {"due_on": yesterday})
    text = text_of(browser_of(world.office).get(page(leg)))
    assert "收缩压 186 mmHg · 舒张压 112.5 mmHg" in text
    assert "视物模糊" in text
    assert "出现预警信号" in text
    late = text[text.index(f"计划于 {yesterday}") :]
    assert late[: late.index(yesterday) + 20].count("已超时") == 1
    world.move(leg, "complete", world.doctor, outcome="handed_on")
    assert "已超时" not in text_of(browser_of(world.office).get(page(leg))).split("随访")[-1]


def test_a_contact_is_recorded_with_its_values(world: World) -> None:
    leg = planned(world, medicine(7))
    words = {"method": "visit", "findings": "头痛", "sbp": "182", "dbp": "95.5"}
    answer = send(world.doctor, leg, "record_follow_up", **words, adherence="regular")
    text = text_of(answer)
    assert "收缩压 182 mmHg · 舒张压 95.5 mmHg · 服药：规律服药" in text
    assert "出现预警信号" in text
    [mine] = world.office.api.get("/returned/").results
    assert mine["follow_up"]["last"]["observations"]["sbp"] == {"value": 182.0, "unit": "mmHg"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sbp": "130"}, "必填"),
        ({"sbp": "80", "dbp": "90"}, "收缩压"),
        ({"sbp": "999", "dbp": "90"}, "300"),
        ({"weight": "六十"}, "数字"),
        ({"adherence": "sometimes"}, "sometimes"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_kept(
    world: World, values: dict[str, str], said: str
) -> None:
    leg = planned(world, medicine(7))
    words = {"method": "visit", "findings": "头痛", **values}
    answer = send(world.doctor, leg, "record_follow_up", **words)
    assert answer.status_code == 400
    body = answer.content.decode()
    assert said in "".join(re.findall(r'(?s)class="field-error"(.*?)</div>', body))
    assert not FollowUp.objects.filter(referral=leg, done_at__isnull=False).exists()


def test_everything_that_is_measured_has_a_name() -> None:
    for name in observations.quantities():
        value = {"value": 7, "unit": "x"}
        assert (
            carried.measured(FollowUp(observations={name: value}, adherence="", symptoms=""))
            != f"{name} 7 x"
        )


def test_a_message_is_written_read_and_marked(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    answer = send(world.doctor, leg, "send_message", text="患者已空腹\n请安排抽血")
    assert answer.status_code == 200
    assert "已发送留言" in text_of(answer)
    office = browser_of(world.office)
    text = text_of(office.get(page(leg)))
    assert text.count("1 条未读") == 2, "above the slip, too, which on a telephone comes first"
    assert "张医生" in text
    assert "患者已空腹" in text
    [line] = Message.objects.all()
    answer = send(world.office, leg, "mark_read", up_to=str(line.pk))
    assert "条未读" not in text_of(answer)
    line.refresh_from_db()
    assert line.read_by_id == world.office.user.pk
    assert "条未读" not in text_of(browser_of(world.doctor).get(page(leg)))


def test_whoever_may_not_write_reads_without_buttons(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    send(world.doctor, leg, "send_message", text="请回复")
    for person in (world.chief, world.manager):
        body = browser_of(person).get(page(leg)).content.decode()
        assert "请回复" in body
        assert f"{page(leg)}mark-read/" not in body
        assert f'action="{page(leg)}send-message/"' not in body
    assert send(world.stranger, leg, "send_message", text="x").status_code == 404
    assert send(world.manager, leg, "send_message", text="x").status_code == 403
    assert send(world.doctor, leg, "send_message", text=" ").status_code == 400
    assert send(world.doctor, leg, "mark_read", up_to="x").status_code == 400
    assert Message.objects.count() == 1


def test_hostile_words_stay_words(world: World) -> None:
    nasty = "<script>alert(1)</script>"
    leg = planned(world, medicine(7, name=nasty, note=nasty))
    send(world.doctor, leg, "send_message", text=f"{nasty}\n二")
    body = browser_of(world.office).get(page(leg)).content.decode()
    assert "<script>alert" not in body
    assert body.count("&lt;script&gt;") >= 3


def test_documents_are_listed_and_handed_out_where_the_patient_is_in_sight(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    row = attached(leg)
    address = f"{page(leg)}documents/{row.pk}/"
    for person in (world.doctor, world.office):
        assert address in browser_of(person).get(page(leg)).content.decode()
        answer = browser_of(person).get(address)
        assert b"".join(answer.streaming_content) == b"%PDF-1.7 made here"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        assert answer.headers["Cache-Control"] == "no-store"
    as_system()
    assert Event.objects.filter(what="referral.attachment").count() == 2
    assert address not in browser_of(world.manager).get(page(leg)).content.decode()
    assert browser_of(world.manager).get(address).status_code == 403
    other = world.at(Status.ACCEPTED)
    for person, wrong in (
        (world.doctor, f"{page(other)}documents/{row.pk}/"),
        (world.doctor, f"{page(leg)}documents/{uuid7()}/"),
        (world.stranger, address),
    ):
        assert browser_of(person).get(wrong).status_code == 404


def test_a_receiver_whose_access_has_ended_gets_no_document(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    row = attached(leg)
    world.move(leg, "cancel", world.doctor, reason="duplicate")
    assert browser_of(world.office).get(f"{page(leg)}documents/{row.pk}/").status_code == 404


def test_while_the_store_is_away_the_page_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = world.at(Status.ACCEPTED)
    row = attached(leg)

    def away(_attachment_id: object) -> None:
        raise StorageAway("x")

    monkeypatch.setattr(documents, "opened", away)
    answer = browser_of(world.doctor).get(f"{page(leg)}documents/{row.pk}/")
    assert answer.status_code == 503


def test_a_page_costs_the_same_however_many_contacts(
    world: World, django_assert_max_num_queries: Any
) -> None:
    leg = planned(world, medicine(7))
    as_system()
    for days in range(5):
        FollowUp(
            referral=leg,
            facility_id=world.clinic.pk,
            due_on=timezone.localdate() + timedelta(days=days),
            created_at=timezone.now(),
        ).save(force_insert=True)
        send(world.doctor, leg, "send_message", text=f"第{days}条")
    browser = browser_of(world.office)
    browser.get(page(leg))
    with django_assert_max_num_queries(20):
        browser.get(page(leg))
