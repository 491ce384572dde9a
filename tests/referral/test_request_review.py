"""Request a review: a colleague looks at a draft before it leaves."""

import pytest

from referral.states import Status
from tests.factories import World
from tests.referral.expect import hidden_from, history, moved, refused, well_mannered


def test_the_author_asks_for_a_review(world: World) -> None:
    after = moved(world.doctor, "request_review", world.draft(), told=[])
    assert after.submitted_at is None
    assert history(after) == ["create", "request_review"]


def test_it_stays_inside_the_facility(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    assert world.chief.api.get(f"/referrals/{review.pk}/").status == 200
    for other in (world.office, world.manager, world.stranger):
        assert other.api.get(f"/referrals/{review.pk}/").status == 404


def test_it_stands_among_the_drafts(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    assert world.chief.api.get("/referrals/", {"box": "drafts"}).ids == [review.pk]


def test_who_may_not_ask(world: World) -> None:
    draft = world.draft()
    refused(world.chief, "request_review", draft, 403, "role-lacks-right")
    hidden_from(world.office, "request_review", draft)
    hidden_from(world.stranger, "request_review", draft)


@pytest.mark.parametrize("status", [Status.INTERNAL_REVIEW, Status.SUBMITTED, Status.CANCELLED])
def test_only_a_draft(world: World, status: Status) -> None:
    refused(world.doctor, "request_review", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "request_review", world.draft())
