"""Journeys of people: a colleague stands in, a doctor leaves, an epidemic comes, a centre examines."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.permissions import Role
from facilities import actions as directory
from facilities.models import Facility, StaffPost
from patients.models import ConsentPurpose
from referral.tasks import call_for_order_consents, hand_back_orders
from tests.facilities.factories import make_capability
from tests.factories import World, as_system, consented, make_person
from tests.journeys.test_there_and_back import act, created, episode, file, give_back, inbox, told
from tests.referral.files import pdf


def test_a_colleague_stands_in_while_the_doctor_is_away(world: World) -> None:
    # Given a doctor of the hospital's office who goes on leave and names a deputy
    _ = world.alliance
    helper = make_person(world.hospital, Role.HOSPITAL_DOCTOR, name="王医生")
    today = timezone.localdate()
    term = {"starts": str(today), "ends": str(today + timedelta(days=5)), "reason": "年休假"}
    people = {"principal": str(world.office.user.pk), "deputy": str(helper.user.pk)}
    given = created(world.office.api.post("/delegations/", {**term, **people}))
    # When a referral comes and the deputy takes it in the office's name
    up = file(world.doctor, world, world.hospital)
    header = {"X-On-Behalf-Of": str(world.office.user.pk)}
    path = f"/referrals/{up}/accept/"
    assert helper.api.post(path, {}, headers=header).status == 200
    # Then the clinic reads who did it and for whom
    last = world.doctor.api.get(f"/referrals/{up}/timeline/").results[-1]
    assert (last["by"], last["for_user"]) == ("王医生", "李主任")
    # And a stranger with the same header is nobody's deputy
    answer = world.stranger.api.get(f"/referrals/{up}/", headers=header)
    assert (answer.status, answer.code) == (403, "not-delegated")
    # When the doctor is back, the deputy has only his own rights again
    assert world.office.api.post(f"/delegations/{given}/end/", {}).status == 200
    answer = helper.api.post(f"/referrals/{up}/arrive/", {}, headers=header)
    assert (answer.status, answer.code) == (403, "not-delegated")
    assert helper.api.post(f"/referrals/{up}/arrive/", {}).status == 200


def test_a_doctor_leaves_and_nothing_is_left_behind(world: World) -> None:
    # Given a doctor with two open referrals
    _ = world.alliance
    legs = [
        file(world.doctor, world, world.hospital, diagnosis_code=code) for code in ("I10", "K35")
    ]
    boss = make_person(world.lead, Role.SYSTEM_ADMIN)
    # When her post ends
    as_system()
    post = StaffPost.objects.get(user=world.doctor.user)
    directory.end_post(post.pk, by=boss.actor, on=timezone.localdate())
    # Then her next request is refused, and the clinic is told
    assert world.doctor.api.get(f"/referrals/{legs[0]}/").status == 403
    assert "staff.post_ended" in told(world.clinic)
    # When the manager hands her open referrals to a colleague, as nobody elsewhere could
    everybody = {"referrals": legs, "user": str(world.stranger.user.pk)}
    assert world.stranger.api.post("/assignments/", everybody).status == 403
    assert world.office.api.get("/assignments/", {"orphaned": "true"}).results == []
    orphans = world.chief.api.get("/assignments/", {"orphaned": "true"}).results
    assert sorted(row["referral"] for row in orphans) == sorted(legs)
    body = {"referrals": legs, "user": str(world.colleague.user.pk)}
    assert world.chief.api.post("/assignments/", body).body == {"assigned": 2}
    # Then nobody's are left, and the hospital, which has to do with none of it, saw nothing
    assert world.chief.api.get("/assignments/", {"orphaned": "true"}).results == []
    assert "referral.reassigned" in told(world.clinic)
    assert "referral.reassigned" not in told(world.hospital)
    # And the colleague goes on with the patient
    act(world.colleague, legs[0], "cancel", reason="duplicate")


def test_fever_goes_to_the_designated_hospital_and_home_again(world: World) -> None:
    # Given an epidemic for which the administrator designates a hospital outside the alliance
    _ = world.alliance
    boss = make_person(world.lead, Role.SYSTEM_ADMIN)
    event = {
        "name": "新型流感",
        "prefixes": ["J10"],
        "region": "310115",
        "starts": str(timezone.localdate()),
        "facilities": [str(world.outside.pk)],
        "source": "市卫健委令2026年第1号",
    }
    declared = created(boss.api.post("/public-health-events/", event))
    assert "event.declared" in told(world.clinic)
    # When the doctor sends a patient with fever to the usual hospital, she is told where to instead
    slip = world.body(diagnosis_code="J10.1", submit=True)
    answer = world.doctor.api.post("/referrals/", slip)
    assert (answer.status, answer.code) == (422, "designated-elsewhere")
    assert [each["name"] for each in answer.body["designated"]] == ["外区中心医院"]
    # A stranger reads that there is an event, and can neither end it nor declare one
    assert world.stranger.api.get(f"/public-health-events/{declared}/").status == 200
    assert world.stranger.api.post(f"/public-health-events/{declared}/end/", {}).status == 403
    assert world.stranger.api.post("/public-health-events/", event).status == 403
    # And there he is taken, treated and sent home again
    clinician = make_person(world.outside, Role.HOSPITAL_DOCTOR)
    up = file(world.doctor, world, world.outside, diagnosis_code="J10.1")
    assert inbox(clinician) == [up]
    for nobody in (world.stranger, world.office):
        assert nobody.api.get(f"/referrals/{up}/").status == 404
    act(clinician, up, "accept")
    act(clinician, up, "arrive")
    down = give_back(clinician, up)
    act(clinician, up, "complete", outcome="cured")
    assert inbox(world.doctor) == [down]
    assert episode(world.doctor, up)["missing"] != []
    # When the event is over, everything is as it was
    assert boss.api.post(f"/public-health-events/{declared}/end/", {}).status == 200
    other = {**slip, "patient": str(world.make_patient().pk)}
    assert world.doctor.api.post("/referrals/", other).status == 201
    far = {**other, "patient": str(world.make_patient().pk), "to_facility": str(world.outside.pk)}
    assert world.doctor.api.post("/referrals/", far).code == "no-common-alliance"


def test_the_clinic_orders_a_ct_and_the_hospital_reads_it(world: World) -> None:
    # Given a third-party imaging centre in the alliance
    make_capability(world.centre, "ct")
    make_capability(world.lead, "ct")
    reader = make_person(world.centre, Role.HOSPITAL_DOCTOR)
    # When the clinic refers a patient and orders a CT of him at the centre
    up = file(world.doctor, world, world.hospital)
    order = {
        "patient": str(world.patient.pk),
        "centre": str(world.centre.pk),
        "examination": "ct_chest",
        "question": "肺部占位?",
        "referral": up,
    }
    pk = created(world.doctor.api.post("/orders/", order))
    # Then the centre does it, reports, and sees the person no more
    assert reader.api.post(f"/orders/{pk}/receive/", {}).status == 200
    report = {"conclusion": "右肺上叶结节", "recognised": True}
    assert reader.api.post(f"/orders/{pk}/report/", report).status == 200
    assert reader.api.get(f"/orders/{pk}/").body["patient"] is None
    # And the hospital reads the report with the referral, and is warned before it repeats the CT
    [seen] = world.office.api.get("/orders/", {"referral": up}).results
    assert (seen["id"], seen["state"]) == (pk, "reported")
    again = {**order, "centre": str(world.lead.pk)}
    warned = world.office.api.post("/orders/", again)
    assert (warned.status, warned.code) == (409, "duplicate-examination")
    assert warned.body["duplicates"][0]["facility"] == "第三方影像中心"
    created(world.office.api.post("/orders/", {**again, "duplicate_reason": "需增强扫描"}))
    # A stranger finds nothing, and nobody can be sent to the centre for treatment
    assert world.stranger.api.get(f"/orders/{pk}/").status == 404
    slip = world.body(
        patient=str(world.make_patient().pk), to_facility=str(world.centre.pk), submit=True
    )
    assert world.doctor.api.post("/referrals/", slip).code == "not-a-treating-destination"


def test_a_centre_closes_and_the_scan_is_made_elsewhere(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    # Given a clinic that refers a patient and orders a CT of him at the imaging centre
    for place in (world.centre, world.lead):
        make_capability(place, "ct")
    up = file(world.doctor, world, world.hospital)
    order = {
        "patient": str(world.patient.pk),
        "centre": str(world.centre.pk),
        "examination": "ct_chest",
        "question": "肺部占位?",
        "referral": up,
    }
    lost = created(world.doctor.api.post("/orders/", order))
    # When the centre closes before it has taken the order on
    as_system()
    Facility.objects.filter(pk=world.centre.pk).update(is_active=False)
    assert hand_back_orders() == 1
    # Then the clinic is told, reads why, and orders at the leading hospital without a warning
    assert "order.handed_back" in told(world.clinic)
    read = world.doctor.api.get(f"/orders/{lost}/").body
    assert (read["state"], read["cancel_reason"] != "") == ("cancelled", True)
    again = created(world.doctor.api.post("/orders/", {**order, "centre": str(world.lead.pk)}))
    # When that hospital reports, with the signed report as a file
    radiologist = make_person(world.lead, Role.HOSPITAL_DOCTOR)
    paper = SimpleUploadedFile("胸部CT报告.pdf", pdf())
    added = created(radiologist.api.upload(f"/orders/{again}/files/", paper))
    report = {"conclusion": "右肺上叶结节", "recognised": True}
    assert radiologist.api.post(f"/orders/{again}/report/", report).status == 200
    # Then the hospital that receives the patient opens it, and a stranger does not
    path = f"/orders/{again}/files/{added}/"
    opened = world.office.api.get(path)
    assert (opened.status, opened.content[:5]) == (200, b"%PDF-")
    assert world.stranger.api.get(path).status == 404
    assert radiologist.api.get(path).status == 404


def test_an_emergency_scan_goes_first_and_the_consent_follows(world: World) -> None:
    # Given a patient who was brought in and asked for nothing but his registration
    make_capability(world.centre, "ct")
    reader = make_person(world.centre, Role.HOSPITAL_DOCTOR)
    _ = world.alliance
    brought = world.make_patient(name="周急", consent=consented(ConsentPurpose.REGISTRATION))
    order = {
        "patient": str(brought.pk),
        "centre": str(world.centre.pk),
        "examination": "ct_head",
        "question": "出血?",
        "urgency": "emergency",
    }
    # When the clinic orders a CT of his head at once
    pk = created(world.doctor.api.post("/orders/", order))
    # Then the centre has it, and the clinic alone is asked for the consent by tomorrow
    assert reader.api.post(f"/orders/{pk}/receive/", {}).status == 200
    [task] = world.doctor.api.get("/tasks/order-consents/").results
    assert (task["order"]["id"], task["overdue"]) == (pk, False)
    for who in (reader, world.stranger):
        assert who.api.get("/tasks/order-consents/").results == []
    # When nobody has asked him a day later, the clinic is called, once
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        assert (call_for_order_consents(), call_for_order_consents()) == (1, 0)
        assert told(world.clinic).count("order.consent_overdue") == 1
        # And when he has signed, the task is gone and the calls with it
        said = {"purpose": "referral", "given": True, "method": "paper", "given_by": "self"}
        created(world.doctor.api.post(f"/patients/{brought.pk}/consents/", said))
        assert world.doctor.api.get("/tasks/order-consents/").results == []
    with time_machine.travel(timezone.now() + timedelta(days=9), tick=True):
        assert call_for_order_consents() == 0
