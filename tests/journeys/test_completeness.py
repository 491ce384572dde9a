"""Given, when, then: what is missing, who agreed, and what is sent twice, as three people meet it."""

from referral import tasks
from tests.factories import SLIP, World, as_system

YES = {"given": True, "method": "paper", "given_by": "self"}


def test_a_referral_comes_back_and_goes_again_complete(world: World) -> None:
    # Given a hospital that wants an allergy history and has asked three clinics for an ECG.
    needs = {"needs": [{"item": "allergies", "level": "hard"}]}
    assert world.office.api.post(f"/facilities/{world.hospital.pk}/needs/", needs).status == 200
    for _each in range(3):
        sent = world.doctor.api.post(
            "/referrals/",
            world.body(patient=world.make_patient().pk, allergies="无", submit=True),
        ).body
        asked = {"note": "请补充心电图", "missing": ["ecg"]}
        path = f"/referrals/{sent['id']}/ask-information/"
        assert world.office.api.post(path, asked).status == 200
    # When the clinic checks what it has written.
    found = world.doctor.api.post("/completeness/", world.body()).body
    # Then it is told what blocks, and what the hospital will ask for.
    assert [row["item"] for row in found["blocking"]] == ["allergies"]
    assert [(row["item"], row["asked"], row["returns"]) for row in found["recommended"]] == [
        ("ecg", 3, 3)
    ]
    # And when it sends without the ECG all the same, and is declined for it.
    sent = world.doctor.api.post("/referrals/", world.body(allergies="无", submit=True)).body
    why = {"reason": "insufficient_information", "missing": ["ecg"]}
    assert world.office.api.post(f"/referrals/{sent['id']}/decline/", why).status == 200
    # Then it goes on where it stood: nothing is typed twice.
    again = world.doctor.api.post(f"/referrals/{sent['id']}/resend/")
    assert (again.status, again.body["missing"]) == (201, ["ecg"])
    assert again.body["reason"] == SLIP["reason"]
    path = f"/referrals/{again.body['id']}/"
    assert world.doctor.api.patch(path, {"results": "心电图: 窦性心律"}).status == 200
    assert world.doctor.api.get(f"{path}completeness/").body["score"] == 100
    assert world.doctor.api.post(f"{path}submit/").body["status"] == "submitted"
    # And a stranger sees none of it.
    assert world.stranger.api.get(f"{path}completeness/").status == 404
    assert world.stranger.api.post(f"/referrals/{sent['id']}/resend/").status == 404


def test_the_same_illness_is_filed_twice(world: World) -> None:
    # Given a referral that the hospital has accepted.
    first = world.doctor.api.post("/referrals/", world.body(submit=True)).body
    assert world.office.api.post(f"/referrals/{first['id']}/accept/").status == 200
    # When a colleague files the patient again.
    body = world.body(submit=True, results="肌酐 180 μmol/L")
    told = world.colleague.api.post("/referrals/", body)
    # Then the open one is named, with what may be done about it.
    assert (told.status, told.code) == (409, "duplicate-open-referral")
    assert told.body["duplicate"] == {
        "id": first["id"],
        "number": first["number"],
        "state": "accepted",
        "decisions": ["join", "replace", "override"],
    }
    # And when it is joined, the hospital reads what is new in one place.
    joined = world.colleague.api.post("/referrals/", {**body, "duplicate": {"decision": "join"}})
    assert (joined.status, joined.body["id"]) == (200, first["id"])
    lines = world.office.api.get(f"/referrals/{first['id']}/messages/").results
    assert "肌酐 180 μmol/L" in lines[0]["text"]
    assert len(world.office.api.get("/referrals/", {"box": "inbox"}).results) == 1
    # And a stranger meets nothing of it.
    assert world.stranger.api.get("/referrals/", {"box": "inbox"}).results == []


def test_an_emergency_first_and_the_paper_afterwards(world: World) -> None:
    # Given a patient whose consent nobody could ask for.
    patient = world.make_patient()
    world.refuse_referral(patient)
    body = world.body(patient=patient.pk, urgency="emergency", submit=True)
    # When the clinic sends the patient, the referral stands at once.
    sent = world.doctor.api.post("/referrals/", body).body
    assert sent["status"] == "accepted"
    # Then the clinic, and nobody else, has the paper to bring.
    tasks_of = {
        name: getattr(world, name).api.get("/tasks/consents/").results
        for name in ("doctor", "office", "stranger")
    }
    assert [row["referral"]["id"] for row in tasks_of["doctor"]] == [sent["id"]]
    assert tasks_of["office"] == tasks_of["stranger"] == []
    # And when the family has signed, the task is gone.
    signed = {**YES, "given_by": "family", "relation": "child"}
    path = f"/referrals/{sent['id']}/consents/"
    assert world.office.api.post(path, signed).status == 403
    assert world.stranger.api.post(path, signed).status == 404
    assert world.doctor.api.post(path, signed).status == 201
    assert world.doctor.api.get("/tasks/consents/").results == []


def test_a_patient_takes_the_consent_back(world: World) -> None:
    # Given a referral under way.
    sent = world.doctor.api.post("/referrals/", world.body(submit=True)).body
    patient = f"/patients/{world.patient.pk}/consents/"
    consent = next(
        row["id"] for row in world.doctor.api.get(patient).results if row["purpose"] == "referral"
    )
    # When the patient withdraws the consent and the sweep has run.
    assert world.doctor.api.post(f"{patient}{consent}/withdraw/").status == 200
    assert tasks.tell_withdrawals() == 1
    as_system()
    # Then both ends have it in their list, and the hospital does not accept it.
    for end in (world.doctor, world.office):
        rows = end.api.get("/tasks/withdrawn-consents/").results
        assert [row["id"] for row in rows] == [sent["id"]]
    answer = world.office.api.post(f"/referrals/{sent['id']}/accept/")
    assert (answer.status, answer.code) == (409, "consent-withdrawn")
    # And once the sender has cancelled it, nothing is left to do.
    why = {"reason": "consent_withdrawn"}
    assert world.doctor.api.post(f"/referrals/{sent['id']}/cancel/", why).status == 200
    assert world.doctor.api.get("/tasks/withdrawn-consents/").results == []
    assert world.stranger.api.get("/tasks/withdrawn-consents/").results == []
