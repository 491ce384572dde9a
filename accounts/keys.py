"""Reads the secret keys from settings and refuses to start with keys that are missing or weak."""

import base64
import binascii
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class FieldKeys:
    """AES-256 keys by id (1 to 255); new values use `active`, old ones name their own."""

    active: int
    by_id: dict[int, bytes]


def _decoded(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ImproperlyConfigured(f"{name} is not base64: make one of 32 random bytes.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} has {len(key)} bytes, but 32 are needed.")
    return key


def parse_field_keys(text: str) -> FieldKeys:
    """Parse `id:base64[,id:base64…]`; the last key is the active one."""
    by_id: dict[int, bytes] = {}
    active = 0
    for part in text.split(","):
        number, _, key = part.strip().partition(":")
        if not number.isdigit() or not 1 <= int(number) <= 255:
            raise ImproperlyConfigured("FIELD_KEYS needs the form 1:<base64>,2:<base64>.")
        active = int(number)
        by_id[active] = _decoded(key, "FIELD_KEYS")
    return FieldKeys(active=active, by_id=by_id)


@cache
def field_keys() -> FieldKeys:
    """Return the keys of encrypted fields."""
    return parse_field_keys(settings.FIELD_KEYS)


@cache
def blind_index_key() -> bytes:
    """Return the key of blind indexes, which lives outside the database and its backups."""
    return _decoded(settings.BLIND_INDEX_KEY, "BLIND_INDEX_KEY")
