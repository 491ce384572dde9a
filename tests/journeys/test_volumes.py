"""The figures of a month: a house reports, its alliance fills a gap and corrects, a stranger learns nothing."""

from datetime import date
from decimal import Decimal

import pytest

from insights.queries import volumes as queries
from tests.factories import World
from tests.insights.figures import send, table


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    made = World()
    _ = made.alliance
    return made


def test_a_month_is_complete_when_everybody_has_reported(world: World) -> None:
    kinds, month = ["outpatient_visits"], [date(2025, 9, 1)]
    both = [world.clinic.pk, world.hospital.pk]
    # Given a hospital that has reported its visits of September
    sent = send(world.office, table((world.hospital.code, "门急诊人次", "2025-09", "52,000")))
    assert sent.body["state"] == "imported"
    # Then the sum names the clinic that has not
    found = queries.totals(kinds, both, month)["outpatient_visits"]
    assert (found.is_complete, found.missing) == (False, ((world.clinic.pk, month[0]),))
    # When a stranger tries to report for the clinic, it is refused and nothing is there
    sent = send(world.outsider, table((world.clinic.code, "门急诊人次", "2025-09", 1)))
    assert (sent.body["state"], sent.body["wrong"]) == ("refused", 1)
    # When the manager of the alliance tries a file that fills the gap and corrects the hospital
    rows = [(world.clinic.code, "门急诊人次", "2025-09", 4100)]
    rows += [(world.hospital.code, "门急诊人次", "2025-09", 52100)]
    trial = send(world.manager, table(*rows), dry_run="true").body
    assert (trial["counts"]["created"], trial["counts"]["updated"]) == (1, 1)
    # Then nobody but the manager finds it, and it is imported at his word
    path = f"/imports/{trial['id']}/"
    for other in (world.office, world.chief, world.outsider):
        assert other.api.get(path).status == 404
        assert other.api.post(f"{path}carry-out/").status == 404
    assert world.manager.api.post(f"{path}carry-out/").body["state"] == "imported"
    # And the sum is whole
    found = queries.totals(kinds, both, month)["outpatient_visits"]
    assert (found.value, found.is_complete) == (Decimal(56200), True)
