"""A health authority looks over its region: from the whole down to the houses, and never to a person."""

import pytest
from django.utils import timezone

from referral.states import Status
from tests.factories import World
from tests.insights.test_authority import authority, regions
from tests.insights.test_numbers_api import ACCEPTANCE, ask, count


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    made = World()
    _ = made.alliance
    return made


def test_from_the_province_down_to_a_house(world: World) -> None:
    # Given six referrals from a clinic to one hospital of a county, and one to another there
    regions()
    for _each in range(6):
        world.at(Status.ACCEPTED)
    alone = world.at(Status.SUBMITTED, to_facility_id=world.second.pk)
    assert world.second_office.api.post(f"/referrals/{alone.pk}/accept/").status == 200
    count()
    province, neighbour = authority("310000"), authority("320000")
    # When the authority of the province asks for its year, region by region
    year = str(timezone.localdate().year)
    whole = ask(province, period=year, by="region")
    # Then it sees the sum and the one prefecture, and goes down to the county
    assert (whole["numerator"], whole["denominator"]) == (7, 7)
    assert [each["key"] for each in whole["breakdown"]] == ["310100"]
    county = ask(province, period=year, region="310115", by="receiver")
    assert county["denominator"] == 7
    # And the one person at the second hospital is not told, nor the six by which he would be, however it is asked
    assert {each["key"] for each in county["breakdown"]} == {
        str(world.hospital.pk),
        str(world.second.pk),
    }
    assert {each["reason"] for each in county["breakdown"]} == {"suppressed"}
    for house in (world.hospital, world.second):
        found = ask(province, period=year, facility=house.pk)
        assert (found["value"], found["reason"]) == (None, "suppressed")
    # And the file holds the same numbers, while a file of rows is not there
    asked = {"kind": "breakdown", "format": "csv", "indicator": "acceptance-rate", "by": "region"}
    made = province.api.post("/exports/", {**asked, "period": year})
    assert made.status == 201
    rows = {"kind": "rows", "format": "csv", "indicator": "acceptance-rate", "period": year}
    assert province.api.post("/exports/", rows).status == 404
    # And nobody there opens a referral or a patient, nor does the neighbour learn of any number
    for address in (f"/referrals/{alone.pk}/", f"/patients/{alone.patient_id}/"):
        assert province.api.get(address).status == 403
    assert ask(neighbour, period=year)["denominator"] == 0
    for query in ({"region": "310115"}, {"facility": str(world.hospital.pk)}):
        assert neighbour.api.get(ACCEPTANCE, {"period": year, **query}).status == 404
    # And the hospital, the sender and a stranger see what they saw before
    assert ask(world.office, period=year)["denominator"] == 6
    assert ask(world.doctor, period=year, side="sent")["denominator"] == 7
    assert world.stranger.api.get(ACCEPTANCE, {"region": "310115"}).status == 404
