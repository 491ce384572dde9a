"""The round trip of a chronic disease: down with a plan for twelve weeks, followed up, and up again."""

from tests.factories import World
from tests.journeys.test_there_and_back import act, created, episode, file, inbox, read
from tests.referral.plans import REASON, long_prescription, medicine

SIGNS = [
    {"code": "blood_pressure_high", "text": "血压≥180/110", "action": "go_up"},
    {"text": "剧烈头痛", "action": "emergency"},
]
VISITS = [
    {"side": "down", "due_in_days": 14, "purpose": "测血压, 调整用药"},
    {"side": "up", "due_in_days": 84, "purpose": "心内科复诊"},
]


def test_hypertension_for_twelve_weeks_and_up_again(world: World) -> None:
    # Given a patient with hypertension whom the hospital has treated
    _ = world.alliance
    up = file(world.doctor, world, world.hospital, medicines=[medicine(None)])
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    # When the hospital sends the patient back with medicines for 85 days
    plan = {
        **REASON,
        "submit": True,
        "medicines": [medicine(85)],
        "next_visits": VISITS,
        "warning_signs": SIGNS,
    }
    back = f"/referrals/{up}/return/"
    answer = world.office.api.post(back, plan)
    # Then it is told that twelve weeks are the most
    assert (answer.status, answer.code) == (422, "prescription-too-long")
    # When it prescribes for 84 days, it is asked for the assessment and the signature
    answer = world.office.api.post(back, {**plan, "medicines": [medicine(84)]})
    assert (answer.status, answer.code) == (422, "long-prescription-needed")
    whole = {**plan, "medicines": [medicine(84)], "long_prescription": long_prescription()}
    down = created(world.office.api.post(back, whole))
    act(world.office, up, "complete", outcome="improved")
    # Then the clinic reads what to do, the manager too, and a stranger nothing
    seen = read(world.doctor, down)
    assert [row["days"] for row in seen["medicines"]] == [84]
    assert [row["purpose"] for row in seen["next_visits"]] == ["测血压, 调整用药", "心内科复诊"]
    assert read(world.manager, down)["long_prescription"]["assessed_by"] == "李主任"
    assert world.stranger.api.get(f"/referrals/{down}/").status == 404
    # When the patient comes, the contacts are on the clinic's list
    act(world.doctor, down, "accept")
    act(world.doctor, down, "arrive")
    due = world.doctor.api.get("/follow-ups/")
    assert [row["purpose"] for row in due.results] == ["", "测血压, 调整用药"]
    assert world.stranger.api.get("/follow-ups/").results == []
    # And a contact is recorded that is as it should be
    contacts = f"/referrals/{down}/follow-ups/"
    calm = {
        "method": "visit",
        "findings": "血压平稳",
        "observations": {
            "sbp": {"value": 132, "unit": "mmHg"},
            "dbp": {"value": 84, "unit": "mmHg"},
        },
        "adherence": "regular",
    }
    assert world.doctor.api.post(contacts, calm).body["way_up"] is None
    # Then the hospital sees its returned patient with the last values
    mine = world.office.api.get("/returned/").results
    assert [row["id"] for row in mine] == [down]
    assert mine[0]["follow_up"]["last"]["observations"]["sbp"]["value"] == 132
    assert world.stranger.api.get("/returned/").results == []
    # When the next contact meets a warning sign
    high = {
        **calm,
        "findings": "血压186/112, 头痛",
        "observations": {
            "sbp": {"value": 186, "unit": "mmHg"},
            "dbp": {"value": 112, "unit": "mmHg"},
        },
        "adherence": "irregular",
    }
    met = world.doctor.api.post(contacts, high)
    assert met.body["met_signs"] == [seen["warning_signs"][0]["id"]]
    # Then the answer leads up again, and only the clinic may go there
    way = met.body["way_up"].removeprefix("/api/v1")
    assert world.office.api.post(way).status == 403
    assert world.stranger.api.post(way).status == 404
    draft = world.doctor.api.post(way, {"reason_code": "needs_examination"})
    again = created(draft)
    assert draft.body["reason"].startswith("血压186/112, 头痛")
    assert draft.body["urgency"] == "urgent"
    assert [row["name"] for row in draft.body["medicines"]] == ["苯磺酸氨氯地平"]
    act(world.doctor, again, "submit")
    # And the hospital has the patient again, in the same episode
    assert inbox(world.office) == [again]
    journey = episode(world.doctor, again)
    assert [leg["id"] for leg in journey["legs"]] == [up, down, again]
    assert journey["loop"] == "open"
    # When the second stay ends with a return of its own, and both are followed to their end
    act(world.doctor, down, "complete", outcome="handed_on", feedback="血压再次升高, 已再次上转")
    act(world.office, again, "accept")
    act(world.office, again, "arrive")
    second = created(
        world.office.api.post(f"/referrals/{again}/return/", {**REASON, "submit": True})
    )
    act(world.office, again, "complete", outcome="improved")
    act(world.doctor, second, "accept")
    act(world.doctor, second, "arrive")
    assert world.doctor.api.post(f"/referrals/{second}/follow-ups/", calm).status == 201
    act(world.doctor, second, "complete", outcome="follow_up_done", feedback="血压达标")
    # Then the loop is closed, and the hospital has read how both went
    assert episode(world.doctor, up)["loop"] == "closed"
    told = [row["follow_up"]["feedback"] for row in world.office.api.get("/returned/").results]
    assert told == ["血压达标", "血压再次升高, 已再次上转"]
