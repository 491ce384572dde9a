"""Journeys to a destination: step by step, past a step, in time for a stroke, and out of the network."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from facilities.models import Facility
from referral.models import Referral
from tests.api import Answer
from tests.facilities.factories import make_capability, make_department, make_hospital
from tests.factories import SLIP, Person, World, as_system, join
from tests.journeys.test_there_and_back import act, created, give_back, inbox, read

STROKE = {
    "fast_positive": {"value": True},
    "hours_since_last_known_well": {"value": 4, "unit": "h"},
}
LATE = {**STROKE, "hours_since_last_known_well": {"value": 5, "unit": "h"}}


@pytest.fixture
def county(world: World) -> Facility:
    """The hospital of the step between the clinic and the city."""
    made = make_hospital(
        "县医院", tier=2, region=world.region, latitude="31.20", longitude="121.60"
    )
    join(world.alliance, made)
    return made


def offered(who: Person, **words: Any) -> dict[str, dict[str, Any]]:
    """Ask where a patient can go; by the names of the facilities, the best first."""
    answer = who.api.post("/destinations/", words)
    assert answer.status == 200, answer
    return {row["facility"]["name"]: row for row in answer.results}


def codes(row: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in row["reasons"]}


def filed(who: Person, world: World, to: str, **words: Any) -> Answer:
    body = {**SLIP, "patient": str(world.patient.pk), "to_facility": to, "submit": True, **words}
    return who.api.post("/referrals/", body)


def rules(who: Person, observations: Any, *, to_tier: int) -> list[dict[str, Any]]:
    """Ask the criteria about a stroke, on the way from the clinic to a tier."""
    asked = {"diagnosis": "I63.9", "from_tier": 1, "to_tier": to_tier, "visit": "first"}
    answer = who.api.post("/criteria/evaluate/", {**asked, "observations": observations})
    assert answer.status == 200, answer
    return answer.results


def test_step_by_step_to_the_hospital_that_has_the_department(
    world: World, county: Facility
) -> None:
    # Given a doctor with a patient whose heart wants a specialist, and two hospitals above her clinic
    make_department(county, "03.04", "心血管内科")
    make_department(world.hospital, "03.04", "心血管内科")
    # When she asks where the patient can go
    found = offered(world.doctor, patient=str(world.patient.pk), diagnosis="I10")
    # Then she is offered the next step alone, and reads why
    assert list(found) == ["县医院"]
    assert {"next-step", "has-department", "same-alliance"} <= codes(found["县医院"])
    assert not found["县医院"]["needs_reason"]
    # When she sends the patient there as offered
    chosen = found["县医院"]
    leg = created(
        filed(
            world.doctor,
            world,
            chosen["facility"]["id"],
            to_department=chosen["department"]["id"],
        )
    )
    # Then the hospital that was chosen has it, and no other
    assert read(world.doctor, leg)["to_facility"]["name"] == "县医院"
    assert inbox(world.office) == []
    assert world.office.api.get(f"/referrals/{leg}/").status == 404
    # And a stranger learns nothing, neither of the referral nor of the alliance's hospitals
    assert world.stranger.api.get(f"/referrals/{leg}/").status == 404
    assert offered(world.stranger, diagnosis="I10") == {}
    refused = world.stranger.api.post("/destinations/", {"patient": str(world.patient.pk)})
    assert (refused.status, refused.code) == (422, "no-such-patient")


def test_past_a_step_only_with_a_reason_which_the_receiver_reads(
    world: World, county: Facility
) -> None:
    # Given a hospital of the step between
    assert list(offered(world.doctor)) == [county.name]
    # When the doctor sends past it without a word
    refused = filed(world.doctor, world, str(world.hospital.pk))
    # Then nothing is sent
    assert (refused.status, refused.code) == (422, "step-skipped")
    assert inbox(world.office) == []
    # When she asks again with a reason, and sends with it
    why = {"skip_reason": "known_there", "skip_note": "三年前在该院手术"}
    found = offered(world.doctor, skip_reason=why["skip_reason"])
    assert found[world.hospital.name]["needs_reason"]
    leg = created(filed(world.doctor, world, found[world.hospital.name]["facility"]["id"], **why))
    # Then the receiver has it, and reads why the step was left out
    assert inbox(world.office) == [leg]
    said = world.office.api.get(f"/referrals/{leg}/timeline/").results[-1]
    assert (said["reason_code"], said["note"]) == ("known_there", why["skip_note"])
    # And neither the hospital that was left out nor a stranger reads anything
    for nobody in (world.stranger, world.nurse):
        assert nobody.api.get(f"/referrals/{leg}/timeline/").status == 404


def test_a_stroke_in_time_is_never_offered_a_hospital_that_cannot_dissolve_the_clot(
    world: World, county: Facility
) -> None:
    # Given a near hospital without thrombolysis, one further away with it, and a third-party centre that lists it
    make_capability(world.hospital, "thrombolysis")
    make_capability(world.centre, "thrombolysis")
    # When the doctor asks the criteria four hours after the onset, and with their answer where to go
    results = rules(world.doctor, STROKE, to_tier=3)
    found = offered(world.doctor, diagnosis="I63.9", urgency="emergency", criteria=results)
    # Then only who can help in time is offered, though it is past a step, and without asking for a reason
    assert list(found) == [world.hospital.name]
    assert "has-capability" in codes(found[world.hospital.name])
    assert not found[world.hospital.name]["needs_reason"]
    # And the same holds by the diagnosis alone, or asked for by name, however the question is put
    for words in (
        {"diagnosis": "I63.9", "urgency": "emergency"},
        {"diagnosis_text": "疑似脑卒中", "urgency": "emergency"},
        {"capability": "thrombolysis"},
        {"capability": "thrombolysis", "skip_reason": "capability"},
    ):
        assert list(offered(world.doctor, **words)) == [world.hospital.name], words
    # When she files the emergency with what she observed
    leg = created(
        filed(
            world.doctor,
            world,
            str(world.hospital.pk),
            urgency="emergency",
            diagnosis_code="I63.9",
            observations=STROKE,
            visit="first",
        )
    )
    # Then it counts as accepted at once, and the hospital reads the observations
    assert read(world.office, leg)["status"] == "accepted"
    seen = world.office.api.get(f"/referrals/{leg}/assessment/").body
    assert (seen["observations"], seen["overrides"]) == (STROKE, [])
    # And the county hospital, which is not concerned, and strangers see nothing of it
    for nobody in (world.stranger, world.nurse):
        assert nobody.api.get(f"/referrals/{leg}/").status == 404
    # And to send such a patient to the county hospital needs a reason
    elsewhere = filed(
        world.doctor,
        world,
        str(county.pk),
        urgency="emergency",
        diagnosis_code="I63.9",
        patient=str(world.make_patient().pk),
        observations=STROKE,
        visit="first",
    )
    assert (elsewhere.status, elsewhere.code) == (422, "override-reason-required")


def test_beyond_the_window_the_rule_no_longer_asks_for_it(world: World, county: Facility) -> None:
    # Given a stroke of five hours ago
    make_capability(world.hospital, "thrombolysis")
    outcomes = {row["rule"]: row["outcome"] for row in rules(world.doctor, LATE, to_tier=3)}
    # Then the rule for thrombolysis is not met, and what can wait goes to the next step
    assert outcomes["STR-R1"] == "not-met"
    met = [row for row in rules(world.doctor, LATE, to_tier=3) if row["outcome"] == "met"]
    assert list(offered(world.doctor, diagnosis="I63.9", criteria=met)) == [county.name]


def test_a_third_party_centre_is_never_a_destination(world: World) -> None:
    # Given a centre of the alliance that can do what is needed, and a hospital that cannot
    make_capability(world.centre, "mri")
    # When the doctor asks for it in every way
    for words in ({}, {"capability": "mri"}, {"capability": "mri", "skip_reason": "capability"}):
        # Then it is never offered
        found = offered(world.doctor, **words)
        assert found
        assert world.centre.name not in found, words
    # And chosen all the same, it is refused
    refused = filed(world.doctor, world, str(world.centre.pk))
    assert (refused.status, refused.code) == (422, "not-a-treating-destination")


def test_out_of_the_network_by_a_link_accepted_arrived_and_completed(world: World) -> None:
    # Given a patient who was operated on in a hospital that has no account here
    far = make_hospital("外省专科医院", tier=3)
    _ = world.alliance
    assert far.name not in offered(world.doctor, skip_reason="known_there")
    # When the doctor sends him there without saying so, then without a reason
    refused = filed(world.doctor, world, str(far.pk))
    assert (refused.status, refused.code) == (422, "no-common-alliance")
    refused = filed(world.doctor, world, str(far.pk), outside=True)
    assert (refused.status, refused.code) == (422, "choice-incomplete")
    # And then with both
    why = {"outside": True, "skip_reason": "known_there", "skip_note": "两年前在该院手术"}
    answer = filed(world.doctor, world, str(far.pk), **why)
    leg, address = created(answer), answer.body["outside_link"]
    # Then she holds an address to hand on, which she is shown this once
    assert read(world.doctor, leg).get("outside_link") is None
    # And nobody else sees the leg
    for nobody in (world.office, world.stranger, world.nurse):
        assert nobody.api.get(f"/referrals/{leg}/").status == 404
    # When the doctor there opens it, and takes the patient
    there = Client()
    path = address[address.index("/o/") :]
    assert there.get(path).status_code == 200
    assert there.post(path)["Location"] == "/o/"
    page = there.get("/o/").content.decode()
    assert SLIP["diagnosis"] in page
    for verb, status in (("open", "received"), ("accept", "accepted"), ("arrive", "arrived")):
        there_posts(there, leg, verb)
        # Then the clinic sees each step as it is made
        assert read(world.doctor, leg)["status"] == status
    # When somebody else finds the address
    # Then it opens nothing any more
    assert Client().post(path).status_code == 404
    # When the hospital outside has finished
    there_posts(there, leg, "complete", outcome="cured", no_return_reason="recovered")
    # Then the leg is closed, and the page gives nothing away any longer
    closed = read(world.doctor, leg)
    assert (closed["status"], closed["outcome"]) == ("completed", "cured")
    assert SLIP["diagnosis"] not in there.get("/o/").content.decode()


def there_posts(client: Client, leg: str, verb: str, **words: str) -> None:
    """Make a move by the page that the link opened."""
    as_system()
    version = Referral.objects.get(pk=leg).version
    answer = client.post(f"/o/move/{verb}/", {"version": version, **words})
    assert (answer.status_code, answer["Location"]) == (302, "/o/")


def test_the_way_down_leads_to_the_family_doctor_whom_the_ranking_puts_first(world: World) -> None:
    # Given a patient of the clinic, signed there, who has been treated in the city
    patient = world.patient
    contract = {"starts": str(timezone.localdate()), "doctor": str(world.doctor.user.pk)}
    signed = world.doctor.api.post(f"/patients/{patient.pk}/contracts/", contract)
    assert signed.status == 201, signed
    _ = world.sister
    up = created(filed(world.doctor, world, str(world.hospital.pk)))
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    # When the hospital asks where he can go back to
    found = offered(world.office, direction="down", patient=str(patient.pk))
    # Then his family doctor's clinic comes first
    assert next(iter(found)) == world.clinic.name
    assert "family-doctor" in codes(found[world.clinic.name])
    # And the return goes there by itself
    down = give_back(world.office, up)
    assert read(world.office, down)["to_facility"]["name"] == world.clinic.name
    assert inbox(world.doctor) == [down]
    # And the sister clinic, which was offered as well, sees nothing of it
    assert world.nurse.api.get(f"/referrals/{down}/").status == 404
