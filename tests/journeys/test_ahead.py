"""What lies ahead: a hospital asks for its demand, its alliance settles a month, strangers learn nothing of either."""

import pytest
from django.utils import timezone

from insights.jobs_tasks import compute
from tests.factories import World
from tests.insights.figures import send, table
from tests.insights.history import fill


def no_model(_history: object, _mondays: object) -> None:
    """Leave the model out, which takes seconds: it has tests of its own."""


@pytest.mark.django_db
def test_a_hospital_plans_by_its_demand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insights.forecast.project", no_model)
    # Given a hospital to which six patients a week have been referred for three years
    fill(world.hospital, timezone.localdate(), 156, 6)
    # When its office asks for the forecast, and a worker comes by
    assert world.office.api.post("/forecasts/").body["state"] == "waiting"
    compute()
    # Then it is told what is to come and how far off such estimates were
    told = world.office.api.get("/forecasts/", {"weeks": 2}).body
    assert [each["estimate"] for each in told["methods"][0]["ahead"]] == [6, 6]
    assert told["methods"][0]["mean_error"] == 0
    # And the manager of its alliance the same
    asked = {"facility": world.hospital.pk}
    assert world.manager.api.get("/forecasts/", asked).body["better"] == "seasonal-naive"
    # But neither the clinic that sends nor a stranger
    for other in (world.doctor, world.stranger):
        assert other.api.get("/forecasts/", asked).status == 404
        assert other.api.post("/forecasts/", asked).status == 404


@pytest.mark.django_db
def test_an_alliance_settles_a_month(world: World) -> None:
    clinic = world.clinic
    # Given an agreement of 480 yuan a member a year for the clinic
    agreed = {
        "starts": "2025-01",
        "rate": "480.00",
        "source": "按人头付费协议3号",
        "communities": [clinic.pk],
    }
    assert world.manager.api.post("/capitation/agreements/", agreed).status == 201
    # And a clinic that has reported its members, and what was paid at home and in the alliance
    rows = [("capitation_members", 250), ("capitation_paid_own", "4000.5")]
    rows += [("capitation_paid_alliance", "3000"), ("capitation_paid_inside", "0")]
    send(world.chief, table(*((clinic.code, kind, "2025-01", value) for kind, value in rows)))
    period = {"first": "2025-01", "last": "2025-01"}
    # Then there is no sum, and what is missing is named
    found = world.manager.api.get("/capitation/", period).body
    assert (found["balance"], found["lines"][0]["missing"][0]["kind"]) == (
        None,
        "capitation_paid_outside",
    )
    # When it reports that nobody went outside the county
    send(world.chief, table((clinic.code, "capitation_paid_outside", "2025-01", 0)))
    # Then 250 × 480 / 12 − 7,000.50 are left
    found = world.manager.api.get("/capitation/", period).body
    assert found["balance"] == "2999.50"
    # And nobody but who looks over the alliance learns it
    for other in (world.chief, world.office, world.stranger):
        assert other.api.get("/capitation/", period).status == 403
    assert world.outsider.api.get("/capitation/", {"alliance": world.alliance.pk}).status == 404
