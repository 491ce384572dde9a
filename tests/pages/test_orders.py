"""Pages of examination orders: both ends' lists, one order with its steps and files, one placed from a referral."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audit.models import Event
from facilities.models import Facility
from facilities.vocabulary import PoolKind
from referral.models import ExaminationOrder, OrderState, Referral
from referral.states import Status
from tests.facilities.factories import make_alliance, make_capability, make_hospital
from tests.factories import Person, World, as_system, new_key
from tests.pages.conftest import browser_of, text_of
from tests.referral import files
from tests.referral.ordering import done, make_reader, placed
from tests.referral.pools import make_pool

Counter = Callable[[int], Any]
WORDS = {"item": "ct_chest", "question": "咳嗽三周, 肺部占位?", "urgency": "2"}


@pytest.fixture
def reader(world: World) -> Person:
    """A doctor of the imaging centre."""
    return make_reader(world)


def order_page(order: str) -> str:
    return f"/orders/{order}/"


def read(person: Person, order: str) -> str:
    answer = browser_of(person).get(order_page(order))
    assert answer.status_code == 200
    return text_of(answer)


def take(person: Person, order: str, step: str, **words: Any) -> Any:
    return browser_of(person).post(f"{order_page(order)}{step}/", {"key": new_key(), **words})


def state(order: str) -> str:
    as_system()
    return ExaminationOrder.objects.get(pk=order).state


def centres(person: Person, leg: Referral, item: str = "ct_chest") -> list[str]:
    """Return the ids of the centres that the form offers."""
    body = browser_of(person).get(f"/referrals/{leg.pk}/order/?item={item}").content.decode()
    return re.findall(r'name="centre_id" value="([^"]+)"', body)


def test_from_a_referral_to_the_report_and_back(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    doctor = browser_of(world.doctor)
    assert f"/referrals/{leg.pk}/order/" in doctor.get(f"/referrals/{leg.pk}/").content.decode()
    assert "胸部CT" in text_of(doctor.get(f"/referrals/{leg.pk}/order/"))
    assert centres(world.doctor, leg) == [str(world.centre.pk)]
    words = {**WORDS, "centre_id": str(world.centre.pk), "key": new_key()}
    answer = doctor.post(f"/referrals/{leg.pk}/order/", words)
    assert "检查申请已提交" in text_of(answer)
    as_system()
    order = str(ExaminationOrder.objects.get().pk)
    assert answer.redirect_chain == [(order_page(order), 302)]
    assert "胸部CT" in text_of(browser_of(reader).get("/orders/"))
    assert "已接受检查申请" in text_of(take(reader, order, "receive"))
    file = SimpleUploadedFile("胸部CT.pdf", files.pdf(), content_type="application/pdf")
    assert "文件已保存" in text_of(take(reader, order, "file", file=file))
    said = {"conclusion": "右肺上叶结节", "references": "CT-1 CT-2", "recognised": "on"}
    assert "报告已发出" in text_of(take(reader, order, "report", **said))
    page = read(world.doctor, order)
    for words_of_it in ("右肺上叶结节", "CT-1 CT-2", "胸部CT.pdf", "赵医生", "张医生"):
        assert words_of_it in page, words_of_it
    [address] = re.findall(
        r'href="(/orders/[^"]+/files/[^"]+)"', doctor.get(order_page(order)).content.decode()
    )
    got = doctor.get(address)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(got.streaming_content).startswith(b"%PDF")
    as_system()
    assert Event.objects.filter(what="order.file").exists()


def test_a_form_sent_twice_is_one_order(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    words = {**WORDS, "centre_id": str(world.centre.pk), "key": new_key()}
    for _click in range(3):
        browser_of(world.doctor).post(f"/referrals/{leg.pk}/order/", words)
    as_system()
    assert ExaminationOrder.objects.count() == 1


def test_what_is_repeated_is_shown_and_wants_a_reason(world: World, reader: Person) -> None:
    placed(world)
    leg = world.at(Status.SUBMITTED, patient=world.patient)
    words = {**WORDS, "centre_id": str(world.centre.pk), "key": new_key()}
    answer = browser_of(world.doctor).post(f"/referrals/{leg.pk}/order/", words)
    assert answer.status_code == 409
    page = text_of(answer)
    assert "第三方影像中心" in page
    assert WORDS["question"] in page
    assert 'name="duplicate_reason"' in answer.content.decode()
    words |= {"duplicate_reason": "病情加重", "key": new_key()}
    assert "检查申请已提交" in text_of(
        browser_of(world.doctor).post(f"/referrals/{leg.pk}/order/", words)
    )


def test_only_who_can_do_it_is_offered(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    assert centres(world.doctor, leg, "ultrasound_abdomen") == []
    page = browser_of(world.doctor).get(f"/referrals/{leg.pk}/order/?item=ultrasound_abdomen")
    assert "目前没有机构开展此项检查" in text_of(page)
    far: Facility = world.outside
    make_capability(far, "ct")
    make_capability(world.clinic, "ct")
    assert centres(world.doctor, leg) == [str(world.centre.pk)]
    words = {**WORDS, "centre_id": str(far.pk), "key": new_key()}
    answer = browser_of(world.doctor).post(f"/referrals/{leg.pk}/order/", words)
    assert answer.status_code == 422


def test_idle_equipment_is_offered_with_its_hour_before_the_others(
    world: World, reader: Person
) -> None:
    """What is full, beyond four weeks, of another kind or offered to others is not idle for this clinic."""
    leg = world.at(Status.SUBMITTED)
    make_capability(world.hospital, "ct")
    make_capability(world.second, "ct")
    shared: dict[str, Any] = {"kind": PoolKind.EQUIPMENT, "alliance": world.alliance}
    as_system()
    late = make_pool(world.hospital, capability="ct", places=3, **shared)
    for other in ({"capability": "mri"}, {"capability": "ct", "places": 0}):
        make_pool(world.second, **shared, **other)
    far = timezone.now() + timedelta(days=29)
    make_pool(world.second, capability="ct", starts_at=far, **shared)
    abroad = {**shared, "alliance": make_alliance(make_hospital("外院"))}
    make_pool(world.second, capability="ct", **abroad)
    offered = centres(world.doctor, leg)
    assert offered[0] == str(world.hospital.pk)
    assert set(offered[1:]) == {str(world.centre.pk), str(world.second.pk)}
    page = text_of(browser_of(world.doctor).get(f"/referrals/{leg.pk}/order/?item=ct_chest"))
    begins = timezone.localtime(late.starts_at)
    assert f"{world.hospital.name}：有空闲设备，{begins:%m-%d %H:%M}起，余3个名额" in page
    assert page.count("空闲设备") == 1


@pytest.mark.parametrize("item", ["secret", "<b>", ""])
def test_what_is_no_examination(world: World, item: str) -> None:
    leg = world.at(Status.SUBMITTED)
    answer = browser_of(world.doctor).client.get(f"/referrals/{leg.pk}/order/", {"item": item})
    as_system()
    assert answer.status_code == 200
    assert "执行机构" not in text_of(answer)
    assert "<b>" not in answer.content.decode()


def test_the_centre_hands_back_and_the_sender_withdraws(world: World, reader: Person) -> None:
    first, second = placed(world), placed(world, examination="ct_head")
    assert "退回申请" in read(reader, first)
    take(reader, first, "cancel", reason="设备检修")
    assert "设备检修" in read(world.doctor, first)
    assert "撤销申请" in read(world.doctor, second)
    take(world.doctor, second, "cancel", reason="已在外院检查")
    assert state(first) == state(second) == OrderState.CANCELLED
    assert "当前没有" in read(world.doctor, first) or "没有待办操作" in read(world.doctor, first)


def test_a_step_out_of_turn_is_told_on_the_page(world: World, reader: Person) -> None:
    order = placed(world)
    done(reader, order, "report", conclusion="未见异常")
    answer = take(world.doctor, order, "cancel", reason="不需要了")
    assert answer.status_code == 409
    answer = take(world.doctor, order, "report", conclusion="我看没事")
    assert answer.status_code == 403
    assert "我看没事" not in read(reader, order)
    assert "修订报告" in read(reader, order)


@pytest.mark.parametrize(
    ("step", "words"),
    [("report", {}), ("report", {"conclusion": "好", "references": "a/b"}), ("cancel", {})],
)
def test_words_that_are_missing_are_marked(
    world: World, reader: Person, step: str, words: dict[str, str]
) -> None:
    order = placed(world)
    answer = take(reader, order, step, **words)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert state(order) == OrderState.ORDERED


def test_a_file_that_is_none_is_refused(world: World, reader: Person) -> None:
    order = placed(world)
    bad = SimpleUploadedFile("x.pdf", b"<html>", content_type="application/pdf")
    answer = take(reader, order, "file", file=bad)
    assert answer.status_code in {415, 422}
    assert not re.search(r"/files/", answer.content.decode())


def test_others_cannot_tell_an_order_from_none(world: World, reader: Person) -> None:
    order = placed(world)
    browser = browser_of(world.stranger)
    there, nowhere = browser.get(order_page(order)), browser.get(order_page(str(world.patient.pk)))
    assert (there.status_code, there.content) == (404, nowhere.content)
    assert take(world.stranger, order, "receive").status_code == 404
    assert "胸部CT" not in text_of(browser.get("/orders/"))
    assert browser.get("/orders/?box=placed").status_code == 200


def test_each_end_has_its_list(world: World, reader: Person) -> None:
    placed(world)
    for person, box, shown in (
        (world.doctor, "placed", True),
        (world.doctor, "to_do", False),
        (reader, "to_do", True),
        (reader, "placed", False),
    ):
        assert ("胸部CT" in text_of(browser_of(person).get(f"/orders/?box={box}"))) is shown
    reported = browser_of(reader).get("/orders/?box=to_do&state=reported")
    assert "胸部CT" not in text_of(reported)
    for query in ("box=secret", "state=secret", "cursor=x"):
        assert browser_of(reader).get(f"/orders/?{query}").status_code == 400


def test_after_the_report_the_centre_sees_no_name_and_no_file(world: World, reader: Person) -> None:
    order = placed(world)
    assert "欧阳" in read(reader, order)
    file = SimpleUploadedFile("欧阳小明.pdf", files.pdf(), content_type="application/pdf")
    take(reader, order, "file", file=file)
    take(reader, order, "report", conclusion="未见异常")
    page = read(reader, order)
    assert "欧阳" not in page
    assert "未见异常" in page


@pytest.mark.parametrize("rows", [1, 5])
def test_a_list_costs_the_same_however_long(
    world: World, reader: Person, rows: int, django_assert_num_queries: Counter
) -> None:
    for _each in range(rows):
        placed(world, patient=world.make_patient().pk)
    browser = browser_of(reader)
    with django_assert_num_queries(10):
        browser.client.get("/orders/")
    order = str(ExaminationOrder.objects.first().pk)  # type: ignore[union-attr]
    with django_assert_num_queries(12):
        browser.client.get(order_page(order))


def test_without_a_form_of_ours_nothing_is_done(world: World, reader: Person) -> None:
    order = placed(world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(reader.user)
    assert client.post(f"{order_page(order)}receive/", {}).status_code == 403
    assert state(order) == OrderState.ORDERED


def test_the_referral_names_the_orders_of_its_journey(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    order = placed(world, referral=str(leg.pk), patient=leg.patient_id)
    for person, sees in ((world.doctor, True), (world.office, True), (world.chief, False)):
        page = browser_of(person).get(f"/referrals/{leg.pk}/").content.decode()
        assert (order_page(order) in page) is sees
