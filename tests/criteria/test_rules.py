"""Every rule of domain.md §3.2 on both sides of its boundary; what is expected is written by hand."""

from typing import Any

import pytest

from referral.criteria import loading
from referral.criteria.evaluate import MET, NOT_MET
from tests.criteria.cases import ask

YES, NO = True, False
# Rule, observations that meet it, the nearest observations that do not.
BOUNDARIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("HTN-I1", {"sbp": 180, "dbp": 100}, {"sbp": 179, "dbp": 109}),
    ("HTN-I1", {"sbp": 170, "dbp": 110}, {"sbp": 179.9, "dbp": 109.9}),
    (
        "HTN-I2",
        {"new_suspected_cardiac_cerebral_renal_complication": YES},
        {"new_suspected_cardiac_cerebral_renal_complication": NO},
    ),
    ("HTN-I3", {"pregnant": YES}, {"pregnant": NO, "breastfeeding": NO}),
    ("HTN-I3", {"breastfeeding": YES}, {"pregnant": NO, "breastfeeding": NO}),
    ("HTN-I4", {"onset_age": 29}, {"onset_age": 30}),
    ("HTN-I5", {"proteinuria": YES}, {"proteinuria": NO, "haematuria": NO}),
    ("HTN-I5", {"haematuria": YES}, {"proteinuria": NO, "haematuria": NO}),
    ("HTN-I6", {"potassium": 3.49}, {"potassium": 3.5}),
    (
        "HTN-I7",
        {"paroxysmal_rise": YES, "headache": YES, "palpitation": YES, "sweating": YES},
        {"paroxysmal_rise": YES, "headache": YES, "palpitation": YES, "sweating": NO},
    ),
    ("HTN-I8", {"sbp_left": 150, "sbp_right": 129}, {"sbp_left": 150, "sbp_right": 130}),
    ("HTN-I8", {"sbp_left": 129, "sbp_right": 150}, {"sbp_left": 130, "sbp_right": 150}),
    ("HTN-I9", {"needs_further_examination": YES}, {"needs_further_examination": NO}),
    (
        "HTN-F1",
        {"antihypertensive_drugs_at_full_dose": 3, "bp_not_at_goal": YES},
        {"antihypertensive_drugs_at_full_dose": 2, "bp_not_at_goal": YES},
    ),
    (
        "HTN-F1",
        {"antihypertensive_drugs_at_full_dose": 4, "bp_not_at_goal": YES},
        {"antihypertensive_drugs_at_full_dose": 4, "bp_not_at_goal": NO},
    ),
    ("HTN-F2", {"marked_bp_fluctuation": YES}, {"marked_bp_fluctuation": NO}),
    (
        "HTN-F3",
        {"adverse_drug_reaction_hard_to_handle": YES},
        {"adverse_drug_reaction_hard_to_handle": NO},
    ),
    (
        "HTN-F4",
        {"new_severe_disease_or_organ_damage": YES},
        {"new_severe_disease_or_organ_damage": NO},
    ),
    (
        "HTN-F5",
        {"bp_unsatisfactory_visits": 2},
        {"bp_unsatisfactory_visits": 1, "sbp": 139, "dbp": 89},
    ),
    (
        "HTN-F5",
        {"sbp": 140, "dbp": 80, "sbp_previous": 140, "dbp_previous": 80, "age": 64},
        {
            "sbp": 139,
            "dbp": 80,
            "sbp_previous": 140,
            "dbp_previous": 80,
            "age": 64,
            "bp_unsatisfactory_visits": 1,
        },
    ),
    (
        "HTN-F5",
        {"sbp": 150, "dbp": 80, "sbp_previous": 150, "dbp_previous": 80, "age": 65},
        {
            "sbp": 149,
            "dbp": 89,
            "sbp_previous": 150,
            "dbp_previous": 80,
            "age": 65,
            "bp_unsatisfactory_visits": 1,
        },
    ),
    (
        "HTN-F5",
        {"dbp": 90, "dbp_previous": 90},
        {
            "sbp": 130,
            "dbp": 90,
            "sbp_previous": 130,
            "dbp_previous": 89,
            "bp_unsatisfactory_visits": 1,
        },
    ),
    ("HTN-F6", {"sbp": 180, "dbp": 100}, {"sbp": 179, "dbp": 109}),
    ("HTN-F6", {"dbp": 110}, {"sbp": 179.9, "dbp": 109.9}),
    (
        "HTN-E1",
        {"clouded_consciousness": YES},
        {"clouded_consciousness": NO, "loss_of_consciousness": NO},
    ),
    (
        "HTN-E1",
        {"loss_of_consciousness": YES},
        {"clouded_consciousness": NO, "loss_of_consciousness": NO},
    ),
    (
        "HTN-E2",
        {"sbp": 180, "severe_headache_vomiting": YES},
        {"sbp": 179, "dbp": 109, "severe_headache_vomiting": YES},
    ),
    (
        "HTN-E2",
        {"dbp": 110, "sudden_speech_disorder": YES},
        {
            "dbp": 110,
            "sudden_speech_disorder": NO,
            "severe_headache_vomiting": NO,
            "limb_paralysis": NO,
        },
    ),
    ("HTN-E2", {"sbp": 180, "limb_paralysis": YES}, {"sbp": 170, "dbp": 100}),
    (
        "HTN-E3",
        {"marked_rise": YES, "persistent_chest_back_pain": YES},
        {"marked_rise": YES, "persistent_chest_back_pain": NO},
    ),
    ("HTN-E4", {"bp_rise": YES, "leg_oedema": YES}, {"bp_rise": NO, "leg_oedema": YES}),
    (
        "HTN-E4",
        {"bp_rise": YES, "cannot_lie_flat": YES},
        {"bp_rise": YES, "leg_oedema": NO, "dyspnoea": NO, "cannot_lie_flat": NO},
    ),
    ("HTN-E4", {"bp_rise": YES, "dyspnoea": YES}, {"bp_rise": NO}),
    (
        "HTN-E5",
        {"chest_pain_minutes": 10, "sweating": YES, "st_elevation_leads": 2},
        {"chest_pain_minutes": 9.9, "sweating": YES, "st_elevation_leads": 2},
    ),
    (
        "HTN-E5",
        {"chest_pain_minutes": 30, "sweating": YES, "st_elevation_leads": 3},
        {"chest_pain_minutes": 30, "sweating": YES, "st_elevation_leads": 1},
    ),
    (
        "HTN-E6",
        {"consciousness_dull": YES, "bp_too_low": YES},
        {
            "consciousness_dull": YES,
            "bp_too_low": NO,
            "bp_unmeasurable": NO,
            "heart_rate_too_fast": NO,
            "heart_rate_too_slow": NO,
            "anaphylaxis": NO,
        },
    ),
    (
        "HTN-E6",
        {"anaphylaxis": YES},
        {
            "consciousness_dull": NO,
            "bp_too_low": YES,
            "heart_rate_too_fast": NO,
            "heart_rate_too_slow": NO,
            "anaphylaxis": NO,
        },
    ),
    ("HTN-T1", {"tcm_need_not_met": YES}, {"tcm_need_not_met": NO}),
    (
        "HTN-D1",
        {
            "diagnosis_clear": YES,
            "plan_clear": YES,
            "oral_drugs_at_home": YES,
            "condition_stable": YES,
        },
        {
            "diagnosis_clear": YES,
            "plan_clear": NO,
            "oral_drugs_at_home": YES,
            "condition_stable": YES,
        },
    ),
    (
        "HTN-D1",
        {
            "diagnosis_clear": YES,
            "plan_clear": YES,
            "primary_care_suffices": YES,
            "complication_stable_after_treatment": YES,
        },
        {
            "diagnosis_clear": YES,
            "plan_clear": YES,
            "primary_care_suffices": YES,
            "condition_stable": NO,
            "complication_stable_after_treatment": NO,
        },
    ),
]
LONG = {"long_term_plan_made": YES, "no_change_expected_soon": YES, "needs_long_follow_up": YES}
ALONE = {"diabetes": NO, "chronic_kidney_disease": NO}
SUGAR = {
    "type_and_plan_settled": YES,
    "condition_stable": YES,
    "acute_complication_resolved": YES,
    "chronic_complication_has_plan": YES,
}
BOUNDARIES += [
    ("HTN-D2", {**LONG, "sbp": 139, "dbp": 89}, {**LONG, "sbp": 140, "dbp": 89, "age": 79}),
    ("HTN-D2", {**LONG, "sbp": 139, "dbp": 89}, {**LONG, "sbp": 120, "dbp": 90}),
    (
        "HTN-D2",
        {**LONG, **ALONE, "sbp": 149, "dbp": 89, "age": 80},
        {**LONG, **ALONE, "sbp": 150, "dbp": 89, "age": 80},
    ),
    (
        "HTN-D2",
        {**LONG, **ALONE, "sbp": 149, "dbp": 89, "age": 80},
        {**LONG, "diabetes": YES, "sbp": 149, "dbp": 89, "age": 80},
    ),
    (
        "DM-1",
        {"first_abnormal_glucose": YES, "cause_or_type_unclear": YES},
        {"first_abnormal_glucose": YES, "cause_or_type_unclear": NO},
    ),
    ("DM-2", {"age": 24}, {"age": 25}),
    ("DM-3", {"pregnant": YES}, {"pregnant": NO, "breastfeeding": NO}),
    (
        "DM-4",
        {"ketoacidosis": YES},
        {
            "ketoacidosis": NO,
            "severe_hypoglycaemia": NO,
            "severe_hyperglycaemia": NO,
            "hyperosmolar_state": NO,
            "lactic_acidosis": NO,
        },
    ),
    ("DM-5", {"fpg": 16.7}, {"fpg": 16.69}),
    ("DM-6", {"fpg": 3.9}, {"fpg": 3.91}),
    ("DM-7", {"sbp": 180}, {"sbp": 179, "dbp": 109}),
    ("DM-7", {"dbp": 110}, {"sbp": 179, "dbp": 109}),
    (
        "DM-8",
        {"acetone_breath": YES},
        {
            "consciousness_or_behaviour_change": NO,
            "acetone_breath": NO,
            "palpitation": NO,
            "sweating": NO,
            "deep_breathing": NO,
            "flushed_skin": NO,
        },
    ),
    ("DM-9", {"heart_rate": 101}, {"heart_rate": 100}),
    ("DM-10", {"temperature": 39.1}, {"temperature": 39.0}),
    ("DM-11", {"hypoglycaemia_episodes": 2}, {"hypoglycaemia_episodes": 1}),
    (
        "DM-12",
        {"treatment_months": 3, "lipids_not_at_goal": YES},
        {"treatment_months": 2.9, "lipids_not_at_goal": YES},
    ),
    (
        "DM-12",
        {"treatment_months": 3, "glucose_not_at_goal": YES},
        {
            "treatment_months": 6,
            "glucose_not_at_goal": NO,
            "bp_not_at_goal": NO,
            "lipids_not_at_goal": NO,
        },
    ),
    (
        "DM-13",
        {"chronic_complication_needs_screening_or_plan": YES},
        {"chronic_complication_needs_screening_or_plan": NO},
    ),
    (
        "DM-14",
        {"diabetic_foot": YES},
        {
            "acute_cardiovascular_or_cerebrovascular_disease": NO,
            "renal_failure": NO,
            "severe_visual_loss": NO,
            "claudication_or_ischaemia": NO,
            "diabetic_foot": NO,
        },
    ),
    (
        "DM-15",
        {"insulin_plan_needed": YES},
        {"large_glucose_swings": NO, "insulin_plan_needed": NO},
    ),
    (
        "DM-16",
        {"fpg_unsatisfactory_visits": 2},
        {"fpg_unsatisfactory_visits": 1, "fpg": 6.99},
    ),
    (
        "DM-16",
        {"fpg": 7.0, "fpg_previous": 7.0},
        {"fpg": 7.0, "fpg_previous": 6.99, "fpg_unsatisfactory_visits": 1},
    ),
    ("DM-D1", {**SUGAR, "hba1c": 6.9}, {**SUGAR, "hba1c": 7.0}),
    (
        "DM-D1",
        {**SUGAR, "hba1c": 6.9},
        {**SUGAR, "acute_complication_resolved": NO, "hba1c": 6.9},
    ),
]


