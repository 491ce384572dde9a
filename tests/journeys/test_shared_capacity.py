"""Beds and equipment on their way: a bed booked with the admission and given back, a neighbour's idle MRI."""

from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone

from referral.tasks import release_holds
from tests.facilities.factories import make_capability
from tests.factories import Person, World
from tests.journeys.test_there_and_back import act, created, file, inbox, read
from tests.referral.pools import department_of

DAYTIME = {"session": "whole_day", "begins": "08:00", "ends": "18:00", "places": 1}


def planned(who: Person, world: World, **changes: Any) -> None:
    """Let a facility plan two weeks of what it has, from tomorrow on."""
    body = {
        "start": str(timezone.localdate() + timedelta(days=1)),
        "weeks": 2,
        "sessions": [{**DAYTIME, "weekday": day} for day in range(1, 8)],
        "reserved_percent": 0,
        "release_hours_before": 0,
        **changes,
    }
    answer = who.api.post(f"/facilities/{who.facility.pk}/slots/", body)
    assert (answer.status, answer.body["made"]) == (201, 14), answer


def offered(who: Person, world: World) -> list[dict[str, Any]]:
    """Return the sessions on an MRI that the alliance offers somebody."""
    answer = who.api.get(f"/alliances/{world.alliance.pk}/equipment/", {"capability": "mri"})
    assert answer.status == 200, answer
    return answer.results


def test_a_bed_comes_with_the_admission_and_goes_back_when_the_patient_stays_away(
    world: World,
) -> None:
    # Given a hospital with one bed a day
    _ = world.alliance
    ward = str(department_of(world.hospital).pk)
    planned(world.office, world, kind="bed", department=ward)
    beds = {"kind": "bed"}
    path = f"/facilities/{world.hospital.pk}/slots/"
    first = world.doctor.api.get(path, beds).results[0]
    # When two patients are to be admitted, and the first is accepted with the bed
    one, two = (
        file(world.doctor, world, world.hospital, diagnosis_code=code, setting="inpatient")
        for code in ("I20", "E11")
    )
    accepted = act(world.office, one, "accept", bed=first["id"])
    # Then both ends read the day of the admission, the bed is nobody else's, and a stranger learns neither
    assert accepted["scheduled_for"] == first["starts_at"]
    assert read(world.doctor, one)["scheduled_for"] == first["starts_at"]
    late = world.office.api.post(f"/referrals/{two}/accept/", {"bed": first["id"]})
    assert (late.status, late.code) == (409, "slot-taken")
    assert world.stranger.api.get(path, beds).results == []
    assert world.stranger.api.get(f"/referrals/{one}/hold/").status == 404
    # When the first patient changes her mind
    act(world.doctor, one, "cancel", reason="patient_changed_mind")
    # Then the bed is free, and the second patient gets it
    act(world.office, two, "accept", bed=first["id"])
    assert world.doctor.api.get(f"/referrals/{two}/hold/").body["state"] == "booked"


def test_an_idle_mri_of_a_neighbour_is_found_and_kept(world: World) -> None:
    # Given a hospital that offers its MRI to the alliance when it needs it not itself
    make_capability(world.hospital, "mri")
    shared = {"kind": "equipment", "capability": "mri", "alliance": str(world.alliance.pk)}
    assert offered(world.doctor, world) == []
    planned(world.office, world, **shared)
    # Then every member is offered it, the other hospital too, and whoever is none sees nothing
    for member in (world.doctor, world.second_office):
        assert len(offered(member, world)) == 14
    for other in (world.stranger, world.outsider):
        assert offered(other, world) == []
    # When the clinic files there, keeping the first session
    first = offered(world.doctor, world)[0]
    draft = created(world.doctor.api.post("/referrals/", world.body()))
    held = world.doctor.api.post(f"/referrals/{draft}/hold/", {"pool": first["id"]})
    assert held.status == 201, held
    # Then it is idle no more, also for the other hospital
    assert {each["id"]: each["free"] for each in offered(world.second_office, world)}.get(
        first["id"], 0
    ) == 0
    # When the draft lies about until the session is kept no longer
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=True):
        release_holds()
        # Then it is offered again
        again = {each["id"]: each["free"] for each in offered(world.second_office, world)}
        assert again[first["id"]] == 1
    assert inbox(world.office) == []
