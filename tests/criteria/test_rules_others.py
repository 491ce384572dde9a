"""The same for COPD, stroke, coronary and kidney disease, and the generic lists."""

from typing import Any

import pytest

from referral.criteria import loading
from referral.criteria.evaluate import MET, NOT_MET
from tests.criteria import test_rules
from tests.criteria.cases import ask

YES, NO = True, False
SETTLED = {"diagnosis_and_plan_settled": YES}
QUIET = {**SETTLED, "exacerbation_controlled": YES, "comorbidity_stable": YES}
NEURO = {
    "acute_treatment_finished": YES,
    "vital_signs_stable": YES,
    "cause_and_secondary_prevention_settled": YES,
}
FAST = {"fast_positive": YES}
LVO = {**FAST, "suspected_large_vessel_occlusion": YES}
NO_BLEED = {
    "consciousness_disorder": NO,
    "severe_headache_vomiting": NO,
    "suspected_haemorrhage": NO,
}
BOUNDARIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "COPD-E1",
        {"new_or_worse_cyanosis": YES},
        {"consciousness_change": NO, "new_or_worse_cyanosis": NO, "new_peripheral_oedema": NO},
    ),
    ("COPD-E2", {"spo2": 89}, {"spo2": 90}),
    ("COPD-E3", {"respiratory_rate": 31}, {"respiratory_rate": 30}),
    ("COPD-E4", {"sbp": 89}, {"sbp": 90}),
    (
        "COPD-E5",
        {"severe_comorbidity": YES},
        {"severe_comorbidity": NO, "exacerbation_no_response_to_first_treatment": NO},
    ),
    (
        "COPD-E5",
        {"exacerbation_no_response_to_first_treatment": YES},
        {"severe_comorbidity": NO, "exacerbation_no_response_to_first_treatment": NO},
    ),
    ("COPD-S1", {"suspected_needs_spirometry": YES}, {"suspected_needs_spirometry": NO}),
    ("COPD-S2", {"exacerbations_in_12_months": 2}, {"exacerbations_in_12_months": 1}),
    (
        "COPD-S3",
        {"needs_home_oxygen_or_niv_assessment": YES},
        {"worse_under_regular_treatment": NO, "needs_home_oxygen_or_niv_assessment": NO},
    ),
    (
        "COPD-D1",
        {**QUIET, "local_long_term_oxygen": YES},
        {**QUIET, "local_long_term_oxygen": NO, "local_rehabilitation": NO},
    ),
    ("COPD-D1", {**QUIET, "local_rehabilitation": YES}, {**QUIET, "comorbidity_stable": NO}),
    (
        "STR-R1",
        {**FAST, "hours_since_last_known_well": 4.5},
        {**FAST, "hours_since_last_known_well": 4.6},
    ),
    ("STR-R1", {**FAST, "hours_since_last_known_well": 0}, {"fast_positive": NO}),
    (
        "STR-R2",
        {**LVO, "hours_since_last_known_well": 24},
        {**LVO, "hours_since_last_known_well": 24.1},
    ),
    (
        "STR-R2",
        {**LVO, "hours_since_last_known_well": 4.6},
        {**FAST, "suspected_large_vessel_occlusion": NO},
    ),
    ("STR-R3", {"sbp": 220}, {**NO_BLEED, "sbp": 219, "dbp": 119}),
    ("STR-R3", {"dbp": 120}, {**NO_BLEED, "sbp": 219, "dbp": 119}),
    ("STR-R3", {"suspected_haemorrhage": YES}, {**NO_BLEED, "sbp": 130, "dbp": 80}),
    ("STR-E1", {"tia": YES, "days_since_tia": 7}, {"tia": YES, "days_since_tia": 7.1}),
    (
        "STR-S1",
        {"new_deficit": YES},
        {
            "recurrence_under_secondary_prevention": NO,
            "risk_factors_uncontrolled": NO,
            "drug_intolerance": NO,
            "new_deficit": NO,
            "needs_cea_cas_assessment": NO,
        },
    ),
    (
        "STR-D1",
        {**NEURO, "local_rehabilitation": YES},
        {**NEURO, "local_rehabilitation": NO},
    ),
    (
        "CHD-R1",
        {"chest_pain_minutes": 10, "st_elevation_leads": 2},
        {"chest_pain_minutes": 9, "st_elevation_leads": 2},
    ),
    (
        "CHD-R1",
        {"chest_pain_minutes": 10, "st_elevation_leads": 2},
        {"chest_pain_minutes": 10, "st_elevation_leads": 1},
    ),
    (
        "CHD-R2",
        {"stemi": YES, "expected_first_contact_to_wire_time": 121},
        {"stemi": YES, "expected_first_contact_to_wire_time": 120},
    ),
    (
        "CHD-R3",
        {"ischaemic_pain_minutes": 16, "not_relieved_by_nitroglycerin": YES},
        {
            "ischaemic_pain_minutes": 15,
            "not_relieved_by_nitroglycerin": YES,
            "troponin_above_99th_percentile": NO,
        },
    ),
    (
        "CHD-R3",
        {"troponin_above_99th_percentile": YES},
        {"troponin_above_99th_percentile": NO, "not_relieved_by_nitroglycerin": NO},
    ),
    (
        "CHD-R4",
        {"angina": YES, "syncope": YES},
        {
            "angina": YES,
            "shock": NO,
            "malignant_arrhythmia": NO,
            "acute_heart_failure": NO,
            "syncope": NO,
        },
    ),
    (
        "CHD-E1",
        {"new_onset_angina": YES, "ccs_class": 3},
        {"rest_pain": NO, "new_onset_angina": YES, "ccs_class": 2, "accelerating_angina": NO},
    ),
    (
        "CHD-E1",
        {"rest_pain": YES},
        {"rest_pain": NO, "new_onset_angina": NO, "accelerating_angina": NO},
    ),
    (
        "CHD-S1",
        {"before_elective_surgery": YES},
        {
            "suspected_needs_stress_test_cta_or_angiography": NO,
            "poor_control_on_drugs": NO,
            "new_heart_failure_or_arrhythmia": NO,
            "drug_intolerance": NO,
            "bleeding": NO,
            "before_elective_surgery": NO,
        },
    ),
    (
        "CHD-D1",
        {**SETTLED, "condition_stable": YES, "secondary_prevention_plan_given": YES},
        {**SETTLED, "condition_stable": YES, "secondary_prevention_plan_given": NO},
    ),
    ("CKD-U1", {"hard_to_control": YES}, {"hard_to_diagnose": NO, "hard_to_control": NO}),
    (
        "CKD-U2",
        {"exacerbation_or_critical_complication_not_stabilised": YES},
        {"exacerbation_or_critical_complication_not_stabilised": NO},
    ),
    (
        "CKD-U3",
        {"kidney_biopsy_needed_not_available": YES},
        {"kidney_biopsy_needed_not_available": NO},
    ),
    ("CKD-U4", {"suspected_rare_disease": YES}, {"suspected_rare_disease": NO}),
    ("CKD-U5", {"difficult_dialysis_access": YES}, {"difficult_dialysis_access": NO}),
    ("CKD-P1", {"egfr": 29.9}, {"egfr": 30}),
    ("CKD-P2", {"egfr_fall_per_year": 5.1}, {"egfr_fall_per_year": 5, "egfr_fall_share": 25}),
    (
        "CKD-P2",
        {"egfr_fall_share": 25.1, "egfr_category_change": YES},
        {"egfr_fall_per_year": 5, "egfr_fall_share": 30, "egfr_category_change": NO},
    ),
    ("CKD-P3", {"acr": 300}, {"acr": 299.9}),
    ("CKD-P4", {"potassium": 6.1}, {"potassium": 6.0}),
    ("CKD-P5", {"unexplained_haematuria": YES}, {"unexplained_haematuria": NO}),
    (
        "CKD-P6",
        {"antihypertensive_drugs": 4, "bp_not_at_goal": YES},
        {"antihypertensive_drugs": 3, "bp_not_at_goal": YES},
    ),
    ("CKD-P7", {"hereditary_kidney_disease": YES}, {"hereditary_kidney_disease": NO}),
    (
        "CKD-D1",
        {"stable_after_exacerbation": YES, "long_term_plan_adjusted": YES},
        {"stable_after_exacerbation": YES, "long_term_plan_adjusted": NO},
    ),
    (
        "CKD-D2",
        {"comorbidity_diagnosed": YES, "plan_evaluated": YES, "comorbidity_controlled": YES},
        {"comorbidity_diagnosed": YES, "plan_evaluated": YES, "comorbidity_controlled": NO},
    ),
    (
        "CKD-D3",
        {"tcm_plan_settled": YES, "condition_stable": YES},
        {"tcm_plan_settled": NO, "condition_stable": YES},
    ),
    (
        "CKD-D4",
        {
            "diagnosis_clear": YES,
            "condition_stable": YES,
            "glucocorticoid_stopped": YES,
            "immunosuppressant_stopped": YES,
        },
        {
            "diagnosis_clear": YES,
            "condition_stable": YES,
            "glucocorticoid_stopped": NO,
            "exacerbation_controlled": NO,
        },
    ),
    (
        "CKD-D4",
        {"exacerbation_controlled": YES, "immunosuppressant_stopped": YES},
        {"exacerbation_controlled": YES, "immunosuppressant_stopped": NO},
    ),
    ("GEN-E1", {"gcs": 12}, {"gcs": 13}),
    (
        "GEN-E2",
        {"chest_pain_minutes": 15.1, "chest_pain_not_relieved": YES},
        {"chest_pain_minutes": 15, "chest_pain_not_relieved": YES},
    ),
    ("GEN-E3", {"respiratory_rate": 31}, {"respiratory_rate": 30, "spo2": 90}),
    ("GEN-E3", {"spo2": 89.9}, {"respiratory_rate": 30, "spo2": 90}),
    (
        "GEN-E4",
        {"suspected_stroke": YES, "hours_since_stroke_onset": 4.5},
        {"suspected_stroke": YES, "hours_since_stroke_onset": 4.51},
    ),
    ("GEN-E5", {"haemoptysis_ml_in_24_h": 501}, {"haemoptysis_ml_in_24_h": 500}),
    ("GEN-E6", {"gi_bleeding": YES, "sbp": 89}, {"gi_bleeding": YES, "sbp": 90}),
    ("GEN-E7", {"iss": 16}, {"iss": 15}),
    (
        "GEN-E8",
        {"temperature": 39.6, "fever_hours": 2, "convulsion": YES},
        {"temperature": 39.5, "fever_hours": 2, "convulsion": YES},
    ),
    (
        "GEN-E8",
        {"temperature": 39.6, "fever_hours": 2, "convulsion": YES},
        {"temperature": 39.6, "fever_hours": 1.9, "convulsion": YES},
    ),
    (
        "GEN-D1",
        {"diagnosis_clear": YES, "long_term_chronic_disease": YES},
        {
            "diagnosis_clear": YES,
            "long_term_chronic_disease": NO,
            "no_special_treatment_needed": NO,
        },
    ),
]
# One question each, answered yes or no.
PLAIN = {
    "GEN-U1": "critical_condition_not_treatable_here",
    "GEN-U2": "difficult_case_beyond_means",
    "GEN-U3": "public_health_event_beyond_means",
    "GEN-U4": "technique_or_equipment_limited",
    "GEN-U5": "outside_registered_departments",
    "GEN-U6": "needs_higher_level_examination",
    "GEN-U7": "other_reason_up",
    "GEN-U8": "suspected_malignancy",
    "GEN-D2": "patient_asks_to_return",
    "GEN-D3": "elderly_needs_long_term_care",
    "GEN-D4": "common_illness",
    "GEN-D5": "agreed_by_both_sides",
    "GEN-D6": "tumour_follow_up_or_palliative_care",
}


