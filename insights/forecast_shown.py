"""Tells a stored forecast: the same numbers for the page and the REST door, without what tells of few persons."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from insights import forecast_data
from insights.actions.jobs import LANGUAGES
from insights.forecast import HORIZON, INTERVAL, SEASON, Method
from insights.models import DepartmentForecast, Job, JobState
from insights.policy import numbers as policy
from insights.scopes import Where, received_by
from insights.thresholds import FEW_PERSONS
from insights.values import Why
from insights.weeks import WEEK

UNASKED: Final = "unasked"
CLOSED: Final = "closed"
TOO_FEW: Final = Why.TOO_FEW.value
REASONS: Final = (CLOSED, TOO_FEW)
FAILED: Final = _(
    "The calculation did not succeed. Ask again; if it fails again, tell who runs the system."
)
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom, and how many weeks ahead."""

    facility_id: UUID
    department_id: UUID | None
    weeks: int = HORIZON

    @property
    def where(self) -> Where:
        """The scope whose numbers these are."""
        return received_by(self.facility_id)


def told(row: DepartmentForecast | None, asked: Asked, by: Actor) -> Data:
    """Return what is known in the reader's language; who may not see the rows is shown no week of few persons."""
    outcome: Data = row.outcome if row is not None else {}
    past = _past(outcome, is_whole=policy.sees_rows(asked.where, by))
    return {
        "facility": asked.facility_id,
        "department": asked.department_id,
        "state": row.state if row else UNASKED,
        "asked_at": row.asked_at if row else None,
        "computed_at": row.computed_at if row else None,
        "data_until": row.data_until if row else None,
        "refusal": refusal(row) if row else None,
        "past": past,
        "better": outcome.get("better"),
        "range": INTERVAL,
        "methods": [_method(way, past, asked.weeks) for way in outcome.get("methods", ())],
        "notes": _notes(outcome.get("notes", ())),
    }


def refusal(job: Job) -> Data | None:
    """Return why something could not be computed, in the reader's language; None where it could."""
    if job.state == JobState.FAILED:
        return {"code": "calculation-failed", "detail": str(FAILED)}
    said = job.outcome.get("refused")
    if said is None:
        return None
    return {"code": said["code"], "detail": said["words"][_language()]}


def _language() -> str:
    spoken = get_language() or LANGUAGES[0]
    return LANGUAGES[1] if spoken.startswith(LANGUAGES[1]) else LANGUAGES[0]


def _past(outcome: Data, *, is_whole: bool) -> list[Data]:
    weeks = []
    for week, legs, persons in outcome.get("past", ()):
        reason = (
            CLOSED if legs is None else TOO_FEW if persons < FEW_PERSONS and not is_whole else None
        )
        count = None if reason else legs
        weeks.append({"week": date.fromisoformat(week), "count": count, "reason": reason})
    return weeks


def why(reason: str | None) -> str:
    """Return in words why a week has no number."""
    if reason is None:
        return ""
    return str(_("Closed")) if reason == CLOSED else Why(reason).words


def _notes(codes: Any) -> list[Data]:
    texts = forecast_data.words()["notes"]
    return [{"code": code, "text": texts[code]} for code in codes]


def _method(way: Data, past: list[Data], weeks: int) -> Data:
    error = way["error"]
    mase = error["mase"]
    hidden = _hidden(way, past)
    return {
        "method": way["method"],
        "name": forecast_data.words()["methods"][way["method"]],
        "mean_error": round(error["mae"], 2),
        "against_year_before": None if mase is None else round(mase, 2),
        "covered": round(error["covered"], 3),
        "weeks_tried": error["n"],
        "ahead": [_ahead(each, hidden) for each in way["ahead"][:weeks]],
    }


def _hidden(way: Data, past: list[Data]) -> set[date]:
    """Return the weeks ahead whose estimate is the very number of a week that is not shown."""
    if way["method"] != Method.SEASONAL_NAIVE:
        return set()
    before = {each["week"] for each in past if each["reason"] == TOO_FEW}
    ahead = (date.fromisoformat(each["week"]) for each in way["ahead"])
    years = (SEASON, 2 * SEASON)
    return {week for week in ahead if any(week - WEEK * length in before for length in years)}


def _ahead(each: Data, hidden: set[date]) -> Data:
    week = date.fromisoformat(each["week"])
    is_hidden = week in hidden
    numbers = {
        name: None if is_hidden else round(each[name], 1) for name in ("estimate", "low", "high")
    }
    return {"week": week, **numbers, "reason": TOO_FEW if is_hidden else None}
