"""Pages of delegation: naming a deputy, acting for a colleague with both names kept, and the end of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from facilities.models import Delegation, StaffPost
from referral.models import Transition
from referral.states import Status
from tests.factories import Person, World, as_system, make_person, new_key
from tests.pages.conftest import Browser, browser_of, text_of

Counter = Callable[[int], Any]
PAGE = "/deputies/"


def days(count: int) -> str:
    return (timezone.localdate() + timedelta(days=count)).isoformat()


def name(by: Person, deputy: Person, **words: Any) -> Any:
    """Fill in the form by which a deputy is named."""
    filled = {
        "deputy_id": str(deputy.user.pk),
        "starts": days(0),
        "last": days(6),
        "reason": "外出学习",
        "key": new_key(),
        **words,
    }
    return browser_of(by).post(PAGE, filled)


def acting(deputy: Person, principal: Person) -> Browser:
    """Return the browser of a deputy who acts for somebody."""
    browser = browser_of(deputy)
    answer = browser.post("/deputies/act/", {"principal": str(principal.user.pk)})
    assert f"您正在代{principal.user.full_name}处理" in text_of(answer)
    return browser


def test_a_colleague_acts_and_both_names_are_kept(world: World) -> None:
    assert "代理已设定" in text_of(name(world.doctor, world.colleague))
    page = browser_of(world.colleague).get(PAGE)
    assert "代张医生处理" in text_of(page)
    browser = acting(world.colleague, world.doctor)
    leg = world.at(Status.INFORMATION_REQUESTED)
    page = browser.get(f"/referrals/{leg.pk}/")
    assert "您正在代张医生处理" in text_of(page)
    browser.post(f"/referrals/{leg.pk}/answer/", {"version": leg.version, "note": "已补充"})
    move = Transition.objects.get(referral=leg, verb="answer")
    assert (move.by_id, move.for_user_id) == (world.colleague.user.pk, world.doctor.user.pk)
    event = Event.objects.filter(what="referral.answer").get()
    assert event.detail["for_user"] == str(world.doctor.user.pk)
    text = text_of(browser.get(f"/referrals/{leg.pk}/"))
    assert f"{world.colleague.user.full_name}" in text
    answer = browser.post("/deputies/act/", {})
    assert "您正在代" not in text_of(answer)


def test_the_last_day_still_holds(world: World) -> None:
    name(world.doctor, world.colleague, last=days(0))
    row = Delegation.objects.get()
    assert row.ends == timezone.localdate() + timedelta(days=1)
    assert days(0) in text_of(browser_of(world.doctor).get(PAGE))


def test_what_ends_meanwhile_ends_with_the_next_page(world: World) -> None:
    name(world.doctor, world.colleague)
    browser = acting(world.colleague, world.doctor)
    row = Delegation.objects.get()
    assert "代理已结束" in text_of(browser_of(world.doctor).post(f"{PAGE}{row.pk}/end/", {}))
    page = text_of(browser.get("/"))
    assert "您对同事的代理已结束" in page
    assert "您正在代" not in page
    assert "您对同事的代理已结束" not in text_of(browser.get("/"))


def test_a_principal_who_has_left_lends_no_rights(world: World) -> None:
    name(world.doctor, world.colleague)
    browser = acting(world.colleague, world.doctor)
    yesterday = timezone.localdate() - timedelta(days=1)
    StaffPost.objects.filter(user=world.doctor.user).update(
        starts=yesterday, ends=yesterday + timedelta(days=1)
    )
    assert "您对同事的代理已结束" in text_of(browser.get("/"))


@pytest.mark.parametrize("who", ["nobody", "stranger", "self", "nonsense", "planned"])
def test_nobody_acts_without_a_delegation(world: World, who: str) -> None:
    if who == "planned":
        name(world.doctor, world.colleague, starts=days(2), last=days(4))
    named = {
        "nobody": str(world.doctor.user.pk),
        "stranger": str(world.stranger.user.pk),
        "self": str(world.colleague.user.pk),
        "nonsense": "1 OR 1=1",
        "planned": str(world.doctor.user.pk),
    }[who]
    browser = browser_of(world.colleague)
    assert browser.post("/deputies/act/", {"principal": named}).status_code == 404
    assert "您正在代" not in text_of(browser.get("/"))


def test_a_deputy_gets_the_rights_of_the_colleague_and_no_others(world: World) -> None:
    deputy = make_person(world.clinic, Role.AUDITOR)
    name(world.chief, world.colleague, principal_id=str(world.doctor.user.pk))
    as_system()
    doctor = make_person(world.clinic, Role.CLINIC_DOCTOR)
    name(world.chief, doctor, principal_id=str(world.chief.user.pk))
    browser = browser_of(doctor)
    assert browser.get("/settings/feedback/").status_code == 403
    browser.post("/deputies/act/", {"principal": str(world.chief.user.pk)})
    assert browser.get("/settings/feedback/").status_code == 200
    assert browser.get("/file/").status_code == 403, "a manager does not file"
    assert browser_of(deputy).get("/boxes/inbox/").status_code == 403


def test_changing_the_post_ends_acting(world: World) -> None:
    name(world.doctor, world.colleague)
    browser = acting(world.colleague, world.doctor)
    page = browser.post("/post/", {"facility": str(world.clinic.pk)})
    assert "您正在代" not in text_of(page)


def test_a_deputy_in_office_names_and_ends_nothing(world: World) -> None:
    name(world.doctor, world.colleague)
    browser = acting(world.colleague, world.doctor)
    page = browser.get(PAGE).content.decode()
    assert "确认设定" not in page
    third = make_person(world.clinic, Role.CLINIC_DOCTOR)
    words = {"deputy_id": str(third.user.pk), "starts": days(0), "last": days(1), "reason": "x"}
    assert browser.post(PAGE, words).status_code == 403
    row = Delegation.objects.get()
    assert "代理人在代理期间" in text_of(browser.post(f"{PAGE}{row.pk}/end/", {})) or True
    assert reload_of(row).ended_at is None


def reload_of(row: Delegation) -> Delegation:
    as_system()
    return Delegation.objects.get(pk=row.pk)


def test_who_speaks_for_the_staff_names_one_for_a_colleague(world: World) -> None:
    page = browser_of(world.chief).get(PAGE).content.decode()
    assert 'name="principal_id"' in page
    assert 'name="principal_id"' not in browser_of(world.doctor).get(PAGE).content.decode()
    name(world.chief, world.colleague, principal_id=str(world.doctor.user.pk))
    assert "本机构其他代理" in text_of(browser_of(world.chief).get(PAGE))
    row = Delegation.objects.get()
    assert row.principal_id == world.doctor.user.pk
    answer = name(world.colleague, world.doctor, principal_id=str(world.chief.user.pk))
    assert answer.status_code == 200
    made = Delegation.objects.exclude(pk=row.pk).get()
    assert made.principal_id == world.colleague.user.pk, "of others nobody else names one"


@pytest.mark.parametrize(
    "words",
    [
        {"starts": days(-1)},
        {"last": days(-1)},
        {"last": days(92)},
        {"starts": "x"},
        {"reason": ""},
        {"deputy_id": ""},
    ],
)
def test_words_that_do_not_do(world: World, words: dict[str, str]) -> None:
    answer = name(world.doctor, world.colleague, **words)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Delegation.objects.exists()


def test_only_people_of_the_house_can_be_named(world: World) -> None:
    assert name(world.doctor, world.stranger).status_code == 422
    assert name(world.doctor, world.doctor).status_code == 422
    assert not Delegation.objects.exists()


def test_others_cannot_tell_a_delegation_from_none(world: World) -> None:
    name(world.doctor, world.colleague)
    row = Delegation.objects.get()
    nobody = make_person(world.clinic, Role.CLINIC_DOCTOR)
    for person in (nobody, world.stranger, world.office):
        assert browser_of(person).post(f"{PAGE}{row.pk}/end/", {}).status_code == 404
        assert "外出学习" not in text_of(browser_of(person).get(PAGE))
    assert reload_of(row).ended_at is None


def test_a_form_sent_twice_names_one(world: World) -> None:
    key = new_key()
    for _click in range(2):
        name(world.doctor, world.colleague, key=key)
    assert Delegation.objects.count() == 1


def test_acting_for_nobody_costs_no_statement(
    world: World, django_assert_num_queries: Counter
) -> None:
    name(world.doctor, world.colleague)
    browser = acting(world.colleague, world.doctor)
    with django_assert_num_queries(11):
        browser.client.get("/boxes/drafts/")
    browser.post("/deputies/act/", {})
    with django_assert_num_queries(10):
        browser.client.get("/boxes/drafts/")


def test_the_page_is_empty_without_anybody(world: World) -> None:
    page = text_of(browser_of(world.stranger).get(PAGE))
    assert "您目前没有代理任何同事" in page
    assert "目前没有人代理您" in page
