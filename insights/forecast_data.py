"""Puts a forecast into plain data that can be kept and sent; words are added in the reader's language."""

from dataclasses import asdict
from typing import Any

from insights.forecast import METHODS, NOTES, Forecast, Way

Data = dict[str, Any]


def as_data(forecast: Forecast) -> Data:
    """Return codes, numbers and the Mondays of weeks; nothing that depends on a language."""
    return {
        "better": str(forecast.better),
        "methods": [_way(way) for way in (forecast.naive, forecast.model) if way is not None],
        "notes": [str(note) for note in forecast.notes],
    }


def words() -> Data:
    """Return the names of the methods and the notes by code, in the reader's language."""
    return {
        "methods": {str(method): str(name) for method, name in METHODS.items()},
        "notes": {str(note): str(text) for note, text in NOTES.items()},
    }


def _way(way: Way) -> Data:
    return {
        "method": str(way.method),
        "error": asdict(way.error),
        "ahead": [{**asdict(each), "week": each.week.isoformat()} for each in way.ahead],
    }