@pytest.mark.parametrize(("rule", "meets", "fails"), BOUNDARIES)
def test_a_rule_holds_on_one_side_of_its_boundary(
    rule: str, meets: dict[str, Any], fails: dict[str, Any]
) -> None:
    assert ask(rule, **meets).outcome == MET
    assert ask(rule, **fails).outcome == NOT_MET


@pytest.mark.parametrize("rule", PLAIN)
def test_a_plain_question_decides(rule: str) -> None:
    assert ask(rule, **{PLAIN[rule]: True}).outcome == MET
    assert ask(rule, **{PLAIN[rule]: False}).outcome == NOT_MET


def test_no_rule_is_without_its_boundary() -> None:
    """A rule that is added brings its boundary along."""
    tried = {case[0] for case in [*BOUNDARIES, *test_rules.BOUNDARIES]} | set(PLAIN)
    assert {each.id for each in loading.book().rules} == tried


URGENT = [f"COPD-E{number}" for number in range(1, 5)]
URGENT += [f"{group}-R{number}" for group in ("STR", "CHD") for number in range(1, 4)]


def test_urgencies_of_these_diseases() -> None:
    rules = {each.id: each.urgency for each in loading.book().rules}
    for name in [
        "COPD-E1",
        "COPD-E2",
        "COPD-E3",
        "COPD-E4",
        "STR-R1",
        "STR-R2",
        "STR-R3",
        "CHD-R1",
        "CHD-R2",
        "CHD-R3",
    ]:
        assert rules[name] == "immediate", name
    for name in ("COPD-E5", "STR-E1", "CHD-E1"):
        assert rules[name] == "same-day", name
    for name in ("COPD-S1", "COPD-S2", "COPD-S3", "STR-S1", "CHD-S1", "CKD-P1"):
        assert rules[name] == "routine", name
    for name in ("COPD-D1", "STR-D1", "CHD-D1", "CKD-D1", "CKD-D4", "GEN-D1"):
        assert rules[name] == "", name
    assert (rules["CHD-R4"], rules["CKD-P4"]) == ("immediate", "immediate")