@pytest.mark.parametrize(("rule", "meets", "fails"), BOUNDARIES)
def test_a_rule_holds_on_one_side_of_its_boundary(
    rule: str, meets: dict[str, Any], fails: dict[str, Any]
) -> None:
    assert ask(rule, **meets).outcome == MET
    assert ask(rule, **fails).outcome == NOT_MET


URGENCIES = {
    "routine": "HTN-I1 HTN-I2 HTN-I3 HTN-I4 HTN-I5 HTN-I6 HTN-I7 HTN-I8 HTN-I9 HTN-F1 HTN-F2 HTN-F3"
    " HTN-F4 HTN-F5 HTN-T1 DM-1 DM-2 DM-3 DM-11 DM-12 DM-13 DM-15 DM-16",
    "same-day": "HTN-F6 DM-5 DM-6 DM-7 DM-9 DM-10 DM-14",
    "immediate": "HTN-E1 HTN-E2 HTN-E3 HTN-E4 HTN-E5 HTN-E6 DM-4 DM-8",
    "": "HTN-D1 HTN-D2 DM-D1",
}


@pytest.mark.parametrize("urgency", URGENCIES)
def test_each_rule_has_the_urgency_of_its_row(urgency: str) -> None:
    rules = {each.id: each.urgency for each in loading.book().rules}
    for name in URGENCIES[urgency].split():
        assert rules[name] == urgency, name


