"""The list of rules, and the evaluation that keeps nothing."""

from typing import Any

import pytest

from tests.api import Answer
from tests.factories import Person, World

ASK: dict[str, Any] = {
    "diagnosis": "I10",
    "from_tier": 1,
    "to_tier": 2,
    "visit": "first",
    "age": 61,
    "observations": {
        "sbp": {"value": 180, "unit": "mmHg"},
        "pregnant": {"value": False},
    },
}


def evaluate(who: Person, **changes: Any) -> Answer:
    return who.api.post("/criteria/evaluate/", {**ASK, **changes})


def by_rule(answer: Answer) -> dict[str, dict[str, Any]]:
    assert answer.status == 200, answer
    return {each["rule"]: each for each in answer.results}


def test_a_rule_that_is_met(world: World) -> None:
    found = by_rule(evaluate(world.doctor))["HTN-I1"]
    assert found["outcome"] == "met"
    assert found["missing"] == []
    assert (found["direction"], found["urgency"], found["status"]) == ("up", "routine", "verified")
    assert (found["capability"], found["follow_up_days"]) == (None, None)
    assert found["source"] == {
        "document": "国家基层高血压防治管理指南",
        "title": "国家基层高血压防治管理指南: 转诊",
        "section": "初诊转诊 1",
        "edition": "2017, 2020, 2025",
        "url": None,
    }


def test_a_rule_that_lacks_something_says_what(world: World) -> None:
    found = by_rule(evaluate(world.doctor))["HTN-I3"]
    assert (found["outcome"], found["missing"]) == ("cannot-evaluate", ["breastfeeding"])


def test_the_advice_gathers_what_is_met(world: World) -> None:
    observations = {
        **ASK["observations"],
        "chest_pain_minutes": {"value": 0.5, "unit": "h"},
        "sweating": {"value": True},
        "st_elevation_leads": {"value": 2},
    }
    answer = evaluate(world.doctor, observations=observations)
    advice = answer.body["advice"]
    assert advice["met"] == ["HTN-E5", "HTN-I1"]
    assert (advice["direction"], advice["urgency"]) == ("up", "immediate")
    assert advice["capabilities"] == ["PCI"]
    assert by_rule(answer)["HTN-E5"]["capability"] == "PCI"
    assert "acute_symptoms" in advice["missing"]


def test_the_way_down_has_its_own_rules(world: World) -> None:
    names = ("diagnosis_clear", "plan_clear", "primary_care_suffices", "condition_stable")
    stable = {name: {"value": True} for name in names}
    found = by_rule(evaluate(world.doctor, from_tier=2, to_tier=1, observations=stable))
    assert found["HTN-D1"]["outcome"] == "met"
    assert (found["HTN-D1"]["direction"], found["HTN-D1"]["urgency"]) == ("down", None)
    assert not [name for name in found if name.startswith(("HTN-I", "HTN-E", "HTN-D2"))]


def test_rules_hang_on_the_edge_and_on_the_disease(world: World) -> None:
    found = by_rule(evaluate(world.doctor, from_tier=2, to_tier=3))
    assert "HTN-E2" in found
    assert "HTN-I1" not in found
    assert not [name for name in by_rule(evaluate(world.doctor)) if name.startswith("DM-")]
    lateral = evaluate(world.doctor, from_tier=2, to_tier=2)
    assert (lateral.results, lateral.body["advice"]["met"]) == ([], [])


@pytest.mark.parametrize("code", ["i10", "I10.x00", "I11.9", "I15.0"])
def test_codes_are_matched_by_their_beginning(world: World, code: str) -> None:
    assert "HTN-I1" in by_rule(evaluate(world.doctor, diagnosis=code))


def test_the_age_counts_as_an_observation(world: World) -> None:
    assert by_rule(evaluate(world.doctor, diagnosis="E11", age=24))["DM-2"]["outcome"] == "met"
    body = {name: value for name, value in ASK.items() if name != "age"}
    answer = world.doctor.api.post("/criteria/evaluate/", {**body, "diagnosis": "E11"})
    assert by_rule(answer)["DM-2"]["missing"] == ["age"]
    other = {"age": {"value": 24, "unit": "years"}}
    refused = evaluate(world.doctor, observations=other)
    assert (refused.status, set(refused.body["errors"])) == (400, {"age"})
    assert evaluate(world.doctor, age=24, observations=other).status == 200


