"""What becomes of a returned patient reaches the hospital: values and feedback, or that nobody has called him."""

from datetime import timedelta

from referral.tasks import remind
from tests.factories import Person, World
from tests.journeys.test_clocks import called, later
from tests.journeys.test_there_and_back import act, created, file, told
from tests.referral.plans import REASON

DAY = timedelta(days=1)
VISITS = [{"side": "down", "due_in_days": 2, "purpose": "测血压"}]
MEASURED = {
    "method": "phone",
    "findings": "已联系, 血压平稳",
    "observations": {
        "sbp": {"value": 130, "unit": "mmHg"},
        "dbp": {"value": 80, "unit": "mmHg"},
    },
    "adherence": "regular",
}


def returned(world: World) -> str:
    """Return a leg whose patient has just come back to the clinic, with a contact in two days."""
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept")
    act(world.office, up, "arrive")
    body = {**REASON, "submit": True, "next_visits": VISITS}
    down = created(world.office.api.post(f"/referrals/{up}/return/", body))
    act(world.office, up, "complete", outcome="improved")
    act(world.doctor, down, "accept")
    act(world.doctor, down, "arrive")
    return down


def test_a_contact_that_nobody_makes_is_called_for_until_it_is_made(world: World) -> None:
    # Given a patient who came back with a contact planned for the day after tomorrow
    _ = world.manager
    down = returned(world)
    # When that day is over and nobody has called him
    with later(3 * DAY):
        remind()
        # Then the clinic is called, and nobody else yet
        assert called(world.clinic) == [("referral.overdue", 1)]
        assert called(world.hospital) == called(world.lead) == []
        # And it stands in the clinic's list of today, and in the hospital's of its returned patients
        late = world.doctor.api.get("/follow-ups/", {"due": "overdue"}).results
        assert [(row["referral"], row["purpose"]) for row in late] == [(down, "测血压")]
        [mine] = world.office.api.get("/returned/", {"state": "overdue"}).results
        assert (mine["id"], mine["follow_up"]["overdue"]) == (down, 1)
        assert mine["follow_up"]["last"] is None
    # When another day passes
    with later(4 * DAY):
        remind()
        # Then the hospital that sent him hears of it, and both see whom the ladder called
        assert called(world.hospital) == [("referral.escalated", 2)]
        for who in (world.doctor, world.office):
            calls = clock_calls(who, down)
            assert calls == ["doctors", "office"]
    # When nobody moves for two more
    with later(6 * DAY):
        remind()
        # Then the alliance is called
        assert ("referral.escalated", 4) in called(world.lead)
        # When the clinic rings him at last
        contacts = f"/referrals/{down}/follow-ups/"
        assert world.doctor.api.post(contacts, MEASURED).status == 201
        # Then the hospital is told and reads the values, and nobody is called any more
        assert "referral.followed_up" in told(world.hospital)
        [mine] = world.office.api.get("/returned/", {"state": "following"}).results
        assert mine["follow_up"]["last"]["observations"]["sbp"]["value"] == 130
        assert mine["follow_up"]["overdue"] == 0
        assert world.office.api.get("/returned/", {"state": "overdue"}).results == []
        assert world.office.api.get(contacts).results[0]["findings"] == MEASURED["findings"]
    with later(9 * DAY):
        assert remind() == 0
        # And the end comes with what the clinic tells the hospital
        done = {"outcome": "follow_up_done", "feedback": "血压达标, 社区管理"}
        act(world.doctor, down, "complete", **done)
        [mine] = world.office.api.get("/returned/", {"state": "ended"}).results
        assert mine["follow_up"]["feedback"] == done["feedback"]
    # And a stranger has met none of it
    assert called(world.stranger_clinic) == []
    assert world.stranger.api.get("/returned/").results == []
    assert world.stranger.api.get(contacts).status == 404


def clock_calls(who: Person, leg: str) -> list[str]:
    """Return whom the ladder has called about a leg, as somebody reads it."""
    answer = who.api.get(f"/referrals/{leg}/clock/")
    return [each["audience"] for each in answer.body["calls"]]
