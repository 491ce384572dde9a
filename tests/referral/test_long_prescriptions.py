"""Long prescriptions: 28 days plainly, 84 with assessment and signature, never 85, never an excluded class."""

from typing import Any

import pytest
from django.db import IntegrityError

from accounts import scope
from referral import drug_names, prescriptions
from referral.codes_returns import DrugClass
from referral.models import LongPrescription, Medicine
from referral.models.returns import MOST_DAYS
from referral.policy.returns import Finding, prescribing
from referral.states import Status
from tests.api import Answer
from tests.factories import World, as_system, reload
from tests.referral.expect import do, refused, snapshot
from tests.referral.plans import long_prescription, medicine, sent
from tests.referral.raw import run

EXCLUDED = [kind for kind in DrugClass if kind != DrugClass.ORDINARY]
CONDITIONS = (
    "diagnosis_clear",
    "regimen_stable",
    "adherence_good",
    "condition_controlled",
    "long_term_needed",
)


def give_back(world: World, body: dict[str, Any]) -> Answer:
    return do(world.office, "return", world.at(Status.ARRIVED), body)


def not_given(world: World, body: dict[str, Any], code: str, *fields: str) -> Answer:
    answer = refused(world.office, "return", world.at(Status.ARRIVED), 422, code, body)
    assert set(answer.body["errors"]) == set(fields), answer
    return answer


@pytest.mark.parametrize("days", [1, 28])
def test_up_to_28_days_plainly(world: World, days: int) -> None:
    answer = give_back(world, sent(medicine(days)))
    assert (answer.status, answer.body["status"]) == (201, "submitted")
    assert [row["days"] for row in answer.body["medicines"]] == [days]
    assert answer.body["long_prescription"] is None


@pytest.mark.parametrize("days", [29, 84])
def test_above_28_days_with_assessment_and_signature(world: World, days: int) -> None:
    body = sent(medicine(7), medicine(days), long_prescription=long_prescription())
    answer = give_back(world, body)
    assert answer.status == 201, answer
    shown = answer.body["long_prescription"]
    assert shown["assessed_by"] == "李主任"
    assert all(shown[name] for name in CONDITIONS)
    as_system()
    assert LongPrescription.objects.get(referral=answer.body["id"]).assessed_by_id == (
        world.office.user.pk
    )


def test_29_days_without_them(world: World) -> None:
    missing = (*CONDITIONS, "assessment", "signature_method")
    fields = [f"long_prescription.{name}" for name in missing]
    not_given(world, sent(medicine(29)), "long-prescription-needed", *fields)


@pytest.mark.parametrize("extra", [{}, {"long_prescription": {}}])
def test_85_days_never(world: World, extra: dict[str, Any]) -> None:
    body = sent(medicine(14), medicine(85), **extra)
    if extra:
        body["long_prescription"] = long_prescription()
    answer = not_given(world, body, "prescription-too-long", "medicines.1.days")
    assert "84" in str(answer.body["errors"])


def test_85_days_not_even_in_a_draft(world: World) -> None:
    up = world.at(Status.ARRIVED)
    body = {"medicines": [medicine(85)]}
    refused(world.office, "return", up, 422, "prescription-too-long", body)
    draft = world.draft()
    answer = world.doctor.api.patch(f"/referrals/{draft.pk}/", body)
    assert (answer.status, answer.code) == (422, "prescription-too-long")


@pytest.mark.parametrize("missing", [*CONDITIONS, "assessment"])
def test_a_condition_or_the_assessment_missing(world: World, missing: str) -> None:
    body = sent(medicine(30), long_prescription=long_prescription(**{missing: None}))
    field = f"long_prescription.{missing}"
    not_given(world, body, "long-prescription-incomplete", field)


def test_the_signature_missing(world: World) -> None:
    unsigned = long_prescription(signature_method=None, signed_by=None, signed_at=None)
    body = sent(medicine(30), long_prescription=unsigned)
    field = "long_prescription.signature_method"
    not_given(world, body, "long-prescription-incomplete", field)


def test_half_a_signature(world: World) -> None:
    for part in ("signature_method", "signed_by", "signed_at"):
        body = sent(medicine(30), long_prescription=long_prescription(**{part: None}))
        answer = refused(world.office, "return", world.at(Status.ARRIVED), 400, "invalid", body)
        assert set(answer.body["errors"]) == {f"long_prescription.{part}"}


def test_a_signature_of_tomorrow(world: World) -> None:
    body = sent(medicine(30), long_prescription=long_prescription(signed_at="2099-01-01T00:00:00Z"))
    not_given(world, body, "signed-in-the-future", "long_prescription.signed_at")