def test_texts_follow_the_reader(world: World) -> None:
    chinese = world.doctor.api.send(
        "POST", "/criteria/evaluate/", body=ASK, headers={"Accept-Language": "zh-hans"}
    )
    english = world.doctor.api.send(
        "POST", "/criteria/evaluate/", body=ASK, headers={"Accept-Language": "en"}
    )
    assert by_rule(chinese)["HTN-I1"]["text"] == "初诊血压≥180/110 mmHg"
    assert "first visit" in by_rule(english)["HTN-I1"]["text"]
    assert chinese.body["advice"]["text"] == "规则建议普通转诊（两周内）。"
    assert by_rule(chinese)["HTN-I1"]["compared"][0]["label"] == "收缩压"


@pytest.mark.parametrize(
    "changes",
    [
        {"from_tier": 6},
        {"to_tier": -1},
        {"visit": "third"},
        {"age": 131},
        {"gender": "3"},
        {"diagnosis": ""},
        {"observations": {"sbp": {"value": 180, "unit": "mmol/L"}}},
        {"observations": {f"x{number}": {"value": True} for number in range(101)}},
        {"unknown": 1},
    ],
)
def test_what_is_wrong_is_refused(world: World, changes: dict[str, Any]) -> None:
    answer = evaluate(world.doctor, **changes)
    assert answer.status == 400
    assert next(iter(changes)) in next(iter(answer.body["errors"]))


def test_everybody_with_a_post_may_ask_and_nobody_else(world: World) -> None:
    for who in (world.doctor, world.office, world.manager, world.stranger, world.auditor):
        assert evaluate(who).status == 200
        assert who.api.get("/criteria/").status == 200
    assert world.anonymous.post("/criteria/evaluate/", ASK).status == 401


def test_the_list_shows_rules_with_what_they_compare(world: World) -> None:
    body = world.doctor.api.get("/criteria/", {"disease": "hypertension"}).body
    rules = {each["rule"]: each for each in body["results"]}
    assert rules["HTN-I8"]["condition"] == {
        "all": [
            {
                "variable": "sbp_left",
                "minus": "sbp_right",
                "operator": ">",
                "threshold": 20,
                "unit": "mmHg",
            }
        ]
    }
    assert rules["HTN-I6"]["status"] == "unverified"
    assert rules["HTN-I1"]["raised_urgency"] == "immediate"
    variables = {each["name"]: each for each in body["variables"]}
    assert variables["sbp"]["units"] == ["mmHg", "kPa"]
    assert (variables["pregnant"]["kind"], variables["pregnant"]["units"]) == ("boolean", [])
    assert (variables["pregnant"]["gender"], variables["sbp"]["gender"]) == ("2", None)
    assert "fpg" not in variables
    assert [each["key"] for each in body["diseases"]] == ["hypertension"]


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ({"direction": "down"}, "HTN-D1", "HTN-I1"),
        ({"direction": "up", "from_tier": 2}, "CKD-U1", "HTN-I1"),
        ({"to_tier": 0}, "HTN-D2", "HTN-D1"),
        ({"diagnosis": "E11.9"}, "DM-5", "HTN-I1"),
        ({"diagnosis": "E11.9"}, "GEN-E1", "CKD-P1"),
        ({"on": "2021-12-31"}, "HTN-I1", "HTN-D1"),
    ],
)
def test_filters(world: World, query: dict[str, Any], inside: str, outside: str) -> None:
    names = {each["rule"] for each in world.doctor.api.get("/criteria/", query).results}
    assert inside in names
    assert outside not in names


def test_a_filter_that_does_not_exist(world: World) -> None:
    assert world.doctor.api.get("/criteria/", {"colour": "red"}).status == 400
