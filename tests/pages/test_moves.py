"""Moves made on the page: the buttons, what they post, confirmations and refusals."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.permissions import Role
from facilities.models import Facility
from referral import wording
from referral.forms import FORMS
from referral.models import FollowUp, Referral
from referral.policy import referrals as policy
from referral.states import TRANSITIONS, Status, Urgency
from tests.factories import Person, World, make_person, reload
from tests.pages.conftest import browser_of, text_of


def send(person: Person, referral: Referral, verb: str, **words: Any) -> Any:
    """Post the form of a verb as the page would."""
    address = f"/referrals/{referral.pk}/{verb.replace('_', '-')}/"
    return browser_of(person).post(address, {"version": referral.version, **words})


def picked(days: int = 1) -> str:
    """Return a time as the browser's picker writes it."""
    return (timezone.localtime() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_every_verb_has_its_form_and_its_words() -> None:
    verbs = {*TRANSITIONS, "return", "refer_again", "record_follow_up", "document"}
    verbs |= {"send_message", "mark_read"}
    assert set(FORMS) == verbs
    assert set(wording.VERBS) == verbs | {"create"}


MOVES: dict[str, tuple[Status, str, dict[str, Any]]] = {
    "submit": (Status.DRAFT, "doctor", {}),
    "request_review": (Status.DRAFT, "doctor", {}),
    "approve": (Status.INTERNAL_REVIEW, "reviewer", {"note": "同意"}),
    "send_back": (Status.INTERNAL_REVIEW, "reviewer", {"note": "请补充病史"}),
    "open": (Status.SUBMITTED, "office", {}),
    "ask_information": (Status.SUBMITTED, "office", {"note": "请补充心电图"}),
    "answer": (Status.INFORMATION_REQUESTED, "doctor", {"note": "已补充"}),
    "accept": (Status.SUBMITTED, "office", {}),
    "decline": (Status.SUBMITTED, "office", {"reason": "capacity", "note": "床位已满"}),
    "schedule": (Status.ACCEPTED, "office", {"scheduled_for": picked()}),
    "reschedule": (Status.SCHEDULED, "office", {"scheduled_for": picked(2)}),
    "put_off": (Status.SCHEDULED, "office", {"reason": "transport", "note": "下雪"}),
    "arrive": (Status.ACCEPTED, "office", {}),
    "record_no_show": (Status.SCHEDULED, "office", {}),
    "complete": (
        Status.ARRIVED,
        "office",
        {"outcome": "cured", "no_return_reason": "recovered", "results": "心电图正常"},
    ),
    "cancel": (Status.SUBMITTED, "doctor", {"reason": "duplicate"}),
    "void": (Status.SUBMITTED, "doctor", {"note": "录入错误"}),
}


def reviewer(world: World) -> Person:
    """Return somebody of the clinic who may review: a referral office's rights at the clinic."""
    return make_person(world.clinic, Role.REFERRAL_OFFICE)


@pytest.mark.parametrize("verb", MOVES)
def test_a_button_makes_its_move_and_says_so(world: World, verb: str) -> None:
    start, who, words = MOVES[verb]
    referral = world.at(start)
    person = reviewer(world) if who == "reviewer" else getattr(world, who)
    before = browser_of(person).get(f"/referrals/{referral.pk}/")
    assert f'action="/referrals/{referral.pk}/{verb.replace("_", "-")}/"' in before.content.decode()
    answer = send(person, referral, verb, **words)
    assert answer.redirect_chain == [(f"/referrals/{referral.pk}/", 302)]
    assert reload(referral).status == TRANSITIONS[verb].target
    assert str(wording.VERBS[verb].done) in text_of(answer)
    if "note" in words:
        assert words["note"] in text_of(answer), "the timeline keeps what was said"


def test_accepting_can_fix_the_visit_in_the_same_step(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    send(world.office, referral, "accept", scheduled_for=picked())
    assert reload(referral).status == Status.SCHEDULED


def test_an_emergency_is_acknowledged(world: World) -> None:
    referral = world.emergency()
    assert "急诊" in text_of(browser_of(world.office).get("/boxes/inbox/"))
    send(world.office, referral, "acknowledge")
    assert reload(referral).acknowledged_at is not None


def test_an_emergency_is_completed_afterwards(world: World) -> None:
    Facility.objects.filter(pk=world.hospital.pk).update(duty_phone="021-5555 0000")
    draft = world.draft(urgency=Urgency.EMERGENCY, reason="", reason_code="", diagnosis="疑似心梗")
    referral = world.move(draft, "submit", world.doctor)
    browser = browser_of(world.doctor)
    page = f"/referrals/{referral.pk}/"
    shown = text_of(browser.get(page))
    assert "021-5555 0000" in shown
    assert 'href="tel:021-55550000"' in browser.get(page).content.decode()
    assert "不会自动拨打电话" in shown
    assert "请转出方在" in shown
    assert "补全转诊单" in shown
    theirs = text_of(browser_of(world.office).get(page))
    assert "请转出方在" in theirs
    assert "补全转诊单" not in theirs
    assert "021-5555 0000" not in theirs, "its own number"
    box = text_of(browser.get("/boxes/documentation/"))
    assert referral.number in box
    due = timezone.localtime(referral.submitted_at) + timedelta(days=1)
    assert f"{due:%m-%d %H:%M}" in box
    assert "待补录" in text_of(browser.get("/"))
    assert "请至少填写" in text_of(send(world.doctor, referral, "document"))
    answer = send(world.doctor, referral, "document", reason="胸痛两小时", reason_code="critical")
    assert "已补全转诊单" in text_of(answer)
    assert "请转出方在" not in text_of(answer)
    assert "后续补全" in text_of(browser_of(world.office).get(page))
    assert reload(referral).reason == "胸痛两小时"
    assert "没有需要补录的急诊转诊。" in text_of(browser.get("/boxes/documentation/"))


def test_a_referral_is_offered_to_be_sent_on_only_where_it_may_go(world: World) -> None:
    referral = world.at(Status.RECEIVED)
    members = (world.second, world.lead, world.sister, world.centre)
    page = browser_of(world.office).get(f"/referrals/{referral.pk}/").content.decode()
    offered = [each for each in members if f'value="{each.pk}"' in page]
    assert offered == [world.second, world.lead], "no clinic like the sender, no third-party centre"


def test_a_redirected_referral_lives_on_as_a_new_leg(world: World) -> None:
    _ = world.second
    referral = world.at(Status.SUBMITTED)
    choices = browser_of(world.office).get(f"/referrals/{referral.pk}/").content.decode()
    assert world.second.name in choices
    assert f'value="{world.hospital.pk}"' not in choices, "not to where it is already"
    send(world.office, referral, "redirect", to_facility_id=str(world.second.pk))
    assert reload(referral).status == Status.REDIRECTED
    assert "待接收" in text_of(browser_of(world.second_office).get("/boxes/inbox/"))


def test_the_whole_loop_runs_on_pages(world: World) -> None:
    up = world.at(Status.ARRIVED)
    plan = {"reason_code": "stable_continue", "plan": "每日监测血压", "results": "造影未见狭窄"}
    answer = send(world.office, up, "return", **plan)
    leg = Referral.objects.get(previous=up)
    assert answer.redirect_chain == [(f"/referrals/{leg.pk}/", 302)]
    send(world.office, up, "complete", outcome="improved")
    assert reload(up).status == Status.COMPLETED
    for verb in ("accept", "arrive"):
        leg = reload(leg)
        send(world.doctor, leg, verb)
    leg = reload(leg)
    told = send(world.doctor, leg, "record_follow_up", method="phone", findings="血压平稳")
    assert "血压平稳" in text_of(told)
    assert FollowUp.objects.filter(referral=leg, done_at__isnull=False).count() == 1
    send(world.doctor, reload(leg), "complete", outcome="follow_up_done")
    journey = text_of(browser_of(world.doctor).get(f"/episodes/{leg.episode_id}/"))
    assert "已闭环" in journey


def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    answer = send(world.office, referral, "decline", note="没有床位了")
    assert answer.status_code == 400
    assert "没有床位了" in text_of(answer)
    assert '<details class="move" id="move-decline" open>' in answer.content.decode()
    assert reload(referral).status == Status.SUBMITTED


def test_a_refusal_gives_the_reason_and_changes_nothing(world: World) -> None:
    up = world.at(Status.ARRIVED)
    answer = send(world.office, up, "complete", outcome="improved")
    assert answer.status_code == 422
    assert "请将患者下转，或填写不下转的原因。" in text_of(answer)
    assert reload(up).status == Status.ARRIVED


def test_what_was_typed_stands_as_it_was_typed_after_a_refusal(world: World) -> None:
    up = world.at(Status.ARRIVED)
    words = {"outcome": "improved", "results": "肌钙蛋白正常\n心电图正常", "note": ""}
    body = send(world.office, up, "complete", **words).content.decode()
    [form] = re.findall(r'(?s)<form method="post" action="[^"]*/complete/".*?</form>', body)
    typed = dict(re.findall(r'(?s)<textarea name="(\w+)".*?>\s(.*?)</textarea>', form))
    assert typed == {"results": words["results"], "note": ""}
    assert re.search(r'<option value="improved" selected>', form)


def test_words_of_a_move_that_is_over_are_shown_to_be_copied(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    world.move(leg, "accept", world.office)
    body = send(world.office, leg, "ask_information", note="请补充近一周血压\n<b>").content.decode()
    assert f'action="/referrals/{leg.pk}/ask-information/"' not in body
    assert "<blockquote>请补充近一周血压<br>&lt;b&gt;</blockquote>" in body
    assert '<details class="greyed" open>' in body


def test_what_is_not_possible_stays_folded_where_the_move_may_be_tried_again(world: World) -> None:
    up = world.at(Status.ARRIVED)
    body = send(world.office, up, "complete", outcome="improved").content.decode()
    assert '<details class="greyed" >' in body
    assert '<details class="move" id="move-complete" open>' in body


def test_a_marked_field_is_told_at_the_top_and_named_to_a_screen_reader(world: World) -> None:
    answer = send(world.office, world.at(Status.SUBMITTED), "decline", note="没有床位了")
    body = answer.content.decode()
    assert "尚未提交：请更正下方标出的内容。" in text_of(answer)
    [field] = re.findall(r'<select name="reason"[^>]*>', body)
    assert 'aria-describedby="decline_reason_error"' in field
    assert re.search(r'id="decline_reason_error" role="alert">\s*<p>此项必填。</p>', body)


def test_every_field_has_a_name_that_is_read_out(world: World) -> None:
    for person, leg in (
        (world.office, world.at(Status.SUBMITTED)),
        (world.doctor, world.returning(Status.ARRIVED)),
    ):
        body = browser_of(person).get(f"/referrals/{leg.pk}/").content.decode()
        ids = re.findall(r'<(?:select|textarea|input type="(?!hidden))[^>]* id="(\w+)"', body)
        assert len(ids) > 5
        assert not [each for each in ids if f'for="{each}"' not in body]
        groups = re.findall(r'role="group" aria-labelledby="(\w+)"', body)
        assert all(f'id="{each}"' in body for each in groups)


def test_every_box_that_was_ticked_stays_ticked_after_a_refusal(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    world.move(leg, "open", world.office)
    ticked = ["ecg", "blood_tests"]
    answer = send(world.office, leg, "ask_information", note="请补充", missing=ticked)
    assert answer.status_code == 412
    body = answer.content.decode()
    assert sorted(re.findall(r'value="(\w+)"[^>]* checked', body)) == sorted(ticked)


def buttons(person: Person, referral: Referral) -> list[tuple[str, str]]:
    """Return the buttons of a page with their looks, first to last."""
    body = browser_of(person).get(f"/referrals/{referral.pk}/").content.decode()
    moves = body[body.index('id="moves"') : body.index('class="greyed"')]
    found = re.findall(r'(?s)class="btn btn-([\w-]+)"[^>]*>\s*<svg.*?</svg>\s*(\S+)', moves)
    return [(words, look) for look, words in found]


def test_a_contact_stands_before_completing_until_none_is_open(world: World) -> None:
    leg = world.returning(Status.ARRIVED)
    first, *rest = buttons(world.doctor, leg)
    assert first == ("记录随访", "primary")
    assert ("完成", "outline-primary") in rest
    send(world.doctor, leg, "record_follow_up", method="phone", findings="平稳")
    first, *rest = buttons(world.doctor, leg)
    assert first == ("完成", "primary")
    assert ("记录随访", "outline-primary") in rest
    contact = {"due_on": str(timezone.localdate() + timedelta(days=30))}
    assert world.doctor.api.post(f"/referrals/{leg.pk}/follow-ups/", contact).status == 201
    assert buttons(world.doctor, leg)[0] == ("记录随访", "primary"), "a contact is planned again"


def test_the_way_back_stands_before_completing_until_it_is_begun(world: World) -> None:
    up = world.at(Status.ARRIVED)
    first, *rest = buttons(world.office, up)
    assert first == ("下转患者", "primary")
    assert ("完成", "outline-primary") in rest
    world.start_return(up, submit=True)
    assert buttons(world.office, up)[0] == ("完成", "primary")


def test_a_draft_is_sent_by_the_first_button(world: World) -> None:
    assert [look for _words, look in buttons(world.doctor, world.draft())].count("primary") == 1
    assert buttons(world.doctor, world.draft())[0] == ("提交", "primary")
    Facility.objects.filter(pk=world.clinic.pk).update(requires_internal_review=True)
    assert buttons(world.doctor, world.draft())[0] == ("提交院内审核", "primary")


def test_nobody_is_written_to_before_the_referral_is_sent(world: World) -> None:
    draft = world.draft()
    assert "写留言" not in text_of(browser_of(world.doctor).get(f"/referrals/{draft.pk}/"))
    sent = world.move(draft, "submit", world.doctor)
    assert "写留言" in text_of(browser_of(world.doctor).get(f"/referrals/{sent.pk}/"))


def test_an_incomplete_draft_is_told_what_it_lacks(world: World) -> None:
    draft = world.draft(reason="", reason_code="")
    text = text_of(send(world.doctor, draft, "submit"))
    assert "尚缺：" in text
    assert "主要现病史（转出原因）" in text


def test_the_second_of_two_colleagues_is_told_and_can_go_on(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    seen = referral.version
    world.move(referral, "open", world.office)
    answer = send(world.office, referral, "decline", reason="capacity")
    assert answer.status_code == 412
    assert "期间已有人更改该转诊" in text_of(answer)
    assert f'name="version" value="{seen + 1}"' in answer.content.decode(), "the next try may pass"


def test_a_verb_of_the_other_side_is_refused_with_its_reason(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    answer = send(world.doctor, referral, "accept")
    assert answer.status_code == 403
    assert "只有接收机构可以进行此操作。" in text_of(answer)
    assert reload(referral).status == Status.SUBMITTED


def test_a_greyed_button_shows_the_reason_of_policy(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    body = browser_of(world.office).get(f"/referrals/{referral.pk}/").content.decode()
    verdict = policy.may_arrive(referral, world.office.actor)
    assert not verdict.allowed
    assert 'aria-describedby="why-arrive"' in body
    assert str(verdict.reason) in body
    assert "why-submit" not in body, "what only the other side may do is not offered at all"


def test_a_reader_without_rights_is_offered_nothing(world: World) -> None:
    referral = world.at(Status.COMPLETED)
    text = text_of(browser_of(world.manager).get(f"/referrals/{referral.pk}/"))
    assert "您的岗位在此没有待办操作。" in text


def test_reloading_after_a_refusal_leads_back(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    answer = browser_of(world.office).get(f"/referrals/{referral.pk}/decline/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/referrals/{referral.pk}/")


def test_a_form_without_the_token_changes_nothing(world: World) -> None:
    referral = world.at(Status.SUBMITTED)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.office.user)
    answer = client.post(f"/referrals/{referral.pk}/accept/", {"version": referral.version})
    assert answer.status_code == 403
    assert "表单已过期" in text_of(answer)
    assert reload(referral).status == Status.SUBMITTED


@pytest.mark.parametrize("words", ["\x00", "长" * 1001])
def test_bad_words_are_refused(world: World, words: str) -> None:
    referral = world.at(Status.SUBMITTED)
    assert send(world.office, referral, "ask_information", note=words).status_code == 400
    assert reload(referral).status == Status.SUBMITTED
