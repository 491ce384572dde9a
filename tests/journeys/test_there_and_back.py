"""Journeys up, through treatment and back down, told through the API as people would tell them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from facilities.models import Facility
from notifications.models import OutboxMessage
from patients.models import AccessGrant
from tests.api import Answer
from tests.facilities.factories import make_alliance, make_hospital
from tests.factories import SLIP, Person, World, as_system, make_person

PLAN = {"reason_code": "stable_continue", "plan": "控制血压, 两周后复诊", "submit": True}


def file(who: Person, world: World, to: Facility, **changes: Any) -> str:
    body = {**SLIP, "patient": str(world.patient.pk), "to_facility": str(to.pk), **changes}
    return created(who.api.post("/referrals/", {"submit": True, **body}))


def created(answer: Answer) -> str:
    assert answer.status == 201, answer
    return str(answer.body["id"])


def act(who: Person, leg: str, verb: str, **words: Any) -> dict[str, Any]:
    answer = who.api.post(f"/referrals/{leg}/{verb}/", words)
    assert answer.status == 200, answer
    return answer.body


def give_back(who: Person, leg: str, **changes: Any) -> str:
    return created(who.api.post(f"/referrals/{leg}/return/", {**PLAN, **changes}))


def read(who: Person, leg: str) -> dict[str, Any]:
    answer = who.api.get(f"/referrals/{leg}/")
    assert answer.status == 200, answer
    return answer.body


def episode(who: Person, leg: str) -> dict[str, Any]:
    return who.api.get(f"/episodes/{read(who, leg)['episode']}/").body


def inbox(who: Person) -> list[str]:
    return [row["id"] for row in who.api.get("/referrals/", {"box": "inbox"}).results]


def told(facility: Facility) -> list[str]:
    as_system()
    rows = OutboxMessage.objects.filter(recipient_id=facility.pk).order_by("created_at", "id")
    return list(rows.values_list("topic", flat=True))


def test_up_treated_down_followed_up_and_closed(world: World) -> None:
    # Given a doctor of a clinic with a patient whose blood pressure does not come down
    _ = world.alliance
    # When she files an up-referral and the hospital takes the patient
    up = file(world.doctor, world, world.hospital)
    assert inbox(world.office) == [up]
    act(world.office, up, "open")
    act(world.office, up, "ask-information", note="近一周血压?")
    act(world.doctor, up, "answer", note="160/100左右")
    visit = timezone.now() + timedelta(days=1)
    assert act(world.office, up, "accept", scheduled_for=str(visit))["status"] == "scheduled"
    act(world.office, up, "arrive")
    # And the hospital sends the patient back with a plan, and closes its leg
    down = give_back(world.office, up, treatment="调整用药")
    assert act(world.office, up, "complete", outcome="improved")["status"] == "completed"
    # Then the clinic finds the return in its inbox, without typing anything twice
    assert inbox(world.doctor) == [down]
    arrived = read(world.doctor, down)
    assert (arrived["direction"], arrived["diagnosis"]) == ("down", SLIP["diagnosis"])
    assert (arrived["treatment"], arrived["plan"]) == ("调整用药", PLAN["plan"])
    assert episode(world.doctor, down)["missing"] == ["return_decision"]
    # When the clinic receives the patient and follows up
    act(world.doctor, down, "accept")
    act(world.doctor, down, "arrive")
    contact = {"method": "visit", "findings": "血压130/80"}
    assert world.doctor.api.post(f"/referrals/{down}/follow-ups/", contact).status == 201
    act(world.doctor, down, "complete", outcome="follow_up_done")
    # Then the loop is closed, and everybody concerned has heard of it
    closed = episode(world.doctor, up)
    assert (closed["loop"], closed["open_legs"], closed["missing"]) == ("closed", 0, [])
    assert [leg["status"] for leg in closed["legs"]] == ["completed", "completed"]
    assert told(world.clinic) == [
        "referral.opened",
        "referral.information_requested",
        "referral.accepted",
        "referral.scheduled",
        "referral.arrived",
        "referral.submitted",
        "referral.completed",
    ]
    assert told(world.hospital) == [
        "referral.submitted",
        "referral.answered",
        "referral.accepted",
        "referral.arrived",
        "referral.followed_up",
        "episode.closed",
        "referral.completed",
    ]
    # And whoever has nothing to do with the patient finds nothing of it, and moves nothing
    journey = closed["id"]
    for address in (f"/referrals/{up}/", f"/referrals/{down}/", f"/episodes/{journey}/"):
        assert world.stranger.api.get(address).status == 404
    for verb, words in (("open", {}), ("accept", {}), ("arrive", {}), ("return", PLAN)):
        assert world.stranger.api.post(f"/referrals/{up}/{verb}/", words).status == 404
    assert episode(world.doctor, up) == closed
    # And the hospital keeps reading the patient for 90 days, no longer
    as_system()
    grant = AccessGrant.objects.get(facility=world.hospital)
    assert grant.ends is not None
    assert timedelta(days=89) < grant.ends - timezone.now() <= timedelta(days=90)


def test_from_county_to_city_to_province_and_back_in_one_episode(world: World) -> None:
    # Given a county hospital, a city hospital and a province hospital in one alliance
    county, city, province = (make_hospital(tier=tier) for tier in (2, 3, 4))
    make_alliance(province, city, county)
    doctors = [make_person(place, "hospital_doctor") for place in (county, city, province)]
    below, between, above = doctors
    patient = world.make_patient(at=below)
    slip = {**SLIP, "patient": str(patient.pk), "submit": True}
    # When the county refers up, and the city refers on in the same episode
    first = created(below.api.post("/referrals/", {**slip, "to_facility": str(city.pk)}))
    act(between, first, "accept")
    act(between, first, "arrive")
    onward = {**slip, "to_facility": str(province.pk), "previous": first}
    second = created(between.api.post("/referrals/", onward))
    act(above, second, "accept")
    act(above, second, "arrive")
    # Then what goes on upwards is no return: the city's own leg stays open
    answer = between.api.post(f"/referrals/{first}/complete/", {"outcome": "improved"})
    assert (answer.status, answer.code) == (422, "return-missing")
    # When the province gives the patient back to the city, and the city to the county
    third = give_back(above, second)
    act(above, second, "complete", outcome="improved")
    act(between, third, "accept")
    act(between, third, "arrive")
    act(between, third, "complete", outcome="handed_on")
    fourth = give_back(between, first)
    act(between, first, "complete", outcome="improved")
    act(below, fourth, "accept")
    act(below, fourth, "arrive")
    contact = {"method": "phone", "findings": "恢复良好"}
    assert below.api.post(f"/referrals/{fourth}/follow-ups/", contact).status == 201
    assert episode(below, first)["loop"] == "open"
    act(below, fourth, "complete", outcome="follow_up_done")
    # Then one closed episode holds the four legs, and the county, where it began, sees all of them
    whole = episode(below, first)
    assert [leg["id"] for leg in whole["legs"]] == [first, second, third, fourth]
    assert [leg["direction"] for leg in whole["legs"]] == ["up", "up", "down", "down"]
    assert [(leg["from_tier"], leg["to_tier"]) for leg in whole["legs"]] == [
        (2, 3),
        (3, 4),
        (4, 3),
        (3, 2),
    ]
    assert (whole["loop"], whole["open_legs"]) == ("closed", 0)
    # And the province sees only the legs of its own
    assert [leg["id"] for leg in episode(above, second)["legs"]] == [second, third]


def test_nobody_has_to_return_but_somebody_has_to_say_why(world: World) -> None:
    # Given a patient who arrived at the hospital
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    # When the hospital ends its leg without a return and without a reason
    answer = world.office.api.post(f"/referrals/{up}/complete/", {"outcome": "cured"})
    # Then it is asked for one
    assert (answer.status, answer.code) == (422, "return-missing")
    # When it says that the patient has recovered
    act(world.office, up, "complete", outcome="cured", no_return_reason="recovered")
    # Then the loop is closed
    assert episode(world.doctor, up)["loop"] == "closed"


def test_the_way_back_is_declined_and_tried_again(world: World) -> None:
    # Given a return that the clinic declines after the hospital closed its own leg
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    first = give_back(world.office, up)
    act(world.office, up, "complete", outcome="improved")
    act(world.doctor, first, "decline", reason="capacity")
    assert episode(world.doctor, up)["loop"] == "ended_without_return"
    # When the hospital tries the second clinic
    second = give_back(world.office, up, to_facility=str(world.sister.pk))
    # Then the journey is open again, and ends in the second clinic
    assert episode(world.doctor, up)["loop"] == "open"
    act(world.nurse, second, "accept")
    act(world.nurse, second, "arrive")
    act(world.nurse, second, "complete", outcome="handed_on")
    assert episode(world.doctor, up)["loop"] == "closed"
