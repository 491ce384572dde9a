"""On the page: a second referral of an illness asks what to do, and a return names what was missing."""

import re
from typing import Any

from referral.models import Duplicate, InformationGap, Referral
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.pages.conftest import browser_of, text_of

ASKED = "同一疾病的在办转诊"


def submit(world: World, draft: Referral, **words: Any) -> Any:
    address = f"/referrals/{draft.pk}/submit/"
    return browser_of(world.doctor).post(address, {"version": draft.version, **words})


def test_the_page_asks_only_when_something_is_in_the_way(world: World) -> None:
    world.at(Status.SUBMITTED)
    draft = world.draft(patient=world.patient)
    before = browser_of(world.doctor).get(f"/referrals/{draft.pk}/")
    assert ASKED not in text_of(before)
    refused = submit(world, draft)
    assert refused.status_code == 409
    assert ASKED in text_of(refused)
    assert "该患者因同一疾病已有一份在办转诊" in text_of(refused)
    incomplete = world.draft(reason="")
    assert ASKED not in text_of(submit(world, incomplete))


def test_the_open_one_can_be_looked_at_and_only_what_is_possible_is_offered(world: World) -> None:
    first = world.at(Status.ARRIVED)
    draft = world.draft(patient=world.patient)
    body = submit(world, draft).content.decode()
    assert f'<a href="/referrals/{first.pk}/">' in body
    [field] = re.findall(r'(?s)<select name="decision".*?</select>', body)
    assert "required" in field
    offered = re.findall(r'value="(\w+)"', field)
    assert offered == ["join", "override"], "nobody takes back whom the hospital treats"


def test_what_was_decided_is_done(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    draft = world.draft(patient=world.patient)
    without = submit(world, draft, decision="override")
    assert without.status_code == 400
    assert reload(draft).status == Status.DRAFT
    done = submit(world, draft, decision="override", why="需另一专科会诊")
    assert done.status_code == 200
    assert reload(draft).status == Status.SUBMITTED
    as_system()
    assert Duplicate.objects.get(referral=draft).reason == "需另一专科会诊"
    third = world.draft(patient=world.patient)
    submit(world, third, decision="replace")
    assert {reload(first).status, reload(draft).status} == {Status.CANCELLED}


def test_a_return_names_what_was_missing(world: World) -> None:
    sent = world.at(Status.RECEIVED)
    words = {"version": sent.version, "note": "请补充", "missing": ["ecg", "blood_tests"]}
    browser_of(world.office).post(f"/referrals/{sent.pk}/ask-information/", words)
    assert reload(sent).status == Status.INFORMATION_REQUESTED
    as_system()
    assert InformationGap.objects.get(referral=sent).items == ["ecg", "blood_tests"]
