"""Several referrals at once: each a move of its own, and the answer says which were made and why not."""

import re
from typing import Any

from referral.models import Referral
from referral.states import Status
from tests.factories import Person, World, as_system, reload
from tests.pages.conftest import browser_of, text_of

TOGETHER = "/desk/together/"


def picks(*legs: Referral) -> list[str]:
    """Return the ticks of these legs as they were read."""
    return [f"{leg.pk}:{leg.version}" for leg in legs]


def send(person: Person, verb: str, legs: list[Referral], **words: Any) -> Any:
    """Send the form with these legs ticked."""
    said = {"verb": verb, "pick": picks(*legs), **words}
    return browser_of(person).post(TOGETHER, said, follow=False)


def test_the_inbox_of_whoever_receives_has_ticks(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    body = browser_of(world.office).get("/boxes/inbox/").content.decode()
    assert f'name="pick" value="{leg.pk}:{leg.version}"' in body
    assert 'form="bulk"' in body
    sent = browser_of(world.doctor).get("/boxes/sent/").content.decode()
    assert 'name="pick"' not in sent


def test_several_are_opened_by_one_click(world: World) -> None:
    legs = [world.at(Status.SUBMITTED) for _each in range(3)]
    answer = send(world.office, "open", legs)
    assert answer.status_code == 200
    assert "已完成：3 份" in text_of(answer)
    assert [reload(leg).status for leg in legs] == [Status.RECEIVED] * 3


def test_each_is_its_own_move_and_a_refused_one_takes_none_along(world: World) -> None:
    good, gone, late = (world.at(Status.SUBMITTED) for _each in range(3))
    world.move(gone, "accept", world.office)
    world.move(gone, "arrive", world.office)
    world.move(late, "open", world.office)
    stranger = world.at(Status.SUBMITTED)
    Referral.objects.filter(pk=stranger.pk).update(to_facility=world.second)
    ticked = [good, gone, late, stranger]
    answer = send(world.office, "decline", ticked, reason="capacity", sure="1", note="床位已满")
    text = text_of(answer)
    assert "已完成：1 份" in text
    assert "未完成：3 份" in text
    assert text.count("期间已有人更改该转诊") == 2
    assert stranger.number not in text
    statuses = [reload(leg).status for leg in ticked]
    assert statuses == [Status.DECLINED, Status.ARRIVED, Status.RECEIVED, Status.SUBMITTED]
    assert good.transitions.get(verb="decline").note == "床位已满"


def test_a_reason_is_asked_for_first(world: World) -> None:
    legs = [world.at(Status.SUBMITTED) for _each in range(2)]
    asked = send(world.office, "decline", legs)
    body = asked.content.decode()
    assert asked.status_code == 200
    assert re.findall(r'name="pick" value="([^"]+)"', body) == picks(*legs)
    assert 'name="reason"' in body
    assert [reload(leg).status for leg in legs] == [Status.SUBMITTED] * 2
    missing = send(world.office, "decline", legs, sure="1")
    assert missing.status_code == 400
    assert re.findall(r'name="pick" value="([^"]+)"', missing.content.decode()) == picks(*legs)


def test_several_are_sent_on_to_one_destination(world: World) -> None:
    _ = world.second, world.sister
    legs = [world.at(Status.SUBMITTED) for _each in range(2)]
    asked = send(world.office, "redirect", legs).content.decode()
    offered = re.findall(r'name="to_facility_id" value="([^"]+)"', asked)
    assert sorted(offered) == sorted([str(world.second.pk), str(world.lead.pk)])
    words = {"sure": "1", "to_facility_id": str(world.second.pk)}
    answer = send(world.office, "redirect", legs, **words)
    assert "已完成：2 份" in text_of(answer)
    as_system()
    assert Referral.objects.filter(to_facility=world.second, status=Status.SUBMITTED).count() == 2


def test_sent_twice_it_is_done_once_and_told_as_done(world: World) -> None:
    legs = [world.at(Status.SUBMITTED) for _each in range(2)]
    for _click in range(2):
        text = text_of(send(world.office, "open", legs, key="one"))
        assert "已完成：2 份" in text
        assert "未完成" not in text
    assert [leg.transitions.filter(verb="open").count() for leg in legs] == [1, 1]


def test_only_emergencies_are_acknowledged(world: World) -> None:
    emergency, other = world.emergency(), world.at(Status.ACCEPTED)
    text = text_of(send(world.office, "acknowledge", [emergency, other]))
    assert "已完成：1 份" in text
    assert reload(emergency).acknowledged_at is not None
    assert reload(other).acknowledged_at is None


def test_who_may_not(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    assert "未完成：1 份" in text_of(send(world.doctor, "open", [leg]))
    for other in (world.second_office, world.stranger):
        text = text_of(send(other, "open", [leg]))
        assert "未完成：1 份" in text
        assert leg.number not in text
    assert send(world.manager, "open", [leg]).status_code == 403
    assert send(world.auditor, "open", [leg]).status_code == 403
    assert reload(leg).status == Status.SUBMITTED


def test_nothing_ticked_or_nonsense_leads_back(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    browser = browser_of(world.office)
    for said in (
        {"verb": "open"},
        {"verb": "void", "pick": picks(leg)},
        {"pick": picks(leg)},
        {"verb": "open", "pick": ["nonsense", f"{leg.pk}", f"{leg.pk}:x"]},
    ):
        answer = browser.post(TOGETHER, said, follow=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/boxes/inbox/")
    assert reload(leg).status == Status.SUBMITTED


def test_no_more_than_a_page_at_a_time(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    many = [f"0190a0a0-0000-7000-8000-{number:012x}:1" for number in range(50)]
    said = {"verb": "open", "pick": [*many, *picks(leg)]}
    text = text_of(browser_of(world.office).post(TOGETHER, said, follow=False))
    assert "未完成：50 份" in text
    assert reload(leg).status == Status.SUBMITTED
