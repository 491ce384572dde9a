"""Step by step: what skips a step, and what lets a sender do it all the same."""

import pytest
from django.utils import timezone

from accounts import scope
from facilities import hierarchy
from facilities.models import Facility
from facilities.vocabulary import FacilityKind
from referral import actions
from referral.models import Referral, RouteChoice, Transition
from referral.states import Status
from tests.api import Answer
from tests.facilities.factories import make_alliance, make_facility, make_hospital, make_membership
from tests.factories import SLIP, Person, World, as_system, new_key
from tests.referral.raw import run, seen

WHY = {"skip_reason": "known_there", "skip_note": "三年前在该院手术"}


def county(world: World, **fields: object) -> Facility:
    """Return a new tier-2 hospital in the alliance of clinic and hospital."""
    made = make_hospital("县医院", tier=2, region=world.region)
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    make_membership(world.alliance, made)
    return made


def filed(world: World, **changes: object) -> Answer:
    return world.doctor.api.post("/referrals/", world.body(submit=True, **changes), key=new_key())


def test_a_step_that_exists_is_not_left_out_without_a_reason(world: World) -> None:
    between = county(world)
    answer = filed(world)
    assert (answer.status, answer.code) == (422, "step-skipped")
    as_system()
    assert not Referral.objects.exists()
    assert filed(world, to_facility=between.pk).status == 201


def test_with_a_reason_it_goes_and_the_history_tells_why(world: World) -> None:
    county(world)
    answer = filed(world, **WHY)
    assert answer.status == 201, answer
    sent = world.office.api.get(f"/referrals/{answer.body['id']}/timeline/").results[-1]
    assert (sent["verb"], sent["reason_code"]) == ("submit", "known_there")
    assert sent["note"] == WHY["skip_note"]
    as_system()
    choice = RouteChoice.objects.get()
    assert (choice.skip_reason, choice.note, choice.outside) == (*WHY.values(), False)


def test_an_emergency_needs_no_reason(world: World) -> None:
    county(world)
    answer = filed(world, urgency="emergency")
    assert (answer.status, answer.body["status"]) == (201, "accepted")


def test_urgent_is_not_an_emergency(world: World) -> None:
    county(world)
    assert filed(world, urgency="urgent").code == "step-skipped"


@pytest.mark.parametrize(
    "absent",
    [{"is_active": False}, {"kind": FacilityKind.THIRD_PARTY_CENTRE}, {"tier": 1}, {"tier": 3}],
)
def test_what_is_no_step_between(world: World, absent: dict[str, object]) -> None:
    """A closed facility, a third-party centre, and those of the tiers of both ends."""
    county(world, **absent)
    assert filed(world).status == 201


def test_a_village_goes_to_the_county_where_no_township_is_in_the_alliance(world: World) -> None:
    lead = make_hospital(tier=2)
    village = make_facility("村卫生室", tier=0)
    alliance = make_alliance(lead, village, form="county_community")
    assert not _route(village, lead).skips_step
    make_membership(alliance, make_facility("乡镇卫生院", tier=1))
    assert _route(village, lead).skips_step
    assert not _route(lead, village).skips_step, "the way down has no steps"


def test_a_step_in_a_nested_alliance_counts_and_one_in_another_does_not(world: World) -> None:
    _ = world.alliance
    make_alliance(make_hospital(tier=2), world.clinic, form="telemedicine")
    assert not _route(world.clinic, world.hospital).skips_step
    make_alliance(make_hospital(tier=2), form="county_community", parent=world.alliance)
    assert _route(world.clinic, world.hospital).skips_step


def _route(a: Facility, b: Facility) -> hierarchy.Route:
    route = hierarchy.route(a.pk, b.pk, timezone.localdate())
    assert route is not None
    return route


def test_a_draft_keeps_its_reason_until_it_is_submitted(world: World) -> None:
    county(world)
    created = world.doctor.api.post("/referrals/", world.body(**WHY), key=new_key())
    path = f"/referrals/{created.body['id']}/"
    changed = world.doctor.api.patch(path, {"skip_reason": "patient_asks", "skip_note": ""})
    assert changed.status == 200, changed
    sent = world.doctor.api.post(f"{path}submit/")
    assert (sent.status, sent.body["status"]) == (200, "submitted")
    as_system()
    assert RouteChoice.objects.get().skip_reason == "patient_asks"
    assert Transition.objects.get(verb="submit").reason_code == "patient_asks"


def test_a_draft_without_a_reason_is_refused_and_stays(world: World) -> None:
    county(world)
    draft = world.draft()
    refused = world.doctor.api.post(f"/referrals/{draft.pk}/submit/")
    assert (refused.status, refused.code) == (422, "step-skipped")
    as_system()
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"outside": True}, "skip_reason"),
        ({"skip_reason": "other_skip"}, "skip_note"),
        ({"skip_reason": "other_skip", "skip_note": "  "}, "skip_note"),
    ],
)
def test_a_reason_is_whole(world: World, said: dict[str, object], field: str) -> None:
    answer = filed(world, **said)
    assert (answer.status, answer.code) == (422, "choice-incomplete")
    assert set(answer.body["errors"]) == {field}


def test_an_unknown_reason(world: World) -> None:
    assert filed(world, skip_reason="because").status == 400


def test_a_receiver_may_send_on_past_a_step(world: World) -> None:
    """Who has seen the papers knows; the step is asked of the one who files."""
    county(world)
    scope.enter(world.doctor.actor)
    leg = actions.create(
        world.patient.pk,
        by=world.doctor.actor,
        fields={"to_facility_id": world.hospital.pk, **SLIP},
        choice=WHY,
        submit=True,
    )
    as_system()
    moved = world.move(leg, "redirect", world.office, to_facility_id=world.second.pk)
    assert moved.status == Status.REDIRECTED


def test_who_sees_a_reason(world: World) -> None:
    county(world)
    leg = filed(world, **WHY).body["id"]
    for person, count in _views(world):
        scope.enter(person.actor)
        assert seen("routechoice", "referral_id", leg) == count, person.facility
        assert run("UPDATE referral_routechoice SET note = 'x'") == 0, "what was submitted stays"


def _views(world: World) -> list[tuple[Person, int]]:
    inside = [(person, 1) for person in (world.doctor, world.office, world.manager)]
    return [*inside, (world.stranger, 0), (world.nurse, 0)]
