"""Finds the channel of a message by the name that `config.wiring.CHANNELS` gives it."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.channels.contract import Channel


@cache
def channel(name: str) -> Channel:
    """The channel of this name; raises LookupError if the wiring has none."""
    wiring = getattr(settings, "WIRING", "config.wiring")
    paths: dict[str, str] = import_string(f"{wiring}.CHANNELS")
    made: Channel = import_string(paths[name])()
    return made
