"""Guards what a message may say: ids, states, times and numbers, never names or clinical words.

The outbox has no row-level security and its messages leave the system, so a
payload that holds anything else is refused before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.module_loading import import_string

JSON = str | int | bool | None | list[str]

CODE = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+){0,5}")
TOPIC = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}")
MAX_CODE = 40
MAX_NUMBER = 10**9  # below any phone or document number
MAX_KEYS = 24
MAX_IDS = 50


class UnsafePayload(ValueError):
    """The payload holds something that may not leave the system; a defect of the caller."""


@cache
def known_words() -> frozenset[str]:
    """Keys whose value is a code word (such as a state), from `config.wiring.PAYLOAD_WORDS`."""
    wiring = getattr(settings, "WIRING", "config.wiring")
    return frozenset(import_string(f"{wiring}.PAYLOAD_WORDS"))


def checked(topic: str, payload: Mapping[str, object]) -> dict[str, JSON]:
    """The payload as JSON values; raises UnsafePayload naming the key, never the value.

    Allowed: null; keys `id`, `…_id`, `…_ids` with UUIDs; `…_at`, `…_on` with
    times and dates; any other lower-case key with a boolean or a whole number
    below 10⁹; and the keys of `PAYLOAD_WORDS` with a code word.
    """
    if not TOPIC.fullmatch(topic) or len(topic) > 80:
        raise UnsafePayload(f"Not a topic: {topic!r}")
    if len(payload) > MAX_KEYS:
        raise UnsafePayload(f"The payload of {topic} has more than {MAX_KEYS} keys.")
    return {key: _value(topic, key, value) for key, value in payload.items()}


def _value(topic: str, key: str, value: object) -> JSON:
    if not CODE.fullmatch(key) or len(key) > MAX_CODE:
        raise UnsafePayload(f"The payload of {topic} has a key that is no name.")
    if value is None:
        return None
    for endings, read in _BY_ENDING:
        if key.endswith(endings):
            return read(topic, key, value)
    return _plain(topic, key, value)


def _plain(topic: str, key: str, value: object) -> JSON:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < MAX_NUMBER):
        return int(value) if not isinstance(value, bool) else value
    if isinstance(value, str) and key in known_words():
        text = str.__str__(value)
        if len(text) <= MAX_CODE and CODE.fullmatch(text):
            return text
    raise UnsafePayload(f"The payload of {topic} may not hold {key!r}.")


def _id(topic: str, key: str, value: object) -> str:
    try:
        return str(value if isinstance(value, UUID) else UUID(str(value)))
    except ValueError:
        raise UnsafePayload(f"The payload of {topic} holds no UUID in {key!r}.") from None


def _ids(topic: str, key: str, value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > MAX_IDS:
        raise UnsafePayload(f"The payload of {topic} holds no list of UUIDs in {key!r}.")
    return [_id(topic, key, each) for each in value]


def _time(topic: str, key: str, value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str):
        try:
            parsed = parse_datetime(value) or parse_date(value)
        except ValueError:
            parsed = None
        if parsed is not None:
            return parsed.isoformat()
    raise UnsafePayload(f"The payload of {topic} holds no time in {key!r}.")


_BY_ENDING: tuple[tuple[tuple[str, ...], Callable[[str, str, object], JSON]], ...] = (
    (("_ids",), _ids),
    (("_id", "id"), _id),
    (("_at", "_on"), _time),
)
