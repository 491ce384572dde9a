"""Makes the keys and passwords of an installation once, and keeps them in its data directory."""

import base64
import secrets
from pathlib import Path

from config.launch import files

SECRETS = "secrets.env"
PASSWORDS = "passwords.env"
SERVERS = "servers.env"


def ensure_secrets(folder: Path) -> dict[str, str]:
    """Return SECRET_KEY, FIELD_KEYS and BLIND_INDEX_KEY, making what is missing (lost keys make fields unreadable)."""
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"1:{_random_key()}",
        "BLIND_INDEX_KEY": _random_key(),
    }
    return _ensure(
        folder / SECRETS,
        fresh,
        "Keys of this installation: keep a copy elsewhere, never in the backup.",
    )


def ensure_passwords(folder: Path) -> dict[str, str]:
    """Return the passwords of the embedded servers, making what is missing."""
    names = ("POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "BROKER_PASSWORD")
    return _ensure(
        folder / PASSWORDS,
        {name: secrets.token_urlsafe(24) for name in names},
        "Passwords of the servers.",
    )


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _ensure(path: Path, fresh: dict[str, str], title: str) -> dict[str, str]:
    known = files.read_env(path)
    values = {**fresh, **known}
    if values != known:
        files.write_env(path, values, title=title)
    return values
