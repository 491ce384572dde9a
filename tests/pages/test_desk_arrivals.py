"""The arrival desk: who is expected, whom a scanned slip, a number or a name means, and the one click."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.queries import about_referral
from referral import clocks, links, wording
from referral.models import LinkKind, Referral
from referral.states import Status
from tests.factories import Person, World, as_system, reload
from tests.pages.conftest import browser_of, text_of

DESK = "/desk/arrivals/"


def coming(world: World, *, days: int = 0, hour: int = 9, **fields: Any) -> Referral:
    """Return a referral whose visit is at an hour of a day from today on."""
    leg = world.at(Status.SCHEDULED, **fields)
    at = (timezone.localtime() + timedelta(days=days)).replace(hour=hour, minute=0, second=0)
    Referral.objects.filter(pk=leg.pk).update(scheduled_for=at.replace(microsecond=0))
    return reload(leg)


def slip(world: World, leg: Referral, by: Person) -> str:
    """Return the address in the code of a slip that was just printed."""
    as_system()
    token = links.make(leg, LinkKind.PATIENT, by=by.actor, now=timezone.now(), purpose="sender_1")
    return links.address(token, LinkKind.PATIENT)


def look(person: Person, text: str) -> Any:
    """Type into the field of the desk and press Enter."""
    return browser_of(person).post(DESK, {"text": text}, follow=False)


def found(answer: Any) -> str:
    """Return what the desk says of whom it looked for."""
    text = text_of(answer)
    return text[text.index("查找结果") : text.index("今日应到患者")]


def test_who_is_expected_today_in_the_order_of_time(world: World) -> None:
    late, early = coming(world, hour=15), coming(world, hour=8)
    tomorrow, yesterday = coming(world, days=1), coming(world, days=-1)
    here = world.at(Status.ARRIVED)
    text = text_of(browser_of(world.office).get(DESK))
    assert text.index(early.number) < text.index(late.number)
    assert not [each for each in (tomorrow, yesterday, here) if each.number in text]
    for other in (world.second_office, world.stranger, world.doctor):
        assert early.number not in text_of(browser_of(other).get(DESK))


def test_one_click_marks_the_arrival_and_leads_back_to_the_desk(world: World) -> None:
    leg = coming(world)
    words = {"version": leg.version, "key": "one", "back": "arrivals"}
    answer = browser_of(world.office).post(f"/referrals/{leg.pk}/arrive/", words)
    assert answer.redirect_chain == [(DESK, 302)]
    assert str(wording.VERBS["arrive"].done) in text_of(answer)
    assert leg.number not in text_of(answer).split("今日应到患者")[1]
    assert reload(leg).status == Status.ARRIVED


def test_a_scanned_slip_shows_the_one_patient(world: World) -> None:
    leg, other = coming(world), coming(world)
    shown = found(look(world.office, slip(world, leg, world.doctor)))
    assert "今日应到" in shown
    assert leg.number in shown
    assert other.number not in shown
    assert "登记到诊" in shown
    assert about_referral(leg.pk)[0].what == "referral.arrivals"


@pytest.mark.parametrize(
    "change", ["{}", " {} ", "{}\t", "HTTPS://elsewhere.example{path}", "{token}"]
)
def test_scanners_type_in_their_own_ways(world: World, change: str) -> None:
    leg = coming(world)
    address = slip(world, leg, world.doctor)
    token = address.rstrip("/").rsplit("/", 1)[1]
    typed = change.format(address, path=f"/t/{token}/", token=token)
    assert leg.number in found(look(world.office, typed))


def test_an_input_method_that_widens_signs_does_no_harm(world: World) -> None:
    leg = coming(world)
    wide = {ord(sign): ord(sign) + 0xFEE0 for sign in ":/._-"}
    assert leg.number in found(look(world.office, slip(world, leg, world.doctor).translate(wide)))


def test_the_scanned_code_is_in_no_answer_address_or_log(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    address = slip(world, coming(world), world.doctor)
    token = address.rstrip("/").rsplit("/", 1)[1]
    answer = look(world.office, address)
    assert answer.status_code == 200
    assert token not in answer.content.decode()
    assert token not in str(answer.headers)
    assert token not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("days", "said"), [(0, "今日应到"), (1, "未到预约日期"), (-1, "已过预约日期")]
)
def test_the_day_of_the_visit_is_said_and_whoever_came_may_be_marked(
    world: World, days: int, said: str
) -> None:
    leg = coming(world, days=days)
    shown = found(look(world.office, leg.number))
    assert said in shown
    assert "登记到诊" in shown


@pytest.mark.parametrize(
    ("status", "said", "marked"),
    [
        (Status.ACCEPTED, "应到，未约时间", True),
        (Status.SUBMITTED, "尚未接收，请先处理", False),
        (Status.ARRIVED, "已到诊", False),
        (Status.DECLINED, "该转诊已结束", False),
        (Status.COMPLETED, "该转诊已结束", False),
    ],
)
def test_what_is_said_in_each_state(world: World, status: Status, said: str, marked: bool) -> None:
    leg = world.at(status)
    shown = found(look(world.office, leg.number.lower()))
    assert said in shown
    assert ("登记到诊" in shown) == marked


def test_a_patient_of_another_facility_is_told_where_to_go_and_not_who_it_is(world: World) -> None:
    leg = coming(world)
    for other in (world.second_office, world.stranger):
        shown = found(look(other, slip(world, leg, world.doctor)))
        assert "不在本机构" in shown
        assert world.hospital.name in shown
        assert "欧阳" not in shown
        assert "登记到诊" not in shown
        event = about_referral(leg.pk)[0]
        assert (event.what, event.facility_id) == ("referral.track", other.facility.pk)


def test_the_number_of_a_referral_of_others_is_as_one_that_is_none(world: World) -> None:
    leg = coming(world)
    none = found(look(world.second_office, "ZZ20200101-ABCDEFGH"))
    assert "未找到" in none
    assert found(look(world.second_office, leg.number)) == none
    assert found(look(world.stranger, leg.number)) == none
    assert "不在本机构" in found(look(world.doctor, leg.number)), "the sender knows where to"


@pytest.mark.parametrize("gap", ["-", "", " "])
def test_a_number_is_read_as_people_type_it(world: World, gap: str) -> None:
    leg = coming(world)
    assert leg.number in found(look(world.office, leg.number.replace("-", gap).lower()))


def test_a_draft_is_not_found_by_its_number(world: World) -> None:
    assert "未找到" in found(look(world.doctor, world.draft().number))


def test_a_code_that_was_taken_back_is_said_to_be_so(world: World) -> None:
    leg = coming(world)
    address = slip(world, leg, world.doctor)
    links.revoke(leg, LinkKind.PATIENT, now=timezone.now(), purpose="sender_1")
    assert "该二维码已失效" in found(look(world.office, address))
    assert "该二维码已失效" in found(look(world.office, "https://x/t/" + "a" * 43 + "/"))


@pytest.mark.parametrize("typed", ["欧阳", "ouyang", "oyxm", "欧阳小明"])
def test_a_name_finds_who_is_to_come_here(world: World, typed: str) -> None:
    leg = coming(world)
    sent = world.at(Status.SUBMITTED)
    shown = found(look(world.office, typed))
    assert leg.number in shown
    assert sent.number not in shown, "not accepted, so nobody is expected"
    assert "未找到" in found(look(world.second_office, typed))
    assert "未找到" in found(look(world.doctor, typed)), "its own patient goes elsewhere"


def test_nothing_typed_and_far_too_much(world: World) -> None:
    for typed in ("", "长" * 301, "\x00"):
        assert look(world.office, typed).status_code == 400
    assert "未找到" in found(look(world.office, "a"))


def test_the_desk_costs_the_same_however_many_come(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(world.office)
    for number in (1, 12):
        while Referral.objects.filter(status=Status.SCHEDULED).count() < number:
            coming(world)
        clocks.rules()
        # As a box: transaction, session, user, posts, post with rights, scope, rows, places, patients, audit.
        with django_assert_num_queries(11):
            browser.client.get(DESK)
        as_system()
