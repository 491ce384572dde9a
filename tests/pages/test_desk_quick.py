"""The quick view of a row: the same page and moves, a part of it, and the way on to the next."""

import re
from typing import Any

import pytest

from audit.queries import about_referral
from referral import wording
from referral.models import Referral
from referral.states import TRANSITIONS, Status
from tests.factories import Person, World, reload
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_moves import MOVES
from tests.pages.test_twice import filled
from tests.referral.pools import make_pool


def part(leg: Referral) -> dict[str, str]:
    """Return the headers by which a list asks for a part."""
    return {"HX-Request": "true", "HX-Target": f"quick-{leg.pk}"}


def opened(person: Person, leg: Referral) -> Any:
    """Open the quick view of a row."""
    return browser_of(person).get(f"/referrals/{leg.pk}/", headers=part(leg))


def moved(person: Person, leg: Referral, verb: str, words: dict[str, Any]) -> Any:
    """Send a form of the quick view."""
    client = browser_of(person).client
    address = f"/referrals/{leg.pk}/{verb.replace('_', '-')}/"
    return client.post(address, {"version": leg.version, **words}, headers=part(leg))


def test_a_row_of_the_inbox_leads_to_the_page_and_opens_in_the_list(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    body = browser_of(world.office).get("/boxes/inbox/").content.decode()
    [link] = re.findall(r'(?s)<a class="row-link"[^>]*>', body)
    assert f'href="/referrals/{leg.pk}/"' in link
    assert f'hx-get="/referrals/{leg.pk}/"' in link
    assert f'aria-controls="quick-{leg.pk}"' in link
    assert f'<div class="quick" id="quick-{leg.pk}"></div>' in body


def test_why_the_patient_comes_stands_above_what_can_be_done(world: World) -> None:
    """Who decides in seconds reads it without scrolling past the forms."""
    leg = world.at(Status.SUBMITTED, reason="反复胸痛三天。" * 40)
    text = text_of(opened(world.office, leg))
    assert leg.diagnosis in text.partition("可进行的操作")[0]
    assert "反复胸痛三天。" * 2 in text.partition("可进行的操作")[0]
    assert "反复胸痛三天。" * 20 not in text.partition("可进行的操作")[0], "no more than two lines"


def test_other_boxes_lead_to_pages_alone(world: World) -> None:
    world.at(Status.SUBMITTED)
    assert "hx-get" not in browser_of(world.doctor).get("/boxes/sent/").content.decode()


def test_the_quick_view_is_a_part_with_slip_documents_and_moves(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    make_pool(world.hospital)
    answer = opened(world.office, leg)
    body = answer.content.decode()
    assert "<!doctype" not in body.lower()
    for words in ("双向转诊（转出）单", "血压控制不佳", "接收", "拒绝", "转介", "余 1 号"):
        assert words in text_of(answer)
    forms = re.findall(r"<form[^>]*>", body)
    assert forms
    for each in forms:
        assert f'hx-target="#quick-{leg.pk}"' in each
        assert re.search(r'action="([^"]+)" .*hx-post="\1"', each)
    assert about_referral(leg.pk)[0].what == "referral.view"
    assert answer.headers["Cache-Control"] == "no-store"


def test_another_part_of_a_page_is_no_quick_view(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    headers = {"HX-Request": "true", "HX-Target": "content"}
    answer = browser_of(world.office).get(f"/referrals/{leg.pk}/", headers=headers)
    assert "<!doctype" in answer.content.decode().lower()


def test_a_stranger_opens_nothing(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    assert opened(world.stranger, leg).status_code == 404
    assert moved(world.stranger, leg, "accept", {}).status_code == 404
    assert opened(world.auditor, leg).status_code == 403


@pytest.mark.parametrize("verb", [verb for verb in MOVES if MOVES[verb][1] == "office"])
def test_a_move_answers_with_what_was_done_and_the_row_as_it_stands(
    world: World, verb: str
) -> None:
    start, _who, words = MOVES[verb]
    leg = world.at(start)
    answer = moved(world.office, leg, verb, words)
    assert answer.status_code == 200
    body = answer.content.decode()
    assert "data-done" in body
    assert str(wording.VERBS[verb].done) in text_of(answer)
    assert re.search(rf'id="row-{leg.pk}"\s+hx-swap-oob="outerHTML"', body)
    target = TRANSITIONS[verb].target
    assert reload(leg).status == target
    assert str(wording.status(target).words) in text_of(answer)


def test_what_is_said_of_a_move_is_not_said_again_on_the_next_page(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    browser = browser_of(world.office)
    words = {"version": leg.version}
    browser.client.post(f"/referrals/{leg.pk}/accept/", words, headers=part(leg))
    assert 'class="notice notice-green"' not in browser.get("/boxes/sent/").content.decode()


def test_a_refusal_is_told_in_the_quick_view_with_what_was_typed(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    missing = moved(world.office, leg, "decline", {"note": "床位已满"})
    assert missing.status_code == 400
    assert "<!doctype" not in missing.content.decode().lower()
    assert "床位已满" in text_of(missing)
    world.move(leg, "open", world.office)
    stale = moved(world.office, leg, "decline", {"reason": "capacity"})
    assert stale.status_code == 412
    assert "期间已有人更改该转诊" in text_of(stale)
    assert reload(leg).status == Status.RECEIVED


def test_a_double_click_in_the_quick_view_is_done_once(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    address, form = filled(world.office, leg, "accept")
    client = browser_of(world.office).client
    answers = [client.post(address, form, headers=part(leg)) for _time in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert leg.transitions.filter(verb="accept").count() == 1


def test_what_the_criteria_said_is_shown_to_both_ends(world: World) -> None:
    draft = world.draft()
    observed = {"sbp": {"value": 190, "unit": "mmHg"}, "dbp": {"value": 115, "unit": "mmHg"}}
    path = f"/referrals/{draft.pk}/assessment/"
    why = {"override_reason": "arranged_by_phone", "override_note": "已与心内科联系"}
    assert world.doctor.api.put(path, {"observations": observed, **why}).status == 200
    leg = world.move(draft, "submit", world.doctor)
    for person in (world.doctor, world.office):
        shown = text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
        assert "转诊标准判定" in shown
        assert "已与心内科联系" in shown
    assert "转诊标准判定" in text_of(opened(world.office, leg))
    other = world.at(Status.SUBMITTED)
    assert "转诊标准判定" not in text_of(opened(world.office, other)), "nobody asked them"
