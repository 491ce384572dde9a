"""A day at a hospital's referral office: the inbox fills, places are given, patients come, and one goes home."""

from typing import Any

from django.utils import timezone

from referral import links
from referral.models import LinkKind, Referral
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.journeys.test_there_and_back import file, read
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_desk_counters import counts
from tests.pages.test_desk_ready import form as filled_in
from tests.referral.pools import ahead, make_pool
from tests.referral.test_down_candidates import STABLE, review


def test_from_the_inbox_to_the_way_home(world: World) -> None:
    # Given a hospital with one free place tomorrow, and three patients who were sent there
    _ = world.alliance, world.second
    pool = make_pool(world.hospital, starts_at=ahead(1))
    first, second, third = (
        file(world.doctor, world, world.hospital, diagnosis_code=code)
        for code in ("I10", "I20", "E11")
    )
    assert counts(world.office) == {"inbox": "3"}
    office = browser_of(world.office)
    # When the office accepts the first by its two clicks, at the place that was chosen for it
    shown = office.get(f"/referrals/{first}/", headers={"HX-Target": f"quick-{first}"})
    assert f'value="slot:{pool.pk}"' in shown.content.decode()
    leg = Referral.objects.get(pk=first)
    words: dict[str, Any] = {"version": leg.version, "place": f"slot:{pool.pk}"}
    office.post(f"/referrals/{first}/accept/", words)
    # Then both ends read the visit, and a stranger nothing
    assert read(world.doctor, first)["status"] == "scheduled"
    assert reload(leg).scheduled_for == pool.starts_at
    assert browser_of(world.stranger).get(f"/referrals/{first}/").status_code == 404
    # When it sends the two others on together to one hospital
    others = list(Referral.objects.filter(pk__in=[second, third]))
    ticked = [f"{each.pk}:{each.version}" for each in others]
    said = {"verb": "redirect", "pick": ticked, "sure": "1", "to_facility_id": world.second.pk}
    assert "已完成：2 份" in text_of(office.post("/desk/together/", said, follow=False))
    # Then they wait there, and here nothing does
    assert counts(world.second_office) == {"inbox": "2"}
    assert "inbox" not in counts(world.office)
    # When the patient comes on the day and the slip is scanned, at the wrong hospital first
    as_system()
    Referral.objects.filter(pk=first).update(scheduled_for=timezone.now())
    token = links.make(
        leg, LinkKind.PATIENT, by=world.doctor.actor, now=timezone.now(), purpose="sender_1"
    )
    scanned: dict[str, Any] = {"text": links.address(token, LinkKind.PATIENT)}
    wrong = text_of(browser_of(world.second_office).post("/desk/arrivals/", scanned))
    assert world.hospital.name in wrong
    assert "登记到诊" not in wrong
    assert "登记到诊" in text_of(office.post("/desk/arrivals/", scanned))
    marked = {"version": reload(leg).version, "back": "arrivals"}
    office.post(f"/referrals/{first}/arrive/", marked)
    assert read(world.doctor, first)["status"] == "arrived"
    # And when the patient is well enough by the rules, the return is filled in and sent
    assert review(world.office, leg, observations=STABLE).status == 201
    address, slip = filled_in(world.office, leg, "return")
    office.post(address, {**slip, "plan": "每日监测血压"})
    # Then the clinic finds it in its inbox, and nobody else does
    as_system()
    back = Referral.objects.get(previous=leg)
    assert back.status == Status.SUBMITTED
    assert counts(world.doctor)["inbox"] == "1"
    assert back.number in text_of(browser_of(world.doctor).get("/boxes/inbox/"))
    assert back.number not in text_of(browser_of(world.stranger).get("/boxes/inbox/"))
