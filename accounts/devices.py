"""Says in a few words which browser on which system a session belongs to."""

import re
from typing import Final

# The first that fits: browsers name their forefathers too.
BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("Edg/", "Edge"),
    ("QQBrowser", "QQ"),
    ("360SE", "360"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def words(agent: str) -> str:
    """Return browser and system of a User-Agent header, an empty text for what is neither."""
    text = re.sub(r"[^ -~]", "", agent)[:1000]
    found = [
        next((name for mark, name in marks if mark in text), "") for marks in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(each for each in found if each)
