"""A form that is sent twice, as by a double click: done once, and the second answer is that of the first."""

import re
from typing import Any

import pytest

from accounts.models import IdempotencyKey
from referral.models import FollowUp, Message, Referral
from referral.states import TRANSITIONS, Status, Urgency
from tests.factories import Person, World, as_system, reload
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_moves import MOVES, reviewer


def filled(person: Person, leg: Referral, verb: str, **words: Any) -> tuple[str, dict[str, Any]]:
    """Return where the form of a verb on the page is posted, and its hidden words with those given."""
    address = f"/referrals/{leg.pk}/{verb.replace('_', '-')}/"
    body = browser_of(person).get(f"/referrals/{leg.pk}/").content.decode()
    [form] = re.findall(rf'(?s)<form method="post" action="{address}".*?</form>', body)
    hidden = dict(re.findall(r'<input type="hidden" name="(version|key)" value="([^"]+)"', form))
    assert set(hidden) == {"version", "key"}
    return address, {**hidden, **words}


@pytest.mark.parametrize("verb", MOVES)
def test_a_move_sent_twice_is_made_once_and_told_as_done(world: World, verb: str) -> None:
    start, who, words = MOVES[verb]
    leg = world.at(start)
    person = reviewer(world) if who == "reviewer" else getattr(world, who)
    address, form = filled(person, leg, verb, **words)
    browser = browser_of(person)
    first, second = browser.post(address, form), browser.post(address, form)
    for answer in (first, second):
        assert answer.redirect_chain == [(f"/referrals/{leg.pk}/", 302)]
    assert reload(leg).status == TRANSITIONS[verb].target
    assert leg.transitions.filter(verb=verb).count() == 1


def test_a_message_sent_twice_is_written_once(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    browser = browser_of(world.doctor)
    address, form = filled(world.doctor, leg, "send_message", text="请安排抽血")
    for _time in range(3):
        assert "已发送留言" in text_of(browser.post(address, form))
    as_system()
    assert Message.objects.count() == 1


def test_other_words_from_the_same_form_are_another_message(world: World) -> None:
    """Whoever goes back to the form and writes something else means it."""
    leg = world.at(Status.ACCEPTED)
    address, form = filled(world.doctor, leg, "send_message", text="请安排抽血")
    browser = browser_of(world.doctor)
    for text in ("请安排抽血", "请安排抽血, 患者已空腹"):
        browser.post(address, {**form, "text": text})
    as_system()
    assert Message.objects.count() == 2


def test_the_same_words_from_a_fresh_form_are_another_message(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    for _time in range(2):
        address, form = filled(world.doctor, leg, "send_message", text="请回复")
        browser_of(world.doctor).post(address, form)
    as_system()
    assert Message.objects.count() == 2


def test_a_contact_sent_twice_uses_up_one_planned_contact(world: World) -> None:
    leg = world.returning(Status.ARRIVED)
    words = {"method": "phone", "findings": "血压平稳", "sbp": "130", "dbp": "80"}
    address, form = filled(world.doctor, leg, "record_follow_up", **words)
    browser = browser_of(world.doctor)
    for _time in range(2):
        assert browser.post(address, form).status_code == 200
    as_system()
    assert FollowUp.objects.filter(referral=leg).count() == 1


@pytest.mark.parametrize("verb", ["return", "refer_again"])
def test_a_leg_begun_twice_is_one_leg_and_both_lead_to_it(world: World, verb: str) -> None:
    if verb == "return":
        person, leg = world.office, world.at(Status.ARRIVED)
        words = {"reason_code": "stable_continue", "plan": "每日监测血压"}
    else:
        person, leg = world.doctor, world.returning(Status.ARRIVED)
        words = {"reason_code": "critical", "reason": "胸痛", "urgency": "2"}
    address, form = filled(person, leg, verb, **words)
    browser = browser_of(person)
    answers = [browser.post(address, form) for _time in range(2)]
    as_system()
    begun = Referral.objects.get(previous=leg)
    for answer in answers:
        assert answer.redirect_chain == [(f"/referrals/{begun.pk}/", 302)]


def test_a_second_click_is_known_where_the_first_has_changed_the_form(world: World) -> None:
    """After the first the parts that were asked for are filled, and the referral is elsewhere."""
    _ = world.second
    draft = world.draft(urgency=Urgency.EMERGENCY, reason="")
    emergency = world.move(draft, "submit", world.doctor)
    moved = world.at(Status.SUBMITTED)
    for person, leg, verb, words in (
        (world.doctor, emergency, "document", {"reason": "胸痛两小时"}),
        (world.office, moved, "redirect", {"to_facility_id": str(world.second.pk)}),
    ):
        address, form = filled(person, leg, verb, **words)
        answers = [browser_of(person).post(address, form) for _time in range(2)]
        assert [each.redirect_chain for each in answers] == [[(f"/referrals/{leg.pk}/", 302)]] * 2
    assert reload(emergency).version == emergency.version + 1
    assert Referral.objects.filter(episode=moved.episode_id).count() == 2


def test_a_refused_form_may_be_sent_again(world: World) -> None:
    """The claim goes with the work: nothing was done, so the same words must be tried anew."""
    leg = world.at(Status.ARRIVED)
    address, form = filled(world.office, leg, "complete", outcome="improved")
    browser = browser_of(world.office)
    assert browser.post(address, form).status_code == 422
    as_system()
    assert not IdempotencyKey.objects.exists()
    world.start_return(leg, submit=True)
    assert browser.post(address, form).status_code == 200
    assert reload(leg).status == Status.COMPLETED


def test_the_form_of_one_person_is_not_known_from_another(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    address, form = filled(world.doctor, leg, "send_message", text="请回复")
    for person in (world.doctor, world.colleague):
        browser_of(person).post(address, form)
    assert browser_of(world.stranger).post(address, form).status_code == 404
    as_system()
    assert Message.objects.count() == 2


def test_a_form_without_a_key_is_done_each_time(world: World) -> None:
    leg = world.at(Status.ACCEPTED)
    address, form = filled(world.doctor, leg, "send_message", text="请回复")
    for _time in range(2):
        browser_of(world.doctor).post(address, {**form, "key": ""})
    as_system()
    assert Message.objects.count() == 2
