"""A journey with rules of an alliance: a manager looks, sets and withdraws; clinic and hospital work by them."""

import re
from datetime import timedelta

import time_machine
from django.core import mail
from django.utils import timezone

from notifications import worker
from notifications.models import ChannelKind, Subscription
from tests.factories import SLIP, World, as_system
from tests.journeys.test_there_and_back import created
from tests.notifications.helpers import make_due
from tests.pages.conftest import browser_of, text_of

DAY = timedelta(days=1)
HIGH = {
    "sbp": {"value": 170, "unit": "mmHg"},
    "dbp": {"value": 90, "unit": "mmHg"},
}
WHY = {"override_reason": "clinical_judgement", "override_note": "患者要求"}


def filed(world: World) -> str:
    """Return a referral of the clinic to the hospital about a pressure of 170/90."""
    body = {**SLIP, "diagnosis_code": "I10", "patient": str(world.make_patient().pk)}
    as_system()
    filing = {**body, "to_facility": str(world.hospital.pk), "submit": True, "visit": "first"}
    return created(world.doctor.api.post("/referrals/", {**filing, **WHY, "observations": HIGH}))


def outcome(world: World, referral: str) -> tuple[str, int]:
    """Return what the rule of 180/110 says of it to the hospital, and by which number."""
    body = world.office.api.get(f"/referrals/{referral}/assessment/").body
    [result] = [each for each in body["results"] if each["rule"] == "HTN-I1"]
    return result["outcome"], result["compared"][0]["threshold"]


def test_a_manager_changes_how_the_alliance_works(world: World) -> None:
    # Given a referral that the criteria of the documents do not ask for
    _ = world.alliance
    old = filed(world)
    assert outcome(world, old) == ("not-met", 180)
    # When the manager asks what a threshold of 160 would do
    manager = browser_of(world.manager)
    rule = f"/settings/criteria/{world.alliance.pk}/HTN-I1/"
    tomorrow = str(timezone.localdate() + DAY)
    words = {"mode": "own", "threshold_0": "160", "reason": "试点", "source": "第5号通知"}
    looked = manager.post(rule, {**words, "starts": tomorrow, "key": "a"})
    # Then it counts that referral, names it, and nothing has changed
    assert "将新符合 1" in text_of(looked)
    [behind] = re.findall(r'href="([^"]*turn=gained[^"]*)"', looked.content.decode())
    assert old in manager.get(behind.replace("&amp;", "&")).content.decode()
    # When the manager sets it, shortens the limit of an answer, and words the mail to the receiver
    manager.post(rule, {**words, "starts": tomorrow, "key": "a", "step": "set"})
    limit = f"/settings/limits/{world.alliance.pk}/answer/routine/up/"
    asked = {"number": "4", "unit": "hours", "source": "第5号通知", "starts": tomorrow}
    manager.post(limit, {**asked, "key": "b", "step": "set"})
    said = {"mode": "own", "zh": "{sender}转来{number}。", "en": "{number} from {sender}."}
    message = f"/settings/messages/{world.alliance.pk}/N001/"
    manager.post(message, {**said, "starts": tomorrow, "key": "c", "step": "set"})
    Subscription.objects.create(
        recipient_id=world.hospital.pk,
        address="office@hospital.example",
        channel=ChannelKind.EMAIL,
        topics=["*"],
    )
    # Then nobody else may, neither clinic nor hospital nor the manager of another alliance
    for address in (rule, limit, message):
        for other, status in ((world.doctor, 403), (world.office, 403), (world.outsider, 404)):
            assert browser_of(other).get(address).status_code == status
    # And today all is as it was
    today = filed(world)
    assert outcome(world, today) == ("not-met", 180)
    with time_machine.travel(timezone.localtime().replace(hour=12) + DAY, tick=True):
        # When the clinic files the same on the next day
        new = filed(world)
        # Then the hospital reads that the alliance's own threshold is met, and when the answer is due
        assert outcome(world, new) == ("met", 160)
        clock = world.office.api.get(f"/referrals/{new}/clock/").body
        assert (clock["minutes"], clock["clock"], clock["own_limit"]) == (240, "calendar", True)
        # And the old ones keep what held on their day
        assert outcome(world, old) == ("not-met", 180)
        assert world.office.api.get(f"/referrals/{old}/clock/").body["own_limit"] is False
        # And the mail says which referral came from where
        as_system()
        make_due()
        worker.drain()
        number = world.office.api.get(f"/referrals/{new}/").body["number"]
        assert any(f"{world.clinic.name}转来{number}。" in letter.body for letter in mail.outbox)
        # And a stranger reads nothing of it
        assert world.stranger.api.get(f"/referrals/{new}/assessment/").status == 404
