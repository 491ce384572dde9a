"""What a referral lacks: by the slip, by its destination, by what was returned before."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import scope
from accounts.permissions import Role
from facilities.models import Department
from referral.models import DepartmentNeed, InformationGap, Referral
from referral.states import Status, Urgency
from tests.api import Answer
from tests.facilities.factories import make_department
from tests.factories import SLIP, Person, World, as_system, make_person
from tests.referral.expect import do, refused


def check(who: Person, referral: Referral) -> Answer:
    return who.api.get(f"/referrals/{referral.pk}/completeness/")


def items(answer: Answer, part: str = "recommended") -> dict[str, str]:
    """Return what is missing with the reason why it is wanted."""
    assert answer.status == 200, answer
    return {want["item"]: want["why"] for want in answer.body[part]}


def want(world: World, *needs: dict[str, Any], by: Person | None = None, **place: Any) -> Answer:
    path = f"/facilities/{world.hospital.pk}/needs/"
    return (by or world.office).api.post(path, {"needs": needs, **place})


def soft(item: str, **more: Any) -> dict[str, Any]:
    return {"item": item, "level": "soft", **more}


HARD: dict[str, Any] = {"item": "past_history", "level": "hard", "note": "含手术史"}


def returned(world: World, times: int, *missing: str, **fields: Any) -> None:
    """Let the hospital ask so many times for these items."""
    for _each in range(times):
        sent = world.at(Status.SUBMITTED, **fields)
        world.move(sent, "ask_information", world.office, note="请补充", missing=list(missing))


# By the official slip.


def test_a_complete_slip_lacks_nothing(world: World) -> None:
    answer = check(world.doctor, world.draft())
    assert (answer.status, answer.body["score"]) == (200, 100)
    assert answer.body["blocking"] == answer.body["recommended"] == []


def test_what_a_submission_would_refuse_blocks(world: World) -> None:
    draft = world.draft(reason="", diagnosis="", to_facility_id=None)
    answer = check(world.doctor, draft)
    assert items(answer, "blocking") == dict.fromkeys(
        ["to_facility", "diagnosis", "reason"], "slip"
    )
    assert answer.body["score"] == 25
    labels = {each["item"]: each["label"] for each in answer.body["blocking"]}
    assert labels["to_facility"] == "转入机构"


# By the destination.


@pytest.mark.parametrize("word", ["心电图: ST段压低", "ECG normal", "动态心电见房颤"])
def test_a_result_is_recognised_in_the_words(world: World, word: str) -> None:
    assert want(world, soft("ecg", note="12导联")).status == 200
    lacking = check(world.doctor, world.draft())
    assert items(lacking) == {"ecg": "wanted"}
    assert lacking.body["recommended"][0]["note"] == "12导联"
    assert items(check(world.doctor, world.draft(results=word))) == {}


def test_letters_inside_another_word_are_no_result(world: World) -> None:
    want(world, soft("imaging"))
    assert items(check(world.doctor, world.draft(results="old infarction"))) == {
        "imaging": "wanted"
    }
    assert items(check(world.doctor, world.draft(results="头颅CT未见异常"))) == {}


def test_a_need_without_which_nothing_is_sent(world: World) -> None:
    want(world, HARD)
    draft = world.draft()
    assert items(check(world.doctor, draft), "blocking") == {"past_history": "needed"}
    answer = refused(world.doctor, "submit", draft, 422, "department-needs-more")
    assert set(answer.body["errors"]) == {"past_history"}
    assert do(world.doctor, "submit", world.draft(past_history="无")).status == 200


def test_a_destination_holds_no_emergency_up(world: World) -> None:
    want(world, HARD)
    draft = world.draft(urgency=Urgency.EMERGENCY)
    assert items(check(world.doctor, draft), "blocking") == {}
    assert items(check(world.doctor, draft)) == {"past_history": "needed"}
    assert do(world.doctor, "submit", draft).status == 200


def test_what_is_only_wanted_holds_nothing_up(world: World) -> None:
    want(world, soft("past_history"), soft("ecg"))
    assert do(world.doctor, "submit", world.draft()).status == 200


def test_a_need_is_of_its_department_or_specialty(world: World) -> None:
    heart = make_department(world.hospital, code="03.04", name="心血管内科")
    eyes = make_department(world.hospital, code="10", name="眼科")
    want(world, soft("ecg"), department=heart.pk)
    want(world, soft("contact_phone"), specialty="10")
    want(world, soft("allergies"))

    def lacking(ward: Department | None) -> set[str]:
        draft = world.draft(to_department_id=ward.pk if ward else None)
        return set(items(check(world.doctor, draft)))

    assert lacking(heart) == {"ecg", "allergies"}
    assert lacking(eyes) == {"contact_phone", "allergies"}
    assert lacking(None) == {"allergies"}


def test_needs_are_replaced_and_their_history_stays(world: World) -> None:
    want(world, soft("ecg"), soft("allergies"))
    want(world, soft("ecg"), HARD)
    listed = world.doctor.api.get(f"/facilities/{world.hospital.pk}/needs/").results
    assert {(row["item"], row["level"]) for row in listed} == {
        ("ecg", "soft"),
        ("past_history", "hard"),
    }
    assert want(world).results == []
    as_system()
    assert DepartmentNeed.objects.count() == 3
    assert not DepartmentNeed.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.parametrize(
    "needs",
    [
        [{"item": "ecg", "level": "hard"}],
        [soft("ecg"), soft("ecg")],
        [soft("horoscope")],
        [{"item": "ecg"}],
        [soft("ecg", status="x")],
        "ecg",
    ],
)
def test_needs_that_make_no_sense(world: World, needs: Any) -> None:
    path = f"/facilities/{world.hospital.pk}/needs/"
    assert world.office.api.post(path, {"needs": needs}).status == 400


def test_who_sets_needs(world: World) -> None:
    ward = make_department(world.lead)
    assert want(world, soft("ecg"), department=ward.pk).code == "department-elsewhere"
    assert want(world, soft("ecg"), by=world.second_office).code == "needs-of-another-facility"
    assert want(world, soft("ecg"), by=world.doctor).status == 403
    assert want(world, soft("ecg"), by=world.stranger).status == 403
    surgeon = make_person(world.hospital, Role.HOSPITAL_DOCTOR)
    assert want(world, soft("ecg"), by=surgeon).status == 403


def test_no_need_is_written_past_the_rules(world: World) -> None:
    row = {"facility": world.hospital, "level": "soft", "set_at": world.draft().created_at}
    with pytest.raises(IntegrityError), transaction.atomic():
        DepartmentNeed.objects.create(**row | {"level": "hard"}, item="ecg")
    DepartmentNeed.objects.create(**row, item="ecg")
    with pytest.raises(IntegrityError), transaction.atomic():
        DepartmentNeed.objects.create(**row, item="ecg")
    scope.enter(world.doctor.actor)
    assert DepartmentNeed.objects.update(ended_at=row["set_at"]) == 0


# By what was returned.


@pytest.mark.parametrize(("times", "seen"), [(2, False), (3, True)])
def test_an_item_is_learnt_from_the_third_return_on(world: World, times: int, seen: bool) -> None:
    returned(world, times, "ecg", "blood_tests")
    returned(world, 2)
    answer = check(world.doctor, world.draft())
    assert items(answer) == (dict.fromkeys(["ecg", "blood_tests"], "learnt") if seen else {})
    if seen:
        learnt = answer.body["recommended"][0]
        assert (learnt["asked"], learnt["returns"]) == (3, 5)
        assert learnt["reason"] == "最近 5 次退回中有 3 次要求补充此项。"


def test_only_the_last_twenty_returns_count(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    for number in range(23):
        InformationGap.objects.create(
            referral=sent,
            version=100 + number,
            verb="ask_information",
            facility=world.hospital,
            items=["ecg"] if number < 6 else ["allergies"],
            at=sent.created_at,
        )
    learnt = check(world.doctor, world.draft()).body["recommended"]
    asked = {row["item"]: (row["asked"], row["returns"]) for row in learnt}
    assert asked == {"allergies": (17, 20), "ecg": (3, 20)}


def test_another_department_learns_for_itself(world: World) -> None:
    heart = make_department(world.hospital, code="03.04")
    returned(world, 3, "ecg", to_department_id=heart.pk)
    assert items(check(world.doctor, world.draft())) == {}
    assert items(check(world.doctor, world.draft(to_department_id=heart.pk))) == {"ecg": "learnt"}


def test_a_decline_teaches_too_but_not_one_for_want_of_beds(world: World) -> None:
    for reason, missing in [("insufficient_information", ["ecg"]), ("capacity", [])]:
        body = {"reason": reason, **({"missing": missing} if missing else {})}
        assert do(world.office, "decline", world.at(Status.RECEIVED), body).status == 200
    as_system()
    gap = InformationGap.objects.get()
    assert (gap.items, gap.verb, gap.facility_id) == (["ecg"], "decline", world.hospital.pk)


@pytest.mark.parametrize("missing", [["horoscope"], "ecg", ["ecg", 5], [["ecg"]]])
def test_what_is_missing_is_said_in_code_words(world: World, missing: Any) -> None:
    sent = world.at(Status.RECEIVED)
    body = {"note": "请补充", "missing": missing}
    refused(world.office, "ask_information", sent, 400, "invalid", body)


def test_a_return_is_read_with_its_referral_and_never_changed(world: World) -> None:
    returned(world, 1, "ecg")
    for person, rows in ((world.doctor, 1), (world.office, 1), (world.stranger, 0)):
        scope.enter(person.actor)
        assert InformationGap.objects.count() == rows
        assert InformationGap.objects.update(items=[]) == 0


def test_of_others_returns_only_counts_are_told(world: World) -> None:
    returned(world, 2, "ecg")
    scope.enter(world.nurse.actor)
    with connection.cursor() as cursor:
        for enough, rows in ((3, []), (2, [("ecg", 2, 2)])):
            cursor.execute(
                "SELECT * FROM referral_asked_for(%s, NULL, 20, %s)", [world.hospital.pk, enough]
            )
            assert cursor.fetchall() == rows


# Words that are not stored, other referrals, and who may ask.


def test_words_are_checked_before_anything_is_stored(world: World) -> None:
    want(world, soft("ecg"), HARD)
    _ = world.alliance
    body = {**SLIP, "to_facility": world.hospital.pk, "past_history": "糖尿病"}
    answer = world.doctor.api.post("/completeness/", body)
    assert items(answer, "blocking") == {}
    assert items(answer) == {"ecg": "wanted"}
    assert answer.body["score"] == 83
    as_system()
    assert not Referral.objects.exists()
    unusual = {"skip_reason": "no_capacity", "skip_note": "患者住在附近", "outside": True}
    assert world.doctor.api.post("/completeness/", {**body, **unusual}).body == answer.body
    assert items(world.doctor.api.post("/completeness/", {}), "blocking") == dict.fromkeys(
        ["to_facility", "diagnosis", "reason_code", "reason"], "slip"
    )


def test_other_referrals_of_the_illness_are_shown(world: World) -> None:
    done = world.at(Status.COMPLETED)
    draft = world.draft(patient=world.patient)
    recent = check(world.doctor, draft).body["warnings"]
    assert (recent["open"], [row["id"] for row in recent["recent"]]) == ([], [str(done.pk)])
    sent = world.at(Status.SUBMITTED, patient=world.patient)
    body = world.body()
    warned = world.doctor.api.post("/completeness/", body).body["warnings"]
    assert [row["number"] for row in warned["open"]] == [sent.number]


def test_a_way_to_the_same_tier_is_held_against_its_like(world: World) -> None:
    """What the check warns of is what holds the submission up."""
    world.alliance.allows_lateral = True
    world.alliance.save(update_fields=["allows_lateral"])
    aside = {"to_facility_id": world.sister.pk}
    sent = world.at(Status.SUBMITTED, **aside)
    draft, up = (world.draft(patient=world.patient, **way) for way in (aside, {}))
    shown = [check(world.doctor, each).body["warnings"]["open"] for each in (draft, up)]
    assert shown == [[{"id": str(sent.pk), "number": sent.number, "status": "submitted"}], []]
    refused(world.doctor, "submit", draft, 409, "duplicate-open-referral")
    assert do(world.doctor, "submit", up).status == 200


def test_a_referral_that_the_caller_may_not_see_is_not_told_of(world: World) -> None:
    """The check costs nothing to ask, so it must not say which illnesses others refer a person for."""
    world.at(Status.SUBMITTED)
    nurse = world.nurse
    twin = world.make_patient(at=nurse)
    body = world.body(patient=twin.pk)
    assert nurse.api.post("/completeness/", body).body["warnings"] == {"open": [], "recent": []}
    stranger = world.body(patient=world.patient.pk)
    assert nurse.api.post("/completeness/", stranger).code == "patient-not-found"


def test_who_may_ask(world: World) -> None:
    draft = world.draft()
    assert check(world.chief, draft).status == 403
    assert check(world.office, draft).status == 404
    assert check(world.stranger, draft).status == 404
    sent = world.at(Status.SUBMITTED)
    assert check(world.doctor, sent).code == "wrong-state"
    assert check(world.office, sent).code == "not-sender"
