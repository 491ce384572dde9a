"""A number kept for primary care: planned by the hospital, held by the clinic, confirmed, given back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.core.management import call_command
from django.utils import timezone

from referral.tasks import release_holds
from tests.factories import Person, World, as_system
from tests.journeys.test_there_and_back import act, created, file, read, told
from tests.referral.pools import department_of

MORNING = {"session": "morning", "begins": "08:00", "ends": "11:30", "places": 2}


def plan(who: Person, world: World) -> None:
    week = [{**MORNING, "weekday": day} for day in range(1, 8)]
    body = {
        "department": str(department_of(world.hospital).pk),
        "doctor_grade": "chief",
        "start": str(timezone.localdate() + timedelta(days=1)),
        "weeks": 2,
        "sessions": week,
        "reserved_percent": 50,
        "release_hours_before": 0,
    }
    answer = who.api.post(f"/facilities/{world.hospital.pk}/slots/", body)
    assert (answer.status, answer.body["made"], answer.body["left"]) == (201, 14, 0)


def sessions(who: Person, world: World) -> list[dict[str, Any]]:
    return who.api.get(f"/facilities/{world.hospital.pk}/slots/").results


def test_a_number_is_kept_taken_and_given_back(world: World) -> None:
    _ = world.alliance
    # Given a hospital that keeps half of its specialist's numbers for primary care
    plan(world.office, world)
    first = sessions(world.doctor, world)[0]
    assert first["free"] == 2
    # When a doctor of the clinic files, keeping the first number, and sends
    draft = created(world.doctor.api.post("/referrals/", world.body()))
    held = world.doctor.api.post(f"/referrals/{draft}/hold/", {"pool": first["id"]})
    assert (held.status, held.body["seat"]) == (201, 1)
    act(world.doctor, draft, "submit")
    # Then a hospital of the alliance sees a number less, a clinic likewise, a stranger none at all
    assert [row["free"] for row in sessions(world.second_office, world)][:2] == [1, 1]
    assert sessions(world.nurse, world)[0]["free"] == 1
    assert sessions(world.stranger, world) == []
    assert world.stranger.api.get(f"/referrals/{draft}/hold/").status == 404
    # When the hospital accepts with the number that the clinic kept
    seen = world.office.api.get(f"/referrals/{draft}/hold/").body
    accepted = act(world.office, draft, "accept", pool=seen["pool"]["id"])
    # Then the visit is at that session
    assert accepted["status"] == "scheduled"
    assert accepted["scheduled_for"] == first["starts_at"]
    # When the other number goes to somebody else, and a third patient comes too late
    second, third = (
        file(world.doctor, world, world.hospital, diagnosis_code=code) for code in ("I20", "E11")
    )
    act(world.office, second, "accept", pool=first["id"])
    late = world.office.api.post(f"/referrals/{third}/accept/", {"pool": first["id"]})
    assert (late.status, late.code) == (409, "slot-taken")
    assert read(world.doctor, third)["status"] == "submitted"
    # And the first patient does not come
    act(world.office, draft, "record-no-show")
    # Then her number is free again, and the third patient gets it
    act(world.office, third, "accept", pool=first["id"])
    assert world.doctor.api.get(f"/referrals/{third}/hold/").body["state"] == "booked"


def test_a_number_from_the_spreadsheet_waits_with_its_referral(
    world: World, tmp_path: Path
) -> None:
    # Given a hospital whose manager loads next month from a spreadsheet
    _ = world.alliance, department_of(world.hospital)
    day = timezone.localdate() + timedelta(days=9)
    names = "机构代码,诊疗科目,号别,日期,时段,开始时间,结束时间,号数,提前开放天数"
    row = f"{world.hospital.code},03.04,主任医师,{day},上午,8:00,11:30,1,14"
    file = tmp_path / "下月号源.csv"
    file.write_text(f"{names}\n{row}\n", encoding="gb18030")
    call_command("import_pools", str(file))
    [number] = sessions(world.doctor, world)
    # When a doctor keeps the only number, and sends
    draft = created(world.doctor.api.post("/referrals/", world.body()))
    path = f"/referrals/{draft}/hold/"
    assert world.doctor.api.post(path, {"pool": number["id"]}).status == 201
    act(world.doctor, draft, "submit")
    # Then three days later it still waits with the referral, while the hospital has not answered
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=True):
        assert release_holds() == 0
        as_system()
        assert sessions(world.nurse, world) == []
        held = world.office.api.get(path).body
        assert held["held_until"] == number["released_at"]
        assert world.stranger.api.get(path).status == 404
        # And the hospital confirms it
        accepted = act(world.office, draft, "accept", pool=held["pool"]["id"])
    assert accepted["scheduled_for"] == number["starts_at"]


def test_the_office_cannot_plan_away_who_is_coming(world: World) -> None:
    _ = world.alliance
    plan(world.office, world)
    first = sessions(world.doctor, world)[0]
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept", pool=first["id"])
    path = f"/facilities/{world.hospital.pk}/slots/{first['id']}/"
    assert world.office.api.patch(path, {"places": 0}).code == "below-taken"
    assert world.doctor.api.patch(path, {"places": 9}).status == 403
    # When the clinic cancels, the session can be closed
    act(world.doctor, up, "cancel", reason="patient_changed_mind")
    assert world.office.api.patch(path, {"places": 0}).status == 200
    assert first["id"] not in [row["id"] for row in sessions(world.doctor, world)]


def test_the_hospital_accepts_with_one_click_and_the_number_stays(world: World) -> None:
    # Given a doctor who keeps a number of the hospital for his patient, and sends
    _ = world.alliance
    plan(world.office, world)
    number = sessions(world.doctor, world)[0]
    draft = created(world.doctor.api.post("/referrals/", world.body()))
    path = f"/referrals/{draft}/hold/"
    assert world.doctor.api.post(path, {"pool": number["id"]}).status == 201
    act(world.doctor, draft, "submit")
    # When the hospital accepts and says nothing else
    accepted = act(world.office, draft, "accept")
    # Then the patient comes at the time that the doctor told him, which both ends read and nobody else
    assert (accepted["status"], accepted["scheduled_for"]) == ("scheduled", number["starts_at"])
    for who in (world.doctor, world.office):
        assert who.api.get(path).body["state"] == "booked"
    assert world.stranger.api.get(path).status == 404
    assert {"referral.accepted", "referral.scheduled"} <= set(told(world.clinic))
    # And it waits for him however late the sweep comes
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=True):
        assert release_holds() == 0
    assert world.doctor.api.get(path).body["state"] == "booked"