# What bears an M mark in domain.md, or was read in part only, waits for a person to check it.
UNVERIFIED = (
    "HTN-I6 HTN-F5 HTN-F6 DM-5 DM-9 DM-10 DM-11 DM-16 DM-D1 COPD-E1 COPD-E2 COPD-E3 COPD-E4 COPD-E5 COPD-S1"
    " COPD-S2 COPD-S3 COPD-D1 STR-R3 STR-E1 STR-S1 STR-D1 CHD-R1 CHD-R2 CHD-R4 CHD-E1 CHD-S1 CHD-D1"
    " CKD-U2 CKD-P1 CKD-P2 CKD-P3 CKD-P4 CKD-P5 CKD-P6 CKD-P7 GEN-U8 GEN-D6"
)


def test_what_nobody_has_checked_says_so() -> None:
    found = {each.id for each in loading.book().rules if each.status == "unverified"}
    assert found == set(UNVERIFIED.split())


def test_follow_up_within_two_weeks_where_the_source_says_so() -> None:
    found = {each.id: each.follow_up_days for each in loading.book().rules if each.follow_up_days}
    assert found == {"HTN-F5": 14, "HTN-F6": 14, "DM-5": 14, "GEN-U8": 14}


def test_rules_that_need_a_capability() -> None:
    found = {each.id: each.capability for each in loading.book().rules if each.capability}
    assert found == {
        "HTN-E5": "pci",
        "CHD-R1": "pci",
        "CHD-R3": "chest_pain_centre",
        "STR-R1": "thrombolysis",
        "STR-R2": "thrombectomy",
        "STR-R3": "stroke_centre",
        "STR-D1": "rehabilitation",
        "CKD-U3": "kidney_biopsy",
        "GEN-E4": "thrombolysis",
        "GEN-E7": "trauma_centre",
    }
