"""What another plan would do: a manager asks, a worker simulates, the answer tells its spread and what it assumes."""

from typing import Any, Final

import pytest
from django.utils import timezone

from audit.models import Event
from insights.jobs_tasks import compute
from insights.models import LegFact
from tests.factories import World, as_system
from tests.insights.history import practise
from tests.referral.pools import department_of

REPETITIONS: Final = 10


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    return World()


def of(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one measure over all departments."""
    [row] = [row for row in found["whole"] if row["measure"] == name]
    return dict(row)


def test_a_manager_asks_what_fewer_places_would_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insights.actions.trying.REPLICATIONS", (REPETITIONS,))
    # Given a department of the hospital with ten weeks of practice: two referrals and three places a day
    heart = department_of(world.hospital, "03.04")
    practise(world.hospital, heart, timezone.localdate())
    # When the manager of the alliance asks what two places less a session would do
    asked = {
        "facility": world.hospital.pk,
        "department": heart.pk,
        "kind": "places",
        "number": -2,
    }
    answer = world.manager.api.post("/what-ifs/", asked)
    # Then it waits, with nothing told yet, at an address of its own
    assert (answer.status, answer.body["state"], answer.body["whole"]) == (202, "waiting", [])
    address = answer.headers["Location"].removeprefix("/api/v1")
    assert world.manager.api.get(address).body["computed_at"] is None
    # When a worker comes by
    assert compute()
    assert not compute(), "there was one thing to compute"
    found = world.manager.api.get(address).body
    as_system()
    # Then each measure is told as it is, as it would be, and how far the repetitions lie apart
    assert (found["state"], found["replications"]) == ("done", REPETITIONS)
    assert of(found, "stuck")["difference"]["mean"] > 0
    for row in found["whole"]:
        for which in ("present", "changed", "difference"):
            spread = row[which]
            if spread["mean"] is not None:
                assert spread["low"] <= spread["mean"] <= spread["high"], row["measure"]
    waits = of(found, "wait-mean")["changed"]
    assert waits["low"] < waits["high"], "what is left to chance differs"
    # And from which numbers it was estimated, over which days, and what it takes for granted
    [simulated] = found["departments"]
    assert (simulated["department"], simulated["legs"]) == (str(heart.pk), found_legs(heart))
    assert found["first"] < found["last"] < str(timezone.localdate())
    assert len(found["assumptions"]) > 10
    # And it is written down who asked
    assert Event.objects.filter(what="what_if.ask", actor_id=world.manager.user.pk).count() == 1
    # When the manager does it again, it comes to the very same figures
    again = world.manager.api.post(f"{address}repeat/")
    assert again.status == 202
    assert compute()
    told = world.manager.api.get(f"/what-ifs/{again.body['id']}/").body
    assert (told["same"], told["whole"]) == (True, found["whole"])
    # But neither the doctor who sends nor a stranger asks for one there, or learns of this one
    for other in (world.doctor, world.stranger):
        assert other.api.post("/what-ifs/", asked).status == 404
        assert other.api.get("/what-ifs/").results == []
        assert other.api.get(address).status == 404
        assert other.api.post(f"{address}repeat/").status == 404
    # And the office of the hospital does not see what the manager tried with the alliance
    assert world.office.api.get(address).status == 404


def found_legs(department: Any) -> int:
    """Return how many referrals to a department were practised before today, within half a year."""
    as_system()
    rows = LegFact.objects.filter(to_department=department.pk)
    return rows.filter(submitted_on__lt=timezone.localdate()).count()
