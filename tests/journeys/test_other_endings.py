"""Journeys that end otherwise: declined, sent elsewhere, never arrived, an emergency, a review before."""

from datetime import timedelta

from django.utils import timezone

from referral.models import Referral
from referral.tasks import sweep
from tests.factories import Person, World, as_system
from tests.journeys.test_there_and_back import (
    act,
    created,
    episode,
    file,
    give_back,
    inbox,
    read,
    told,
)


def unknown_to(who: Person, *legs: str) -> None:
    """Somebody who has no part in these legs finds none of them, by its address or in a list."""
    for leg in legs:
        assert who.api.get(f"/referrals/{leg}/").status == 404
        assert who.api.get(f"/referrals/{leg}/timeline/").status == 404
    assert inbox(who) == []


def test_declined_and_filed_elsewhere(world: World) -> None:
    # Given a referral that the hospital cannot take
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    # When it declines with a reason
    act(world.office, up, "decline", reason="capacity", note="床位已满")
    # Then the clinic hears of it and reads why, and the hospital no longer knows the person
    assert "referral.declined" in told(world.clinic)
    seen = read(world.doctor, up)
    assert (seen["decline_reason"], seen["patient"] is not None) == ("capacity", True)
    assert read(world.office, up)["patient"] is None
    assert episode(world.doctor, up)["loop"] == "ended_without_return"
    # When the doctor files again, to the second hospital
    again = file(world.doctor, world, world.second)
    # Then that is a journey of its own
    assert inbox(world.second_office) == [again]
    assert read(world.doctor, again)["episode"] != read(world.doctor, up)["episode"]
    unknown_to(world.stranger, up, again)


def test_redirected_by_the_receiver(world: World) -> None:
    # Given a referral at a hospital that is not the right one
    _ = world.second
    up = file(world.doctor, world, world.hospital)
    # When the hospital sends it on
    act(world.office, up, "redirect", to_facility=str(world.second.pk))
    # Then the second hospital has it in its inbox and takes the patient
    [onward] = inbox(world.second_office)
    act(world.second_office, onward, "accept")
    act(world.second_office, onward, "arrive")
    down = give_back(world.second_office, onward)
    act(world.second_office, onward, "complete", outcome="improved")
    # And the patient comes back to the clinic in the same episode
    act(world.doctor, down, "accept")
    act(world.doctor, down, "arrive")
    act(world.doctor, down, "complete", outcome="handed_on")
    whole = episode(world.doctor, up)
    assert [leg["status"] for leg in whole["legs"]] == ["redirected", "completed", "completed"]
    assert whole["loop"] == "closed"
    # And the first hospital sees its own leg only, a stranger none
    assert [leg["id"] for leg in episode(world.office, up)["legs"]] == [up]
    unknown_to(world.stranger, up, onward, down)
    assert (
        world.stranger.api.post(
            f"/referrals/{up}/redirect/", {"to_facility": str(world.second.pk)}
        ).status
        == 404
    )


def test_redirected_by_the_alliance(world: World) -> None:
    # Given a referral that its receiver lets lie
    _ = world.second
    up = file(world.doctor, world, world.hospital)
    # When the coordinator of the alliance sends it elsewhere
    onward = act(world.manager, up, "redirect", to_facility=str(world.second.pk))
    # Then the coordinator never learned who the patient is, and the new receiver does
    assert onward["patient"] is None
    assert read(world.second_office, onward["id"])["patient"] is not None
    assert read(world.office, up)["patient"] is None
    # And the manager of another alliance has no part in it
    unknown_to(world.outsider, up, onward["id"])


def test_the_patient_does_not_come(world: World) -> None:
    # Given an accepted referral whose window of arrival has passed
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept")
    as_system()
    Referral.objects.filter(pk=up).update(decided_at=timezone.now() - timedelta(days=8))
    assert read(world.office, up)["overdue"] is True
    # When the sweep runs twice, as it may
    assert (sweep(), sweep()) == (1, 0)
    # Then it is a no-show, told once to both sides
    assert read(world.doctor, up)["status"] == "no_show"
    assert told(world.clinic).count("referral.no_show") == 1
    assert told(world.hospital).count("referral.no_show") == 1
    assert told(world.stranger_clinic) == []
    unknown_to(world.stranger, up)
    assert episode(world.doctor, up)["loop"] == "ended_without_return"


