"""Counts: takes what changed, derives the facts anew, and keeps the counters in step."""

from insights.actions.counting import count_changes, rebuild

__all__ = ["count_changes", "rebuild"]
