"""Patients ready to go down: who is shown and why, the return in two clicks, or a reason why not."""

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from facilities.models import Capability
from referral import clocks
from referral.models import DownReview, Referral
from referral.states import Status
from tests.factories import Person, World, as_system, reload
from tests.pages.conftest import browser_of, text_of
from tests.referral.test_down_candidates import LIMP, STABLE, review

READY = "/desk/ready/"


def ready(world: World, **fields: Any) -> Referral:
    """Return a referral whose patient is here and meets the rules of the way down."""
    leg = world.at(Status.ARRIVED, **fields)
    assert review(world.office, leg, observations=STABLE).status == 201
    as_system()
    return leg


def form(person: Person, leg: Referral, end: str) -> tuple[str, dict[str, str]]:
    """Return where a form of a patient is posted, and what it is filled in with."""
    body = browser_of(person).get(READY).content.decode()
    [shown] = re.findall(
        rf'(?s)<form method="post" action="([^"]*{leg.pk}/{end}/)">(.*?)</form>', body
    )
    address, inside = shown
    said = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', inside))
    said |= dict(re.findall(r'(?s)<textarea name="(\w+)".*?>\s?(.*?)</textarea>', inside))
    for name, options in re.findall(r'(?s)<select name="(\w+)".*?>(.*?)</select>', inside):
        said[name] = "".join(re.findall(r'value="(\w+)" selected', options))
    said.pop("csrfmiddlewaretoken", None)
    return address, said


def test_who_is_shown_with_why_and_where_to(world: World) -> None:
    leg, limp = ready(world), world.at(Status.ARRIVED)
    review(world.office, limp, observations=LIMP)
    as_system()
    today = timezone.localdate()
    Capability.objects.create(facility=world.clinic, code="rehabilitation", starts=today)
    Referral.objects.filter(pk=leg.pk).update(arrived_at=timezone.now() - timedelta(days=9))
    text = text_of(browser_of(world.office).get(READY))
    assert leg.number in text
    assert limp.number not in text
    for words in ("9 天", world.clinic.name, "康复", "欧阳**"):
        assert words in text
    for other in (world.doctor, world.second_office, world.stranger):
        assert leg.number not in text_of(browser_of(other).get(READY))


def test_the_return_takes_two_clicks(world: World) -> None:
    leg = ready(world)
    address, said = form(world.office, leg, "return")
    assert said["reason_code"] == "stable_continue"
    assert said["plan"] == leg.plan
    answer = browser_of(world.office).post(address, said)
    assert answer.redirect_chain == [(READY, 302)]
    assert leg.number not in text_of(answer)
    as_system()
    back = Referral.objects.get(previous=leg)
    assert (back.status, back.to_facility_id) == (Status.SUBMITTED, world.clinic.pk)
    assert back.plan == leg.plan


def test_a_plan_that_is_missing_begins_with_the_follow_up_of_the_rules_or_empty(
    world: World,
) -> None:
    leg = ready(world, plan="")
    _address, said = form(world.office, leg, "return")
    kept = DownReview.objects.filter(referral=leg).latest("id").results
    days = [each["follow_up_days"] for each in kept if each["outcome"] == "met"]
    assert said["plan"] == (f"{days[0]} 天内在基层随访。" if days[0] else "")


def test_a_reason_why_not_keeps_the_patient_for_some_days(world: World) -> None:
    leg = ready(world)
    address, said = form(world.office, leg, "stay")
    browser = browser_of(world.office)
    missing = browser.post(address, said)
    assert missing.status_code == 400
    assert leg.number in text_of(missing)
    words = {**said, "reason": "no_transport", "note": "周五接"}
    for _click in range(2):
        answer = browser.post(address, words)
        assert answer.redirect_chain == [(READY, 302)]
        assert leg.number not in text_of(answer)
    as_system()
    [kept] = DownReview.objects.filter(referral=leg).exclude(reason="")
    assert (kept.reason, kept.note) == ("no_transport", "周五接")
    assert reload(leg).status == Status.ARRIVED


def test_who_may_not_keep_a_patient(world: World) -> None:
    leg = ready(world)
    address, said = form(world.office, leg, "stay")
    words = {**said, "reason": "no_transport"}
    assert browser_of(world.doctor).post(address, words).status_code == 403
    assert browser_of(world.second_office).post(address, words).status_code == 404
    assert browser_of(world.stranger).post(address, words).status_code == 404
    as_system()
    assert not DownReview.objects.exclude(reason="").exists()


def test_only_mine(world: World) -> None:
    leg = ready(world)
    assert leg.number in text_of(browser_of(world.office).get(f"{READY}?mine=1"))
    Referral.objects.filter(pk=leg.pk).update(received_by=world.doctor.user)
    assert leg.number not in text_of(browser_of(world.office).get(f"{READY}?mine=1"))
    assert leg.number in text_of(browser_of(world.office).get(READY))


def test_ids_of_fields_are_told_apart(world: World) -> None:
    for _each in range(3):
        ready(world)
    body = browser_of(world.office).get(READY).content.decode()
    ids = re.findall(r' id="([^"]+)"', body)
    assert len(ids) == len(set(ids))


def test_the_page_costs_the_same_however_many(world: World, django_assert_num_queries: Any) -> None:
    browser = browser_of(world.office)
    for number in (1, 6):
        while Referral.objects.filter(status=Status.ARRIVED).count() < number:
            ready(world)
        clocks.rules()
        # As a box, the newest observations, and the homes with their tiers, means and departments.
        with django_assert_num_queries(18):
            browser.client.get(READY)
        as_system()
