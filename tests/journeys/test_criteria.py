"""A journey with the criteria: observed, explained, treated, proposed for the way down, and counted."""

from tests.factories import SLIP, World
from tests.journeys.test_there_and_back import act, created, episode, give_back, inbox, read

INFARCT = {
    "chest_pain_minutes": {"value": 20, "unit": "min"},
    "sweating": {"value": True},
    "st_elevation_leads": {"value": 2},
}
STABLE = {
    name: {"value": True}
    for name in ("diagnosis_clear", "plan_clear", "oral_drugs_at_home", "condition_stable")
}


def test_from_the_clinic_to_the_hospital_and_back_by_the_criteria(world: World) -> None:
    # Given a doctor with two minutes, who asks what the numbers mean before anything is filed
    _ = world.alliance
    asked = {"diagnosis": "I10", "from_tier": 1, "to_tier": 3, "visit": "first"}
    answer = world.doctor.api.post("/criteria/evaluate/", {**asked, "observations": INFARCT})
    assert answer.body["advice"]["capabilities"] == ["PCI"]
    assert answer.body["advice"]["urgency"] == "immediate"
    # When she files a routine referral to a hospital without that capability all the same
    body = {**SLIP, "patient": str(world.patient.pk), "to_facility": str(world.hospital.pk)}
    filing = {**body, "submit": True, "observations": INFARCT, "visit": "first"}
    refused = world.doctor.api.post("/referrals/", filing)
    # Then she is asked why, and nothing was filed
    assert (refused.status, refused.code) == (422, "override-reason-required")
    assert inbox(world.office) == []
    # When she says why
    why = {"override_reason": "arranged_by_phone", "override_note": "已电话联系导管室"}
    up = created(world.doctor.api.post("/referrals/", {**filing, **why}))
    # Then the hospital reads the observations, what the rules say of them, and why they were not followed
    assert inbox(world.office) == [up]
    seen = world.office.api.get(f"/referrals/{up}/assessment/").body
    assert seen["observations"] == INFARCT
    assert (seen["overrides"], seen["overridden"]) == (["capability", "urgency"], ["HTN-E5"])
    assert seen["override_note"] == "已电话联系导管室"
    # And nobody else does
    for nobody in (world.stranger, world.nurse, world.outsider):
        assert nobody.api.get(f"/referrals/{up}/assessment/").status == 404
    # When the patient has come and the doctor of the hospital looks whether the way back is open
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    review = f"/referrals/{up}/down-candidate/"
    assert world.office.api.post(review, {"observations": STABLE}).body["outcome"] == "met"
    proposed = world.office.api.get("/down-candidates/", {"state": "proposed"})
    assert [row["referral"] for row in proposed.results] == [up]
    # Then the clinic reads it too, and no stranger
    assert world.doctor.api.get(review).results[0]["advice"]["met"] == ["HTN-D1"]
    assert world.stranger.api.get(review).status == 404
    # When the hospital keeps the patient for a reason, and sends him down after all
    kept = world.office.api.post(review, {"reason": "patient_refuses_return"})
    assert kept.status == 201
    assert world.office.api.get("/down-candidates/", {"state": "proposed"}).results == []
    down = give_back(world.office, up)
    # Then he is no candidate any more, and the loop closes as ever
    assert world.office.api.get("/down-candidates/").results == []
    act(world.office, up, "complete", outcome="improved")
    act(world.doctor, down, "accept")
    act(world.doctor, down, "arrive")
    act(world.doctor, down, "complete", outcome="handed_on")
    assert episode(world.doctor, up)["loop"] == "closed"
    # And what was observed stays as it was
    assert read(world.doctor, up)["status"] == "completed"
    assert world.doctor.api.get(f"/referrals/{up}/assessment/").body == seen
    # And the manager's counts are silent about one patient
    counts = world.manager.api.get("/criteria/overrides/").body
    assert (counts["assessed"], counts["overridden"]) == (None, None)