def test_the_hospital_notes_a_no_show_itself(world: World) -> None:
    # Given a visit that was fixed
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    tomorrow = timezone.now() + timedelta(days=1)
    act(world.office, up, "accept", scheduled_for=str(tomorrow))
    # When the patient does not come, which is for the hospital to say
    for who, status in ((world.stranger, 404), (world.doctor, 403)):
        assert who.api.post(f"/referrals/{up}/record-no-show/", {}).status == status
    act(world.office, up, "record-no-show", note="电话未接")
    # Then nobody can let the patient arrive any more, and the sweep has nothing to do
    answer = world.office.api.post(f"/referrals/{up}/arrive/", {})
    assert (answer.status, answer.code) == (409, "wrong-state")
    assert sweep() == 0


def test_an_emergency_waits_for_nobody(world: World) -> None:
    # Given a patient with chest pain who cannot be asked
    _ = world.alliance
    world.refuse_referral(world.patient)
    # When the doctor sends an emergency
    up = file(world.doctor, world, world.hospital, urgency="emergency")
    # Then it counts as accepted at once, stands first, and is overdue after a quarter of an hour
    assert read(world.doctor, up)["status"] == "accepted"
    assert inbox(world.office) == [up]
    as_system()
    before = timezone.now() - timedelta(minutes=16)
    Referral.objects.filter(pk=up).update(submitted_at=before)
    overdue = world.office.api.get("/referrals/", {"box": "overdue"}).ids
    assert [str(pk) for pk in overdue] == [up]
    # When the hospital acknowledges it, as nobody else can, and the patient arrives
    assert world.stranger.api.post(f"/referrals/{up}/acknowledge/", {}).status == 404
    act(world.office, up, "acknowledge")
    assert read(world.office, up)["overdue"] is False
    act(world.office, up, "arrive")
    # Then the clinic has heard of both
    assert told(world.clinic) == ["referral.acknowledged", "referral.arrived"]
    act(world.office, up, "complete", outcome="died", no_return_reason="patient_died")
    assert episode(world.doctor, up)["loop"] == "closed"


def test_a_colleague_looks_at_it_first(world: World) -> None:
    # Given a clinic that reviews what it sends
    _ = world.alliance
    world.clinic.requires_internal_review = True
    world.clinic.save(update_fields=["requires_internal_review"])
    draft = created(world.doctor.api.post("/referrals/", world.body()))
    answer = world.doctor.api.post(f"/referrals/{draft}/submit/", {})
    assert (answer.status, answer.code) == (409, "review-required")
    # When the manager sends it back once and then approves
    act(world.doctor, draft, "request-review")
    assert inbox(world.office) == []
    for who in (world.office, world.stranger):
        unknown_to(who, draft)
        assert who.api.post(f"/referrals/{draft}/approve/", {}).status == 404
    act(world.chief, draft, "send-back", note="请补充用药")
    answer = world.doctor.api.patch(f"/referrals/{draft}/", {"treatment": "氨氯地平5mg"})
    assert answer.status == 200
    act(world.doctor, draft, "request-review")
    act(world.chief, draft, "approve")
    # Then the hospital has it
    assert inbox(world.office) == [draft]
    assert told(world.hospital) == ["referral.approved"]


def test_taken_back_while_the_hospital_waits(world: World) -> None:
    # Given an accepted referral
    _ = world.alliance
    up = file(world.doctor, world, world.hospital)
    act(world.office, up, "accept")
    # When the patient changes her mind
    act(world.doctor, up, "cancel", reason="patient_changed_mind")
    unknown_to(world.stranger, up)
    # Then the hospital hears of it, has it in its inbox no more, and the patient is a stranger again
    assert told(world.hospital)[-2:] == ["episode.closed", "referral.cancelled"]
    assert inbox(world.office) == []
    assert read(world.office, up)["patient"] is None
