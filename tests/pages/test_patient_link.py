"""The link of a patient on the pages of the staff: handed out, taken back, and what was said by it."""

import html
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.queries import about_referral
from referral.actions import printing
from referral.models import Link, PatientFeedback, Referral
from referral.states import Status
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of, text_of
from tests.referral.tracking import Telephone, known, token_for


def address(leg: Referral) -> str:
    return f"/referrals/{leg.pk}/patient-link/"


def new_link(person: Person, leg: Referral) -> str:
    """Make a link on the page and return its token."""
    answer = browser_of(person).post(address(leg), {"do": "new"})
    assert answer.status_code == 200
    [told] = re.findall(r'value="https?://[^"]+/t/([\w-]{43})/"', answer.content.decode())
    return str(told)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.SCHEDULED, Status.COMPLETED])
def test_both_ends_hand_out_a_link_that_works(world: World, status: Status) -> None:
    leg = world.at(status)
    for person in (world.doctor, world.office):
        telephone = Telephone(new_link(person, leg))
        assert leg.number in telephone.text()
        assert telephone.year().status_code == 302
        page = text_of(browser_of(person).get(address(leg)))
        assert "已使用" in page
    whats = {event.what for event in about_referral(leg.pk)}
    assert {"referral.tracking_made", "referral.tracking_links"} <= whats


def test_it_is_shown_once(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    token = new_link(world.doctor, leg)
    again = browser_of(world.doctor).get(address(leg))
    assert token not in again.content.decode()
    assert again.headers["Cache-Control"] == "no-store"


def test_the_picture_is_the_link(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    body = browser_of(world.doctor).post(address(leg), {"do": "new"}).content.decode()
    [picture] = re.findall(r'<img src="(data:image/svg[^"]+)"', body)
    [told] = re.findall(r"/t/([\w-]{43})/", body)
    assert html.unescape(picture) == printing.code_picture(told)


def test_taken_back_it_leads_nowhere_and_the_other_side_keeps_its_own(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    mine, theirs = new_link(world.doctor, leg), new_link(world.office, leg)
    answer = browser_of(world.doctor).post(address(leg), {"do": "revoke"})
    assert "已撤销 1 个链接" in text_of(answer)
    assert "目前没有有效链接" in text_of(answer)
    assert Telephone(mine).get().status_code == 404
    assert Telephone(theirs).get().status_code == 200
    answer = browser_of(world.doctor).post(address(leg), {"do": "revoke"})
    assert "目前没有有效的链接" in text_of(answer)


def test_a_further_one_ends_the_oldest(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    tokens = [new_link(world.doctor, leg) for _each in range(printing.LIVE_A_SIDE + 1)]
    opens = [Telephone(token).get().status_code for token in tokens]
    assert opens == [404, *[200] * printing.LIVE_A_SIDE]


def test_what_is_not_sent_or_void_has_none(world: World) -> None:
    for leg in (world.draft(), world.at(Status.ENTERED_IN_ERROR)):
        assert browser_of(world.doctor).post(address(leg), {"do": "new"}).status_code == 409
        page = browser_of(world.doctor).get(f"/referrals/{leg.pk}/").content.decode()
        assert address(leg) not in page
    as_system()
    assert not Link.objects.exists()


def test_the_referral_shows_the_way_to_whoever_may(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    for person, may in ((world.doctor, True), (world.office, True), (world.chief, False)):
        page = browser_of(person).get(f"/referrals/{leg.pk}/").content.decode()
        assert (address(leg) in page) is may


def test_without_a_form_of_ours_nothing_is_made(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.doctor.user)
    assert client.post(address(leg), {"do": "new"}).status_code == 403


def test_both_ends_read_what_the_patient_said_of_the_visit(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    telephone.say("confirm", **telephone.hidden())
    for person in (world.doctor, world.office):
        page = text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
        assert "患者已通过链接确认就诊" in page
    telephone.say("put-off", **telephone.hidden(), reason="cost")
    for person in (world.doctor, world.office):
        page = text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
        assert "请另约时间" in page
        assert "确认就诊" not in page


def said(world: World, text: str = "医生很耐心") -> Referral:
    """Return a leg of which a patient has said something."""
    leg = world.at(Status.ARRIVED)
    telephone = known(world, leg)
    telephone.say("feedback", **telephone.hidden(), score="4", text=text)
    as_system()
    return leg


def test_only_who_manages_at_both_ends_reads_feedback(world: World) -> None:
    leg = said(world)
    readers = ((world.chief, True), (world.office, True), (world.doctor, False))
    for person, reads in (*readers, (world.manager, False)):
        page = text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
        assert ("医生很耐心" in page) is reads, person.actor.role
        assert ("4 分" in page) is reads


def test_the_list_is_of_ones_own_facility(world: World) -> None:
    leg = said(world, "<b>好</b>")
    for person, query, shown in (
        (world.office, "", True),
        (world.office, "?sent=1", False),
        (world.chief, "?sent=1", True),
        (world.chief, "", False),
        (world.second_office, "", False),
    ):
        answer = browser_of(person).get(f"/settings/feedback/{query}")
        assert (leg.number in text_of(answer)) is shown
        assert "<b>好" not in answer.content.decode()
        assert "欧阳" not in text_of(answer)
    assert "还没有患者评价" in text_of(browser_of(world.second_office).get("/settings/feedback/"))


def test_the_list_costs_the_same_for_many(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leg = said(world)
    browser = browser_of(world.office)
    browser.get("/settings/feedback/")
    with django_assert_num_queries(10):
        browser.get("/settings/feedback/")
    row = PatientFeedback.objects.get()
    for _each in range(4):
        other = world.at(Status.ARRIVED)
        token_for(other, world.doctor)
        as_system()
        row.pk = None
        row.referral = other
        row.save(force_insert=True)
    with django_assert_num_queries(10):
        assert text_of(browser.get("/settings/feedback/")).count("4 分") == 5
    assert leg.number in text_of(browser.get("/settings/feedback/"))


def test_a_cursor_of_another_list(world: World) -> None:
    assert browser_of(world.office).get("/settings/feedback/?cursor=x").status_code == 400
