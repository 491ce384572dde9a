"""Seats: held by the sender while it files, taken by the receiver with a verb, never twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from facilities import capacity
from facilities.models import Pool
from facilities.vocabulary import PoolKind
from referral.models import Booking, Referral
from referral.states import Status
from referral.tasks import release_holds
from tests.api import Answer
from tests.factories import Person, World, as_system, new_key
from tests.referral.expect import do, hidden_from, refused
from tests.referral.pools import ahead, make_pool, take


def hold(who: Person, leg: Referral, pool: Pool, **words: Any) -> Answer:
    return who.api.post(f"/referrals/{leg.pk}/hold/", {"pool": str(pool.pk), **words})


def seats(leg: Referral) -> list[tuple[str, str]]:
    """Return state and reason of every seat that a leg ever had, oldest first."""
    as_system()
    rows = Booking.objects.filter(referral=leg).order_by("made_at", "id")
    return list(rows.values_list("state", "release_reason"))


def kept(leg: Referral) -> Booking:
    as_system()
    return Booking.objects.select_related("pool").get(referral=leg, released_at__isnull=True)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_accepting_with_a_session_takes_a_seat_and_its_time(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    answer = do(world.office, "accept", sent, {"pool": str(pool.pk)})
    assert (answer.status, answer.body["status"]) == (200, "scheduled")
    assert instant(answer.body["scheduled_for"]) == pool.starts_at
    found = kept(sent)
    assert (found.pool_id, found.seat, found.state) == (pool.pk, 1, "booked")
    assert (found.from_primary, found.facility_id) == (True, world.hospital.pk)


def test_accepting_with_a_bed(world: World) -> None:
    sent, beds = world.at(Status.SUBMITTED), make_pool(world.hospital, kind=PoolKind.BED)
    answer = do(world.office, "accept", sent, {"bed": str(beds.pk)})
    assert instant(answer.body["scheduled_for"]) == beds.starts_at
    assert kept(sent).pool_id == beds.pk


def test_the_last_seat_is_taken_once(world: World) -> None:
    first, second = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    pool = make_pool(world.hospital)
    assert do(world.office, "accept", first, {"pool": str(pool.pk)}).status == 200
    refused(world.office, "accept", second, 409, "slot-taken", {"pool": str(pool.pk)})
    assert seats(second) == []


def test_repeated_with_its_key_it_books_once(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital, places=3)
    path, key = f"/referrals/{sent.pk}/accept/", new_key()
    first = world.office.api.post(path, {"pool": str(pool.pk)}, key=key)
    again = world.office.api.post(path, {"pool": str(pool.pk)}, key=key)
    assert (first.status, again.status, first.content) == (200, 200, again.content)
    assert len(seats(sent)) == 1


def test_scheduled_and_moved_to_another_session(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    monday, tuesday = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    do(world.office, "schedule", accepted, {"pool": str(monday.pk)})
    answer = do(world.office, "reschedule", accepted, {"pool": str(tuesday.pk)})
    assert instant(answer.body["scheduled_for"]) == tuesday.starts_at
    assert seats(accepted) == [("released", "moved"), ("booked", "")]
    # A plain time leaves the session, whose seat is free at once.
    do(world.office, "reschedule", accepted, {"scheduled_for": str(ahead(3))})
    assert seats(accepted) == [("released", "moved"), ("released", "moved")]
    other = world.at(Status.ACCEPTED)
    assert do(world.office, "schedule", other, {"pool": str(tuesday.pk)}).status == 200


def test_rescheduled_to_the_same_session_keeps_the_seat(world: World) -> None:
    accepted, pool = world.at(Status.ACCEPTED), make_pool(world.hospital)
    for verb in ("schedule", "reschedule"):
        assert do(world.office, verb, accepted, {"pool": str(pool.pk)}).status == 200
    assert seats(accepted) == [("booked", "")]


def test_a_refused_move_keeps_the_old_seat(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    mine, full = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    take(full, world.at(Status.ACCEPTED))
    do(world.office, "schedule", accepted, {"pool": str(mine.pk)})
    refused(world.office, "reschedule", accepted, 409, "slot-taken", {"pool": str(full.pk)})
    assert kept(accepted).pool_id == mine.pk


def test_sessions_that_are_not_the_destinations(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    elsewhere, beds = make_pool(world.second), make_pool(world.hospital, kind=PoolKind.BED)
    for body in (
        {"pool": str(elsewhere.pk)},
        {"pool": str(beds.pk)},
        {"pool": str(sent.pk)},
        {"bed": str(make_pool(world.hospital).pk)},
    ):
        refused(world.office, "accept", sent, 422, "unknown-slot", body)
    over = make_pool(world.hospital, starts_at=ahead(-1), opens_at=ahead(-9))
    refused(world.office, "accept", sent, 409, "slot-over", {"pool": str(over.pk)})


@pytest.mark.parametrize(
    "body",
    [
        {"pool": "00000000-0000-0000-0000-000000000001", "scheduled_for": "2027-01-01T08:00:00Z"},
        {"pool": "1", "bed": "2"},
        {"pool": "tomorrow"},
        {"pool": None},
    ],
)
def test_one_answer_to_one_question(world: World, body: dict[str, Any]) -> None:
    refused(world.office, "accept", world.at(Status.SUBMITTED), 400, "invalid", body)


def test_scheduling_needs_a_time_or_a_session(world: World) -> None:
    answer = refused(world.office, "schedule", world.at(Status.ACCEPTED), 400, "invalid", {})
    assert set(answer.body["errors"]) == {"scheduled_for"}


def test_a_session_tells_nobody_that_a_referral_is_there(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    for body in ({"pool": str(pool.pk)}, {"pool": str(sent.pk)}):
        refused(world.second_office, "accept", sent, 404, "not-found", body)
        refused(world.doctor, "accept", sent, 403, "not-receiver", body)
        assert hold(world.stranger, sent, pool).status == 404
    hidden_from(world.stranger, "accept", sent)


@pytest.mark.parametrize(
    ("status", "verb", "words"),
    [
        (Status.SUBMITTED, "decline", {"reason": "capacity"}),
        (Status.SUBMITTED, "cancel", {"reason": "duplicate"}),
        (Status.DRAFT, "cancel", {"reason": "duplicate"}),
        (Status.SCHEDULED, "cancel", {"reason": "duplicate"}),
        (Status.SCHEDULED, "record_no_show", {}),
        (Status.SUBMITTED, "redirect", {}),
        (Status.INFORMATION_REQUESTED, "expire", {}),
        (Status.SUBMITTED, "void", {"note": "误登记"}),
        (Status.ARRIVED, "void", {"note": "误登记"}),
    ],
)
def test_a_leg_that_ends_gives_its_seat_back(
    world: World, status: Status, verb: str, words: dict[str, Any]
) -> None:
    leg, pool = world.at(status), make_pool(world.hospital)
    take(pool, leg)
    by, _words = world._part(verb)
    elsewhere = {"to_facility_id": world.second.pk} if verb == "redirect" else {}
    world.move(leg, verb, by, **words, **elsewhere)
    assert seats(leg) == [("released", verb)]
    other = world.at(Status.SUBMITTED)
    assert do(world.office, "accept", other, {"pool": str(pool.pk)}).status == 200


def test_by_its_coordinator_too(world: World) -> None:
    leg, pool = world.at(Status.INFORMATION_REQUESTED), make_pool(world.hospital)
    take(pool, leg, state="held", held_until=ahead(1))
    world.move(leg, "expire", world.manager)
    assert seats(leg) == [("released", "expire")]


def test_a_completed_leg_has_used_its_seat(world: World) -> None:
    leg, pool = world.at(Status.ARRIVED), make_pool(world.hospital)
    take(pool, leg)
    do(world.office, "complete", leg, {"outcome": "improved", "no_return_reason": "recovered"})
    assert seats(leg) == [("booked", "")]


def test_the_sender_holds_a_seat_while_it_files(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital)
    answer = hold(world.doctor, draft, pool)
    assert answer.status == 201, answer
    assert (answer.body["seat"], answer.body["state"]) == (1, "held")
    assert answer.body["pool"]["id"] == str(pool.pk)
    ends = instant(answer.body["held_until"]) - timezone.now()
    assert timedelta(minutes=29) < ends <= capacity.rules().hold_while_filing
    # Nobody else gets it meanwhile, neither by a hold nor by the hospital's own hand.
    other = world.at(Status.SUBMITTED)
    assert hold(world.doctor, other, pool).code == "slot-taken"
    refused(world.office, "accept", other, 409, "slot-taken", {"pool": str(pool.pk)})
    # Sent, it is kept while the hospital decides, which then confirms it.
    world.move(draft, "submit", world.doctor)
    assert world.office.api.get(f"/referrals/{draft.pk}/hold/").body["state"] == "held"
    assert do(world.office, "accept", draft, {"pool": str(pool.pk)}).status == 200
    assert seats(draft) == [("booked", "")]
    assert kept(draft).facility_id == world.clinic.pk


@pytest.mark.parametrize(
    ("session_in", "released_before", "held_for"),
    [
        # The session is everybody's in four days, which is later than a routine answer may take.
        (5, 1, timedelta(days=4)),
        # Or it is so already: as long as a routine answer may take, and never beyond the beginning.
        (3, 3, timedelta(hours=48)),
        (1, 1, timedelta(days=1)),
    ],
)
@pytest.mark.parametrize("reviewed", [False, True])
def test_sent_its_seat_is_kept_while_the_receiver_decides(
    world: World, session_in: int, released_before: int, held_for: timedelta, reviewed: bool
) -> None:
    now = timezone.now()
    start = now + timedelta(days=session_in)
    release = start - timedelta(days=released_before)
    pool = make_pool(world.hospital, starts_at=start, released_at=release)
    draft = world.draft()
    assert hold(world.doctor, draft, pool).status == 201
    if reviewed:
        world.move(draft, "request_review", world.doctor)
        world.move(draft, "approve", world.chief)
    else:
        world.move(draft, "submit", world.doctor)
    ends = kept(draft).held_until
    assert ends is not None
    assert abs(ends - now - held_for) < timedelta(minutes=1)
    # Held again by hand, it is kept no shorter.
    again = instant(hold(world.doctor, draft, pool).body["held_until"])
    assert again >= ends


def test_what_ran_out_while_filing_is_not_taken_back_by_sending(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital)
    take(pool, draft, state="held", held_until=timezone.now())
    world.move(draft, "submit", world.doctor)
    other = world.at(Status.SUBMITTED)
    assert do(world.office, "accept", other, {"pool": str(pool.pk)}).status == 200
    assert seats(draft) == [("released", "lapsed")]


def test_a_draft_that_joins_another_gives_its_seat_back(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    draft = world.draft(patient=world.patient)
    hold(world.doctor, draft, pool)
    said = {"decision": "join", "reason": "同一次发病"}
    assert do(world.doctor, "submit", draft, {"duplicate": said}).status == 200
    assert seats(draft) == [("released", "cancel")]
    assert seats(sent) == []


def test_a_hold_that_ran_out_is_free_at_once(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital)
    take(pool, draft, state="held", held_until=timezone.now() - timedelta(seconds=1))
    assert world.doctor.api.get(f"/referrals/{draft.pk}/hold/").status == 404
    other = world.at(Status.SUBMITTED)
    assert do(world.office, "accept", other, {"pool": str(pool.pk)}).status == 200
    assert seats(draft) == [("released", "lapsed")]
    assert hold(world.doctor, draft, pool).code == "slot-taken"


def test_the_sweep_returns_what_ran_out_once(world: World) -> None:
    late, live = world.draft(), world.draft()
    take(make_pool(world.hospital), late, state="held", held_until=timezone.now())
    take(make_pool(world.hospital, starts_at=ahead(2)), live, state="held", held_until=ahead(1))
    assert (release_holds(), release_holds()) == (1, 0)
    assert (seats(late), seats(live)) == ([("released", "lapsed")], [("held", "")])


def test_given_back(world: World) -> None:
    draft, pool = world.draft(), make_pool(world.hospital)
    path = f"/referrals/{draft.pk}/hold/"
    assert world.doctor.api.send("DELETE", path).code == "not-held"
    hold(world.doctor, draft, pool)
    assert world.stranger.api.send("DELETE", path).status == 404
    assert world.doctor.api.send("DELETE", path).status == 204
    assert seats(draft) == [("released", "given_back")]
    assert hold(world.doctor, draft, pool).status == 201


def test_what_is_booked_is_not_given_back_by_the_sender(world: World) -> None:
    sent, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    take(pool, sent)
    answer = world.doctor.api.send("DELETE", f"/referrals/{sent.pk}/hold/")
    assert (answer.status, answer.code) == (409, "not-held")


def test_another_session_or_destination_takes_the_place_of_the_first(world: World) -> None:
    draft = world.draft()
    first, second = make_pool(world.hospital), make_pool(world.hospital, starts_at=ahead(2))
    hold(world.doctor, draft, first)
    hold(world.doctor, draft, second)
    assert kept(draft).pool_id == second.pk
    answer = world.doctor.api.patch(
        f"/referrals/{draft.pk}/", {"to_facility": str(world.second.pk)}
    )
    assert answer.status == 200
    assert seats(draft) == [("released", "moved"), ("released", "moved")]


def test_who_may_hold_and_when(world: World) -> None:
    pool = make_pool(world.hospital, places=9)
    sent = world.at(Status.SUBMITTED)
    assert hold(world.office, sent, pool).code == "not-sender"
    assert hold(world.chief, sent, pool).status == 403
    assert hold(world.colleague, sent, pool).status == 201
    for status in (Status.ACCEPTED, Status.DECLINED, Status.ARRIVED):
        assert hold(world.doctor, world.at(status), pool).code == "wrong-state"


def test_what_may_be_held(world: World) -> None:
    draft = world.draft()
    early = make_pool(world.hospital, opens_at=timezone.now() + timedelta(minutes=1))
    assert hold(world.doctor, draft, early).code == "slot-not-open"
    elsewhere = make_pool(world.second)
    assert hold(world.doctor, draft, elsewhere).code == "unknown-slot"
    nowhere = world.draft(to_facility_id=None)
    assert hold(world.doctor, nowhere, elsewhere).code == "unknown-slot"
    away = world.draft(to_facility_id=world.outside.pk)
    assert hold(world.doctor, away, make_pool(world.outside)).code == "no-common-alliance"


def test_the_hospital_need_not_wait_for_the_opening(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    early = make_pool(world.hospital, opens_at=timezone.now() + timedelta(minutes=1))
    assert do(world.office, "accept", sent, {"pool": str(early.pk)}).status == 200


def test_a_hold_ends_when_its_session_begins(world: World) -> None:
    start = timezone.now() + timedelta(minutes=10)
    soon = make_pool(world.hospital, starts_at=start)
    answer = hold(world.doctor, world.draft(), soon)
    assert instant(answer.body["held_until"]) == start


def test_nobody_hoards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    few = capacity.Rules(
        **{
            **{name: getattr(capacity.rules(), name) for name in capacity.Rules.__slots__},
            "most_holds": 2,
        }
    )
    monkeypatch.setattr(capacity, "rules", lambda: few)
    pool = make_pool(world.hospital, places=9)
    first, second, third = (world.draft() for _each in range(3))
    for draft in (first, second, first):
        assert hold(world.doctor, draft, pool).status == 201
    assert hold(world.doctor, third, pool).code == "too-many-holds"
    # What is sent keeps its seat and hoards nothing any more; nor is it refused what drafts fill.
    sent = world.at(Status.SUBMITTED)
    assert hold(world.doctor, sent, pool).status == 201
    world.move(first, "submit", world.doctor)
    assert hold(world.doctor, third, pool).status == 201


def test_the_reserved_share_is_kept_from_others(world: World) -> None:
    """Two places, one of them reserved: what comes from a hospital gets one, a clinic's patient the other."""
    pool = make_pool(world.hospital, places=2, reserved_percent=50, released_at=ahead(1, hour=7))
    sent = world.at(Status.SUBMITTED)
    take(pool, world.at(Status.SUBMITTED), from_primary=False)
    lateral = world.at(Status.SUBMITTED)
    as_system()
    Referral.objects.filter(pk=lateral.pk).update(from_tier=2)
    refused(world.office, "accept", lateral, 409, "slot-taken", {"pool": str(pool.pk)})
    assert do(world.office, "accept", sent, {"pool": str(pool.pk)}).status == 200
    assert kept(sent).from_primary


def test_released_it_is_everybodys(world: World) -> None:
    pool = make_pool(world.hospital, places=1, reserved_percent=100, released_at=timezone.now())
    lateral = world.at(Status.SUBMITTED)
    as_system()
    Referral.objects.filter(pk=lateral.pk).update(from_tier=2)
    assert do(world.office, "accept", lateral, {"pool": str(pool.pk)}).status == 200
    assert not kept(lateral).from_primary
