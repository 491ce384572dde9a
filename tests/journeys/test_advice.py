"""A clinic asks before it refers: once the patient can stay, once he must go up after all."""

import pytest

from tests.factories import World


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    made = World()
    _ = made.alliance
    return made


def test_advice_keeps_a_patient_at_home(world: World) -> None:
    # Given a patient of the clinic, whom the hospital does not know
    patient = f"/patients/{world.patient.pk}/"
    assert world.office.api.get(patient).status == 404
    # When the clinic asks and the hospital answers
    body = {
        "patient": world.patient.pk,
        "to_facility": world.hospital.pk,
        "question": "血压 160/100，需要上转吗？",
    }
    advice = world.doctor.api.post("/advice/", body).body
    path = f"/advice/{advice['id']}/"
    assert world.office.api.get(patient).status == 200
    assert world.office.api.post(f"{path}answer/", {"answer": "调整用药，两周后复查"}).status == 200
    # Then the clinic closes it as avoided, nobody was referred, and the hospital sees the patient no more
    assert world.doctor.api.post(f"{path}avoid/").body["state"] == "avoided"
    assert world.doctor.api.get("/referrals/").results == []
    assert world.office.api.get(patient).status == 404
    # And a stranger has never learnt of any of it
    assert world.stranger.api.get(path).status == 404
    assert world.stranger.api.get("/advice/").results == []


def test_advice_becomes_a_referral(world: World) -> None:
    # Given a question with its answer
    body = {
        "patient": world.patient.pk,
        "to_facility": world.hospital.pk,
        "diagnosis": "高血压3级",
        "question": "血压控制不佳",
    }
    advice = world.doctor.api.post("/advice/", body).body
    path = f"/advice/{advice['id']}/"
    world.office.api.post(f"{path}answer/", {"answer": "建议上转，排除继发性高血压"})
    # When the clinic makes a referral of it and submits
    made = world.doctor.api.post(f"{path}convert/", {"reason_code": "needs_examination"}).body
    leg = f"/referrals/{made['referral']}/"
    assert world.doctor.api.post(f"{leg}submit/").status == 200
    # Then the hospital reads its own advice in the slip, accepts, and both write and read
    assert "排除继发性高血压" in world.office.api.get(leg).body["treatment"]
    assert world.office.api.post(f"{leg}accept/").status == 200
    line = world.office.api.post(f"{leg}messages/", {"text": "请空腹"}).body
    unread = {"referrals": made["referral"]}
    assert world.doctor.api.get("/messages/unread/", unread).results[0]["unread"] == 1
    assert world.doctor.api.post(f"{leg}messages/read/", {"up_to": line["id"]}).status == 200
    assert world.doctor.api.get("/messages/unread/", unread).results == []
    # And the slip is there for both, and not for a stranger
    for who, status in ((world.doctor, 200), (world.office, 200), (world.stranger, 404)):
        assert who.api.get(f"{leg}slip.pdf").status == status
