"""Examinations ordered from another facility: who may, what the centre sees and for how long, duplicates."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from audit.models import Event
from facilities.models import Capability, Facility
from facilities.vocabulary import FacilityKind, RelationKind
from notifications.models import OutboxMessage
from patients.models import AccessGrant
from referral import examinations
from referral.models import ExaminationOrder, ExaminationReport
from referral.states import Status
from tests.facilities.factories import make_capability, make_facility, make_relation
from tests.factories import Person, World, as_system, new_key
from tests.referral.expect import snapshot
from tests.referral.ordering import PATH, done, place, placed, sees, step, told, words

TABLES = ("referral_examinationorder", "referral_examinationreport", "patients_accessgrant")


def test_from_order_to_report(world: World, reader: Person) -> None:
    order = placed(world)
    assert told("order.placed") == [world.centre.pk]
    assert [str(pk) for pk in reader.api.get(PATH, {"box": "to_do"}).ids] == [order]
    seen = reader.api.get(f"{PATH}{order}/").body
    assert (seen["question"], seen["patient"]["name"]) == ("咳嗽三周, 肺部占位?", "欧阳**")
    assert seen["examination"]["name"] == "胸部CT"
    assert done(reader, order, "receive")["state"] == "received"
    body = done(
        reader, order, "report", conclusion="右肺上叶结节", recognised=True, references=["CT-001"]
    )
    assert (body["state"], body["received_by"]) == ("reported", "赵医生")
    read = world.doctor.api.get(f"{PATH}{order}/").body
    [report] = read["reports"]
    assert (report["conclusion"], report["recognised"]) == ("右肺上叶结节", True)
    assert report["references"] == ["CT-001"]
    assert told("order.reported") == told("order.received") == [world.clinic.pk]
    line = Event.objects.get(what="order.reported")
    assert line.patient_ids == [world.patient.pk]


def test_a_message_says_nothing_of_what_is_examined(world: World, reader: Person) -> None:
    placed(world)
    as_system()
    payload = OutboxMessage.objects.get(topic="order.placed").payload
    assert set(payload) == {"order_id", "referral_id", "state", "urgency", "occurred_at"}


def test_the_centre_sees_the_patient_for_the_orders_life_only(world: World, reader: Person) -> None:
    assert not sees(reader, world.patient)
    first, second = placed(world), placed(world, examination="biochemistry")
    assert sees(reader, world.patient)
    done(reader, first, "report", conclusion="未见异常")
    assert sees(reader, world.patient)
    done(world.doctor, second, "cancel", reason="改期")
    assert not sees(reader, world.patient)
    # It keeps its own record, without the person, and may amend it.
    kept = reader.api.get(f"{PATH}{first}/").body
    assert (kept["patient"], len(kept["reports"])) == (None, 1)
    done(reader, first, "report", conclusion="复核: 未见异常")
    assert not sees(reader, world.patient)


def test_the_centre_gets_no_right_to_refer(world: World, reader: Person) -> None:
    """An order lends eyes for an examination, and not the consent to a referral."""
    placed(world)
    body = world.body(to_facility=str(world.hospital.pk), submit=True)
    answer = reader.api.post("/referrals/", body)
    assert (answer.status, answer.code) == (422, "consent-required")


def test_amended_the_former_edition_stays(world: World, reader: Person) -> None:
    order = placed(world)
    done(reader, order, "report", conclusion="未见异常")
    body = done(reader, order, "report", conclusion="补充: 微小结节")
    assert [(each["version"], each["conclusion"]) for each in body["reports"]] == [
        (2, "补充: 微小结节"),
        (1, "未见异常"),
    ]
    assert told("order.amended") == [world.clinic.pk]


def test_each_end_does_its_own_part(world: World, reader: Person) -> None:
    order = placed(world)
    before = snapshot(*TABLES)
    for verb, body in (("receive", {}), ("report", {"conclusion": "x"})):
        answer = step(world.doctor, order, verb, **body)
        assert (answer.status, answer.code) == (403, "not-the-centre")
    for who in (world.stranger, world.office, world.nurse):
        for verb, body in (
            ("receive", {}),
            ("report", {"conclusion": "x"}),
            ("cancel", {"reason": "x"}),
        ):
            answer = step(who, order, verb, **body)
            assert (answer.status, answer.code) == (404, "not-found")
            nowhere = step(who, str(uuid7()), verb, **body)
            assert (answer.status, answer.content) == (nowhere.status, nowhere.content)
        assert who.api.get(f"{PATH}{order}/").status == 404
        assert who.api.get(PATH).ids == []
    assert snapshot(*TABLES) == before


@pytest.mark.parametrize("who", ["chief", "manager", "auditor"])
def test_managers_and_auditors_see_no_orders(world: World, reader: Person, who: str) -> None:
    placed(world)
    assert getattr(world, who).api.get(PATH).status == 403


def test_states_go_forward_only(world: World, reader: Person) -> None:
    first, second = placed(world), placed(world, examination="biochemistry")
    done(reader, first, "report", conclusion="未见异常")
    for verb, body, who in (
        ("receive", {}, reader),
        ("cancel", {"reason": "x"}, reader),
        ("cancel", {"reason": "x"}, world.doctor),
    ):
        answer = step(who, first, verb, **body)
        assert (answer.status, answer.code) == (409, "order-wrong-state")
    done(reader, second, "receive")
    assert step(reader, second, "receive").code == "order-wrong-state"
    cancelled = done(reader, second, "cancel", reason="设备故障")
    assert cancelled["cancel_reason"] == "设备故障"
    assert told("order.cancelled") == [world.clinic.pk]
    assert step(reader, second, "report", conclusion="x").code == "order-wrong-state"


def _unbound(world: World) -> Facility:
    kind = FacilityKind.THIRD_PARTY_CENTRE
    return make_facility("独立影像中心", tier=2, kind=kind, region=world.region)


def test_only_a_connected_centre_that_can_takes_orders(world: World, reader: Person) -> None:
    alone = _unbound(world)
    make_capability(alone, "ct")
    for changes, code in (
        ({"centre": uuid7()}, "unknown-centre"),
        ({"centre": world.clinic.pk}, "own-centre"),
        ({"centre": alone.pk}, "centre-not-connected"),
        ({"examination": "mri_head"}, "centre-lacks-capability"),
    ):
        answer = place(world, **changes)
        assert (answer.status, answer.code) == (422, code)
    make_relation(alone, world.clinic, kind=RelationKind.THIRD_PARTY)
    placed(world, centre=alone.pk)


def test_a_members_equipment_is_shared_while_it_has_it(world: World) -> None:
    scanner = make_capability(world.hospital, "ct")
    _ = world.alliance
    placed(world, centre=world.hospital.pk)
    Capability.objects.filter(pk=scanner.pk).update(ends=timezone.localdate())
    answer = place(world, centre=world.hospital.pk, duplicate_reason="x")
    assert answer.code == "centre-lacks-capability"


def test_a_closed_centre_takes_none(world: World, reader: Person) -> None:
    Facility.objects.filter(pk=world.centre.pk).update(is_active=False)
    assert place(world).code == "unknown-centre"


def test_without_consent_nobody_is_sent_on(world: World, reader: Person) -> None:
    world.refuse_referral(world.patient)
    assert place(world).code == "consent-refused"
    placed(world, urgency="emergency")


def test_only_a_patient_in_sight_is_examined(world: World, reader: Person) -> None:
    for who in (world.stranger, world.office):
        answer = place(world, who)
        assert (answer.status, answer.code) == (422, "patient-not-found")


def test_the_receiver_of_the_leg_that_carries_it_reads_the_report(
    world: World, reader: Person
) -> None:
    leg = world.at(Status.DRAFT)
    order = placed(world, referral=leg.pk)
    done(reader, order, "report", conclusion="右肺上叶结节")
    path = f"{PATH}{order}/"
    assert world.office.api.get(path).status == 404
    world.move(leg, "submit", world.doctor)
    assert world.office.api.get(path).body["reports"][0]["conclusion"] == "右肺上叶结节"
    assert [str(pk) for pk in world.office.api.get(PATH, {"referral": leg.pk}).ids] == [order]
    for verb, body in (
        ("receive", {}),
        ("report", {"conclusion": "x"}),
        ("cancel", {"reason": "x"}),
    ):
        answer = step(world.office, order, verb, **body)
        assert (answer.status, answer.code) == (403, "not-an-end-of-order")
    for who in (world.second_office, world.stranger):
        assert who.api.get(path).status == 404
    # Declined, the hospital no longer sees the person, nor what was found of him.
    world.move(leg, "decline", world.office, reason="capacity")
    assert world.office.api.get(path).status == 404
    assert world.office.api.get(PATH).ids == []


def test_whoever_it_is_redirected_to_reads_it_too(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    order = placed(world, referral=leg.pk)
    world.move(leg, "redirect", world.office, to_facility_id=world.second.pk)
    assert world.second_office.api.get(f"{PATH}{order}/").status == 200
    assert world.office.api.get(f"{PATH}{order}/").status == 404


def test_an_order_hangs_on_a_leg_of_the_same_patient_only(world: World, reader: Person) -> None:
    leg = world.at(Status.DRAFT, patient=world.make_patient())
    for pk in (leg.pk, uuid7()):
        answer = place(world, referral=pk)
        assert (answer.status, answer.code) == (422, "unknown-leg")


def test_the_same_key_orders_once(world: World, reader: Person) -> None:
    key, body = new_key(), words(world)
    first, again = (world.doctor.api.post(PATH, body, key=key) for _time in range(2))
    assert (first.status, first.body) == (again.status, again.body)
    as_system()
    assert ExaminationOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"examination": "astrology"}, "examination"),
        ({"question": ""}, "question"),
        ({"urgency": "soon"}, "urgency"),
        ({"state": "reported"}, "state"),
    ],
)
def test_a_bad_body_names_its_field(
    world: World, reader: Person, changes: dict[str, Any], field: str
) -> None:
    answer = place(world, **changes)
    assert (answer.status, list(answer.body["errors"])) == (400, [field])


def test_row_security_holds_the_same_rule(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    order = placed(world, referral=leg.pk)
    done(reader, order, "report", conclusion="未见异常")
    for who, count in (
        (world.doctor, 1),
        (reader, 1),
        (world.office, 1),
        (world.manager, 0),
        (world.second_office, 0),
        (world.stranger, 0),
    ):
        scope.enter(who.actor)
        assert ExaminationOrder.objects.count() == count, who
        assert ExaminationReport.objects.count() == count, who
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('scope.facility', '', true)")
    assert ExaminationOrder.objects.count() == 0


def test_the_database_keeps_facts_states_and_reports(world: World, reader: Person) -> None:
    order = placed(world)
    done(reader, order, "report", conclusion="未见异常")
    scope.enter(reader.actor)
    for change in (
        {"question": "x"},
        {"patient_id": world.make_patient().pk},
        {"state": "ordered", "reported_at": None},
    ):
        scope.enter(reader.actor)
        with pytest.raises(IntegrityError), transaction.atomic():
            ExaminationOrder.objects.filter(pk=order).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ExaminationReport.objects.filter(order=UUID(order)).update(conclusion="x")
    scope.enter(world.doctor.actor)
    with pytest.raises(DatabaseError), transaction.atomic():
        ExaminationReport.objects.create(
            order_id=order,
            version=9,
            facility=world.clinic,
            conclusion="x",
            recognised=True,
            reported_by=world.doctor.user,
            at=timezone.now(),
        )


def test_the_grant_names_its_purpose(world: World, reader: Person) -> None:
    order = placed(world)
    as_system()
    grant = AccessGrant.objects.get(reference=order)
    assert (grant.facility_id, grant.purpose) == (world.centre.pk, "examination")


def test_every_item_of_the_data_file_can_be_ordered() -> None:
    found = examinations.known()
    assert found["ct_chest"].repeat == timedelta(days=30)
    assert found["biochemistry"].repeat == timedelta(days=7)
    assert all(item.zh and item.en and item.repeat > timedelta() for item in found.values())
