"""Advice before a referral on its pages: asked about a patient, answered, made a referral of or closed."""

import re
from typing import Any

import pytest

from audit.models import Event
from referral.models import AdviceRequest, AdviceState, Referral
from tests.factories import Person, World, as_system
from tests.pages.conftest import browser_of, text_of

QUESTION = "血压控制不佳, 需要上转吗?"
ANSWER = "加用利尿剂, 两周后复查"


def ask(world: World, **changes: Any) -> Any:
    _ = world.alliance
    words = {
        "to_facility_id": str(world.hospital.pk),
        "diagnosis": "高血压3级",
        "question": QUESTION,
        **changes,
    }
    return browser_of(world.doctor).post(f"/advice/new/{world.patient.pk}/", words)


def asked(world: World) -> AdviceRequest:
    assert ask(world).status_code == 200
    return now(world)


def now(world: World) -> AdviceRequest:
    as_system()
    return AdviceRequest.objects.get(patient=world.patient)


def step(who: Person, advice: AdviceRequest, name: str, **words: Any) -> Any:
    return browser_of(who).post(f"/advice/{advice.pk}/{name}/", words)


def test_from_the_person_found_to_the_question(world: World) -> None:
    _ = world.alliance
    browser = browser_of(world.doctor)
    found = browser.post("/file/", {"q": world.patient.name})
    address = f"/advice/new/{world.patient.pk}/"
    assert f'href="{address}"' in found.content.decode()
    html = browser.get(address).content.decode()
    offered = re.findall(r'<option value="([0-9a-f-]{36})"', html)
    assert str(world.hospital.pk) in offered
    assert not {str(world.clinic.pk), str(world.centre.pk)} & set(offered)
    missing = ask(world, question="")
    assert missing.status_code == 400
    assert "高血压3级" in missing.content.decode(), "what was typed stays"
    answer = ask(world)
    advice = now(world)
    assert answer.redirect_chain == [(f"/advice/{advice.pk}/", 302)]
    for words in (QUESTION, "高血压3级", world.hospital.name, "欧阳**"):
        assert words in text_of(answer)


def test_the_hospital_answers_and_the_patient_stays(world: World) -> None:
    advice = asked(world)
    today = text_of(browser_of(world.office).get("/"))
    assert "待处理的咨询" in today
    assert world.patient.name not in today
    listed = browser_of(world.office).get("/advice/").content.decode()
    assert f'href="/advice/{advice.pk}/"' in listed
    answer = step(world.office, advice, "answer", answer=ANSWER)
    assert answer.redirect_chain == [(f"/advice/{advice.pk}/", 302)]
    assert "待处理的咨询" in text_of(browser_of(world.doctor).get("/"))
    read = text_of(browser_of(world.doctor).get(f"/advice/{advice.pk}/"))
    assert ANSWER in read
    closed = step(world.doctor, advice, "avoid", note="按意见调整用药")
    assert "按意见调整用药" in text_of(closed)
    assert now(world).state == AdviceState.AVOIDED
    assert "待处理的咨询" not in text_of(browser_of(world.doctor).get("/"))
    assert not Referral.objects.filter(patient=world.patient).exists()
    # The hospital reads on what it said, and whom it was about no more.
    theirs = browser_of(world.office).get(f"/advice/{advice.pk}/")
    assert ANSWER in text_of(theirs)
    assert "欧阳" not in text_of(theirs)


def test_it_becomes_a_draft_that_opens(world: World) -> None:
    advice = asked(world)
    step(world.office, advice, "answer", answer=ANSWER)
    answer = step(world.doctor, advice, "convert")
    made = now(world).referral
    assert made is not None
    assert answer.redirect_chain == [(f"/referrals/{made.pk}/edit/", 302)]
    assert (made.reason, made.to_facility_id) == (QUESTION, world.hospital.pk)
    assert ANSWER in made.treatment
    page = browser_of(world.doctor).get(f"/advice/{advice.pk}/").content.decode()
    assert f'href="/referrals/{made.pk}/"' in page
    theirs = browser_of(world.office).get(f"/advice/{advice.pk}/").content.decode()
    assert f"/referrals/{made.pk}/" not in theirs


def test_withdrawn_and_then_nothing_is_left_to_do(world: World) -> None:
    advice = asked(world)
    step(world.doctor, advice, "withdraw")
    assert now(world).state == AdviceState.WITHDRAWN
    late = step(world.office, advice, "answer", answer=ANSWER)
    assert late.status_code in {404, 409}
    assert now(world).answer == ""


def test_a_refusal_keeps_what_was_typed(world: World) -> None:
    advice = asked(world)
    step(world.office, advice, "answer", answer=ANSWER)
    again = step(world.office, advice, "answer", answer="另一意见")
    assert again.status_code == 409
    assert now(world).answer == ANSWER
    empty = step(world.doctor, advice, "answer", answer="")
    assert empty.status_code == 400


def test_pressed_twice_it_is_asked_once(world: World) -> None:
    for _press in range(2):
        assert ask(world, key="5f0a").status_code == 200
    as_system()
    assert AdviceRequest.objects.count() == 1


def test_who_may_not_see_it(world: World) -> None:
    advice = asked(world)
    for nobody in (world.stranger, world.second_office, world.nurse):
        browser = browser_of(nobody)
        assert browser.get(f"/advice/{advice.pk}/").status_code == 404
        assert str(advice.pk) not in browser.get("/advice/").content.decode()
        assert browser.get(f"/advice/new/{world.patient.pk}/").status_code in {403, 404}
    assert browser_of(world.manager).get("/advice/").status_code == 403
    assert step(world.office, advice, "withdraw").status_code == 403


@pytest.mark.parametrize("query", ["?box=other", "?cursor=x"])
def test_what_is_no_list(world: World, query: str) -> None:
    assert browser_of(world.doctor).get(f"/advice/{query}").status_code == 400


def test_a_look_leaves_its_trace(world: World) -> None:
    advice = asked(world)
    browser_of(world.office).get(f"/advice/{advice.pk}/")
    as_system()
    seen = Event.objects.filter(what="advice.view", actor_id=world.office.user.pk)
    assert [row.patient_ids for row in seen] == [[world.patient.pk]]
