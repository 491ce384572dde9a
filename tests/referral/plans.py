"""Medicines, visits and long prescriptions as a hospital doctor writes them."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

REASON: Final = {"reason_code": "stable_continue", "plan": "每日监测血压, 两周后复诊"}
AMLODIPINE: Final = {
    "name": "苯磺酸氨氯地平",
    "strength": "片剂 5mg",
    "dose": "5mg",
    "route": "口服",
    "frequency": "每日一次",
}


def medicine(days: int | None = 14, **changes: Any) -> dict[str, Any]:
    """Return a medicine for so many days."""
    return {**AMLODIPINE, "days": days, **changes}


def long_prescription(**changes: Any) -> dict[str, Any]:
    """Return a complete long prescription; a field given as None is left out."""
    signed = (timezone.now() - timedelta(minutes=5)).isoformat()
    whole = {
        "diagnosis_clear": True,
        "regimen_stable": True,
        "adherence_good": True,
        "condition_controlled": True,
        "long_term_needed": True,
        "assessment": "血压平稳三个月, 依从性好",
        "signature_method": "paper",
        "signed_by": "patient",
        "signed_at": signed,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def sent(*medicines: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Return the body of a return that is sent at once."""
    return {**REASON, "submit": True, "medicines": list(medicines), **parts}