def test_a_draft_may_wait_for_the_signature(world: World) -> None:
    unsigned = long_prescription(signature_method=None, signed_by=None, signed_at=None)
    body = {**sent(medicine(60), long_prescription=unsigned), "submit": False}
    draft = give_back(world, body)
    assert draft.status == 201
    leg = f"/referrals/{draft.body['id']}/"
    answer = world.office.api.post(f"{leg}submit/")
    assert (answer.status, answer.code) == (422, "long-prescription-incomplete")
    signed = {"long_prescription": long_prescription()}
    assert world.office.api.patch(leg, signed).status == 200
    assert world.office.api.post(f"{leg}submit/").status == 200


@pytest.mark.parametrize("kind", EXCLUDED)
def test_an_excluded_class_is_refused_by_name(world: World, kind: DrugClass) -> None:
    drug = medicine(29, name="某药", drug_class=kind.value)
    body = sent(drug, long_prescription=long_prescription())
    if kind == DrugClass.ANTIMICROBIAL:
        not_given(world, body, "antimicrobial-needs-ground", "medicines.0.exception")
        return
    answer = not_given(world, body, "drug-class-excluded", "medicines.0.drug_class")
    assert str(kind.label) in answer.body["detail"]


@pytest.mark.parametrize("kind", EXCLUDED)
def test_an_excluded_class_for_28_days(world: World, kind: DrugClass) -> None:
    drug = medicine(28, name="某药", drug_class=kind.value)
    assert give_back(world, sent(drug)).status == 201


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("硫酸吗啡缓释片", "narcotic"),
        ("地西泮片", "psychotropic_2"),
        ("盐酸哌甲酯", "psychotropic_1"),
        ("复方磷酸可待因口服溶液", "psychotropic_2"),
        ("磷酸可待因片", "narcotic"),
        ("盐酸麻黄碱片", "precursor"),
    ],
)
def test_a_mistyped_class_opens_no_way(world: World, name: str, kind: str) -> None:
    drug = medicine(29, name=name, drug_class="ordinary")
    body = sent(drug, long_prescription=long_prescription())
    answer = not_given(world, body, "drug-class-excluded", "medicines.0.drug_class")
    assert str(DrugClass(kind).label) in answer.body["detail"]


def test_a_listed_class_names_its_list_and_that_it_is_to_be_checked(world: World) -> None:
    drug = medicine(29, name="Diazepam 5 mg", drug_class="ordinary")
    body = sent(drug, long_prescription=long_prescription())
    answer = not_given(world, body, "drug-class-excluded", "medicines.0.drug_class")
    assert "药用类精神药品目录(2025年版)" in answer.body["detail"]
    assert "待核对" in answer.body["detail"]
    stated = medicine(29, name="某药", drug_class="psychotropic_2")
    body = sent(stated, long_prescription=long_prescription())
    answer = not_given(world, body, "drug-class-excluded", "medicines.0.drug_class")
    assert "待核对" not in answer.body["detail"]


def test_a_mistyped_class_of_a_short_prescription_is_a_warning(world: World) -> None:
    drug = medicine(7, name="阿莫西林胶囊", drug_class="ordinary")
    answer = give_back(world, sent(medicine(7), drug))
    assert answer.status == 201
    assert [row["listed_class"] for row in answer.body["medicines"]] == [None, "antimicrobial"]
    warning = answer.body["warnings"][0]
    assert (warning["code"], warning["field"]) == (
        "drug-class-differs",
        "medicines.1.drug_class",
    )


def test_a_class_that_is_not_stated_is_the_listed_one(world: World) -> None:
    answer = give_back(world, sent(medicine(7, name="左氧氟沙星片"), medicine(7)))
    kinds = [row["drug_class"] for row in answer.body["medicines"]]
    assert (kinds, answer.body["warnings"]) == (["antimicrobial", "ordinary"], [])


@pytest.mark.parametrize("ground", ["tuberculosis", "chronic_bacterial", "chronic_fungal"])
def test_an_antimicrobial_with_its_ground(world: World, ground: str) -> None:
    reason = {"exception": ground, "exception_reason": "规范治疗第二个月"}
    drug = medicine(56, name="异烟肼片", **reason)
    answer = give_back(world, sent(drug, long_prescription=long_prescription()))
    assert answer.status == 201, answer
    assert answer.body["medicines"][0]["exception"] == ground


