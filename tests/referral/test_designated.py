"""While an event of public health is in force, its diseases go to designated facilities only."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from accounts.permissions import Role
from facilities import actions as directory
from facilities.models import Facility, PublicHealthEvent
from referral.matching import subjects_of
from referral.models import Referral
from tests.api import Answer
from tests.facilities.factories import (
    make_alliance,
    make_capability,
    make_department,
    make_hospital,
)
from tests.factories import Person, World, as_system, join, make_person, new_key

FEVER = {"diagnosis_code": "J10.1", "diagnosis": "流感伴呼吸道表现"}


def declare(world: World, *facilities: Facility, **changes: Any) -> PublicHealthEvent:
    """Declare an event of the alliance, today; `region` makes it one of the region instead."""
    if "region" not in changes:
        changes["alliance"] = world.alliance
    event = PublicHealthEvent.objects.create(
        name="流感",
        source="测试文件",
        declared_by=world.manager.user,
        declared_at=timezone.now(),
        **{"prefixes": ["J10"], "starts": timezone.localdate(), **changes},
    )
    for facility in facilities:
        event.designations.create(facility=facility)
    return event


def file(world: World, to: Facility, **changes: Any) -> Answer:
    """File for somebody new: one illness of one patient has one open referral."""
    _ = world.alliance
    patient = str(world.make_patient().pk)
    fields = {"patient": patient, "to_facility": str(to.pk), "submit": True, **FEVER, **changes}
    return world.doctor.api.post("/referrals/", world.body(**fields), key=new_key())


def refused(answer: Answer, code: str) -> None:
    assert (answer.status, answer.code) == (422, code), answer


def test_a_matching_diagnosis_goes_to_a_designated_facility_only(world: World) -> None:
    declare(world, world.lead)
    answer = file(world, world.hospital)
    refused(answer, "designated-elsewhere")
    assert answer.body["designated"] == [{"id": str(world.lead.pk), "name": "东方医院"}]
    assert answer.body["errors"] == {"to_facility": ["东方医院"]}
    assert answer.body["detail"].endswith("东方医院")
    assert file(world, world.lead).status == 201


def test_other_diseases_go_where_they_always_go(world: World) -> None:
    declare(world, world.lead)
    assert file(world, world.hospital, diagnosis_code="I10").status == 201


@pytest.mark.parametrize(
    ("code", "bound"),
    [
        ("J10", True),
        ("j10.1", True),
        ("J 10", True),
        ("J101", True),
        ("J1", False),
        ("J11.0", False),
        ("AJ10", False),
    ],
)
def test_what_begins_like_the_disease_matches(world: World, code: str, bound: bool) -> None:
    declare(world, world.lead)
    answer = file(world, world.hospital, diagnosis_code=code)
    assert answer.status == (422 if bound else 201)


def test_a_slip_without_a_code_does_not_walk_past(world: World) -> None:
    declare(world, world.lead)
    refused(file(world, world.hospital, diagnosis_code=""), "event-needs-code")
    assert file(world, world.lead, diagnosis_code="").status == 201


def test_an_emergency_is_bound_as_well(world: World) -> None:
    declare(world, world.lead)
    refused(file(world, world.hospital, urgency="emergency"), "designated-elsewhere")
    answer = file(world, world.lead, urgency="emergency")
    assert (answer.status, answer.body["status"]) == (201, "accepted")


def test_a_designated_facility_needs_no_common_alliance(world: World) -> None:
    refused(file(world, world.outside), "no-common-alliance")
    declare(world, world.outside)
    assert file(world, world.outside).status == 201
    # For another disease it is as far away as ever.
    refused(file(world, world.outside, diagnosis_code="I10"), "no-common-alliance")


def test_a_designated_neighbour_of_the_same_tier_is_open(world: World) -> None:
    refused(file(world, world.sister), "lateral-not-allowed")
    declare(world, world.sister)
    assert file(world, world.sister).status == 201


def test_who_came_without_an_alliance_goes_back_to_where_he_came_from(world: World) -> None:
    declare(world, world.outside)
    up = file(world, world.outside).body["id"]
    doctor = world.outsider
    clinician = _clinician(world.outside)
    for verb in ("accept", "arrive"):
        assert clinician.api.post(f"/referrals/{up}/{verb}/", {}).status == 200
    plan = {"reason_code": "stable_continue", "plan": "居家休息", "submit": True}
    wrong = {**plan, "to_facility": str(world.sister.pk)}
    refused(clinician.api.post(f"/referrals/{up}/return/", wrong), "no-common-alliance")
    back = clinician.api.post(f"/referrals/{up}/return/", plan)
    assert back.status == 201, back
    assert back.body["to_facility"]["id"] == str(world.clinic.pk)
    assert doctor.api.get(f"/referrals/{up}/").status == 200


def _clinician(facility: Facility) -> Person:
    return make_person(facility, "hospital_doctor")


def test_the_region_binds_its_own_facilities_only(world: World) -> None:
    declare(world, world.lead, region=world.region, area="310115")
    refused(file(world, world.hospital), "designated-elsewhere")
    PublicHealthEvent.objects.update(area="310104")
    assert file(world, world.hospital).status == 201


def test_a_province_binds_its_districts(world: World) -> None:
    declare(world, world.lead, region=world.region, area="31")
    refused(file(world, world.hospital), "designated-elsewhere")


def test_the_event_of_another_alliance_binds_nobody_here(world: World) -> None:
    other = world.outsider.actor.alliance_ids[0]
    event = declare(world, world.outside)
    PublicHealthEvent.objects.filter(pk=event.pk).update(alliance=other)
    assert file(world, world.hospital).status == 201


def test_of_two_events_either_designates(world: World) -> None:
    declare(world, world.lead)
    declare(world, world.second, region=world.region, area="310115")
    assert file(world, world.lead).status == 201
    assert file(world, world.second).status == 201
    answer = file(world, world.hospital)
    assert {each["name"] for each in answer.body["designated"]} == {"东方医院", "第七人民医院"}


def test_it_holds_from_its_first_day_to_the_eve_of_its_last(world: World) -> None:
    today = timezone.localdate()
    declare(world, world.lead, ends=today + timedelta(days=2))
    for days, status in ((-1, 201), (0, 422), (1, 422), (2, 201)):
        noon = timezone.localtime().replace(hour=12) + timedelta(days=days)
        with time_machine.travel(noon, tick=True):
            assert file(world, world.hospital).status == status, days


def test_ended_is_back_to_normal_with_the_next_request(world: World) -> None:
    event = declare(world, world.lead)
    refused(file(world, world.hospital), "designated-elsewhere")
    scope.enter(world.manager.actor)
    directory.end_event(event.pk, by=world.manager.actor)
    assert file(world, world.hospital).status == 201


def test_a_receiver_cannot_redirect_around_the_event(world: World) -> None:
    up = file(world, world.hospital).body["id"]
    declare(world, world.lead)
    path = f"/referrals/{up}/redirect/"
    refused(
        world.office.api.post(path, {"to_facility": str(world.second.pk)}), "designated-elsewhere"
    )
    assert world.office.api.post(path, {"to_facility": str(world.lead.pk)}).status == 200


def test_a_draft_from_before_is_held_to_it_when_it_is_sent(world: World) -> None:
    draft = world.draft(**FEVER)
    declare(world, world.lead)
    path = f"/referrals/{draft.pk}/"
    refused(world.doctor.api.post(f"{path}submit/", {}), "designated-elsewhere")
    world.doctor.api.patch(path, {"to_facility": str(world.lead.pk)})
    assert world.doctor.api.post(f"{path}submit/", {}).status == 200


def test_the_way_down_is_free(world: World) -> None:
    up = world.at("arrived", **FEVER)
    declare(world, world.lead)
    assert world.start_return(up, submit=True).status == "submitted"


def test_a_submission_costs_no_statement_more_whatever_is_in_force(world: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert file(world, world.lead).status == 201
        return len(seen)

    file(world, world.lead)
    plain = cost()
    declare(world, world.lead)
    assert cost() == plain


def test_what_was_sent_before_keeps_its_way(world: World) -> None:
    up = file(world, world.hospital).body["id"]
    declare(world, world.lead)
    assert world.office.api.post(f"/referrals/{up}/accept/", {}).status == 200
    as_system()
    assert Referral.objects.get(pk=up).to_facility_id == world.hospital.pk


def offered(world: World, **words: Any) -> dict[str, dict[str, Any]]:
    answer = world.doctor.api.post("/destinations/", words)
    assert answer.status == 200, answer
    as_system()
    return {row["facility"]["name"]: row for row in answer.results}


def test_only_the_designated_are_offered_and_without_a_reason_for_the_step(world: World) -> None:
    county = make_hospital("县医院", tier=2, region=world.region)
    join(world.alliance, county)
    declare(world, world.lead)
    found = offered(world, diagnosis="J10.1")
    assert list(found) == ["东方医院"]
    assert (found["东方医院"]["skips_step"], found["东方医院"]["needs_reason"]) == (True, False)
    assert "designated" in {reason["code"] for reason in found["东方医院"]["reasons"]}
    for other in ({"diagnosis": "I10"}, {}):
        assert list(offered(world, **other)) == ["县医院"], "the event is about another disease"
    assert file(world, world.lead).status == 201, "what is offered can be chosen"


def test_who_is_designated_beyond_the_alliances_is_offered(world: World) -> None:
    declare(world, world.outside, world.lead)
    found = offered(world, diagnosis="J10.1")
    assert set(found) == {world.outside.name, "东方医院"}
    row = found[world.outside.name]
    assert (row["alliance"], row["alliance_form"]) == (None, "")
    assert (row["skips_step"], row["needs_reason"]) == (False, False)
    codes = {each["code"] for each in row["reasons"]}
    assert codes & {"designated", "same-alliance"} == {"designated"}
    assert file(world, world.outside).status == 201, "what is offered can be chosen"
    for other in ({"diagnosis": "I10"}, {}, {"diagnosis": "J10.1", "direction": "down"}):
        assert world.outside.name not in offered(world, **other)


def test_a_designated_neighbour_is_offered_too(world: World) -> None:
    """Also beside others of a higher step, which are not designated and refused."""
    declare(world, world.sister)
    assert list(offered(world, diagnosis="J10.1")) == [world.sister.name]
    assert file(world, world.sister).status == 201


def test_beyond_the_alliances_only_who_treats_and_works(world: World) -> None:
    closed = make_hospital("停业医院", tier=3, region=world.region)
    declare(world, closed, world.centre)
    Facility.objects.filter(pk=closed.pk).update(is_active=False)
    assert offered(world, diagnosis="J10.1") == {}


def test_beyond_the_alliances_capability_and_department_count_too(world: World) -> None:
    able, other = (
        make_hospital(f"传染病医院{number}", tier=3, region=world.region) for number in (1, 2)
    )
    make_capability(able, "ct")
    [subject, *_rest] = subjects_of("J10.1")
    make_department(other, subject, "对口科室")
    declare(world, able, other)
    found = offered(world, diagnosis="J10.1", capability="ct")
    assert list(found) == ["传染病医院1"], "a needed capability filters here as well"
    plain = offered(world, diagnosis="J10.1")
    assert list(plain) == ["传染病医院2", "传染病医院1"]
    assert plain["传染病医院2"]["department"]["name"] == "对口科室"
    assert plain["传染病医院1"]["department"] is None


def test_a_sender_without_an_alliance_is_offered_them_too(world: World) -> None:
    alone = make_hospital("独立诊所", tier=1, region=world.region)
    doctor = make_person(alone, Role.CLINIC_DOCTOR)
    declare(world, world.outside, region=world.region, area="31")
    answer = doctor.api.post("/destinations/", {"diagnosis": "J10.1"})
    assert [row["facility"]["name"] for row in answer.results] == [world.outside.name]


def test_only_who_is_bound_pays_for_the_question(world: World) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            offered(world, diagnosis="J10.1")
        return sum("facilities_event_rule" in each["sql"] for each in seen.captured_queries)

    _ = world.alliance
    assert asked() == 1
    declare(world, world.lead)
    assert asked() == 2


def test_the_answer_names_the_event_that_binds_and_its_document(world: World) -> None:
    def named(**words: Any) -> list[tuple[str, str, list[str]]]:
        answer = world.doctor.api.post("/destinations/", words)
        as_system()
        return [
            (each["name"], each["source"], [place["name"] for place in each["facilities"]])
            for each in answer.body["events"]
        ]

    nested = make_alliance(make_hospital("下级医院", tier=2), parent=world.alliance)
    below = declare(world, world.sister)
    PublicHealthEvent.objects.filter(pk=below.pk).update(alliance=nested)
    assert named(diagnosis="J10.1") == [], "of what is nested in the own alliance"
    declare(world, world.lead)
    declare(world, world.outside, region=world.region, area="31", prefixes=["J1"])
    both = [("流感", "测试文件", ["东方医院"]), ("流感", "测试文件", [world.outside.name])]
    assert named(diagnosis="j10.1") == both
    for other in ({"diagnosis": "I10"}, {}, {"diagnosis": "J10.1", "direction": "down"}):
        assert named(**other) == []
    Facility.objects.filter(pk__in=[world.lead.pk, world.outside.pk]).update(is_active=False)
    assert named(diagnosis="J10.1") == both, "also where none of them can be reached"