def test_an_antimicrobial_without_its_ground(world: World) -> None:
    body = sent(medicine(56, name="异烟肼片"), long_prescription=long_prescription())
    not_given(world, body, "antimicrobial-needs-ground", "medicines.0.exception")


def test_a_ground_needs_its_reason(world: World) -> None:
    for half in ({"exception": "tuberculosis"}, {"exception_reason": "结核"}):
        body = sent(medicine(7, name="异烟肼片", **half))
        answer = refused(world.office, "return", world.at(Status.ARRIVED), 400, "invalid", body)
        assert len(answer.body["errors"]) == 1


def test_no_ground_excuses_another_class(world: World) -> None:
    ground = {"exception": "tuberculosis", "exception_reason": "结核"}
    drug = medicine(56, name="吗啡", drug_class="antimicrobial", **ground)
    body = sent(drug, long_prescription=long_prescription())
    not_given(world, body, "drug-class-excluded", "medicines.0.drug_class")
    body = sent(medicine(7, **ground))
    not_given(world, body, "exception-not-antimicrobial", "medicines.0.exception")


def test_medicines_of_a_way_up_are_no_prescription(world: World) -> None:
    body = world.body(medicines=[medicine(60, name="地西泮片")], submit=True)
    answer = world.doctor.api.post("/referrals/", body)
    assert (answer.status, answer.body["status"]) == (201, "submitted")
    shown = world.office.api.get(f"/referrals/{answer.body['id']}/").body
    assert [row["drug_class"] for row in shown["medicines"]] == ["psychotropic_2"]


def test_the_database_refuses_what_the_rules_refuse(world: World) -> None:
    """Past every line of Python: a draft that is made submitted without what 29 days need."""
    draft = world.start_return(world.at(Status.ARRIVED))
    scope.enter(world.office.actor)
    Medicine.objects.create(referral=draft, position=0, name="某药", days=29)
    sql = (
        "UPDATE referral_referral SET status = 'submitted', version = version + 1,"
        " submitted_at = now(), direction = 'down', from_tier = 3, to_tier = 1 WHERE id = %s"
    )
    with pytest.raises(IntegrityError, match="not complete"):
        run(sql, [draft.pk])
    whole = dict.fromkeys(CONDITIONS, True)
    LongPrescription.objects.create(
        referral=draft,
        assessment="x",
        assessed_by_id=world.office.user.pk,
        signature_method="paper",
        signed_by="patient",
        signed_at=draft.created_at,
        **whole,
    )
    Medicine.objects.create(referral=draft, position=1, name="某药", days=29, drug_class="toxic")
    with pytest.raises(IntegrityError, match="class of drug"):
        run(sql, [draft.pk])
    run("DELETE FROM referral_medicine WHERE position = 1")
    assert run(sql, [draft.pk]) == 1


@pytest.mark.parametrize("days", [0, 85])
def test_the_database_knows_the_bounds_of_days(world: World, days: int) -> None:
    draft = world.start_return(world.at(Status.ARRIVED))
    scope.enter(world.office.actor)
    with pytest.raises(IntegrityError, match="medicine_days"):
        run(
            "INSERT INTO referral_medicine (id, referral_id, position, name, strength, dose, route,"
            " frequency, days, drug_class, exception, exception_reason, note)"
            " VALUES (gen_random_uuid(), %s, 0, 'x', '', '', '', '', %s, 'ordinary', '', '', '')",
            [draft.pk, days],
        )


def test_code_and_data_and_database_say_the_same_numbers() -> None:
    rules = prescriptions.rules()
    assert (rules.plain_days, rules.longest_days) == (28, MOST_DAYS) == (28, 84)
    assert rules.conditions == CONDITIONS
    assert rules.excluded == set(EXCLUDED)
    assert set(drug_names.listings()) == set(DrugClass)


def test_every_finding_names_its_medicine() -> None:
    rows = [Medicine(name="某药", days=days) for days in (85, 29, 90)]
    fields = [field for _verdict, field in prescribing(rows, plan=True)]
    assert fields == ["medicines.0.days", "medicines.2.days"]
    assert all(isinstance(each, Finding) for each in prescribing(rows, plan=False))


def test_a_refusal_writes_nothing(world: World) -> None:
    up = world.at(Status.ARRIVED)
    tables = ("referral_referral", "referral_medicine", "referral_longprescription")
    before = snapshot(*tables)
    body = sent(medicine(84), long_prescription=long_prescription(assessment=None))
    assert do(world.office, "return", up, body).status == 422
    assert snapshot(*tables) == before
    assert reload(up).status == Status.ARRIVED
