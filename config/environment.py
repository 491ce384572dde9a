"""Reads the environment for settings.py; a missing variable becomes a sentence that says what to do."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.launch import files, keys

ROOT = Path(__file__).resolve().parent.parent
START = "start with `make run`, or set it as docs/operations.md says"


def data_dir() -> Path:
    """Return the folder of this instance's data: DATA_DIR, else `.data` in the project."""
    return Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()


def _kept() -> dict[str, str]:
    """Return what `make run` wrote beside its data, so that `manage.py` by hand needs no variables."""
    folder = data_dir()
    try:
        return {**files.read_env(folder / keys.SERVERS), **files.read_env(folder / keys.SECRETS)}
    except PermissionError:
        return {}


_VALUES = {**_kept(), **os.environ}


def text(name: str, default: str | None = None, *, hint: str = "") -> str:
    """Return a variable; without a default a missing one stops the start with a sentence."""
    value = _VALUES.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set: {hint or 'docs/operations.md says what it should hold'}."
        )
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return a yes-or-no variable."""
    value = text(name, "true" if default else "false").lower()
    if value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: say true or false.")
    return value in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return a whole-number variable."""
    value = text(name, str(default))
    if not value.lstrip("-").isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}: it must be a whole number.")
    return int(value)


def one_of(name: str, known: tuple[str, ...], default: str) -> str:
    """Return a variable that is one of the words `known`."""
    value = text(name, default).lower()
    if value not in known:
        raise ImproperlyConfigured(f"{name} is {value!r}: say {', '.join(known)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def issuer(name: str) -> str:
    """Return the address of an identity provider, empty where there is none; only this machine without https."""
    value = text(name, "")
    parts = urlsplit(value)
    is_near = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if value and not (parts.scheme == "https" and parts.hostname) and not is_near:
        raise ImproperlyConfigured(f"{name} must begin with https://.")
    return value


def database(url: str, **options: object) -> dict[str, Any]:
    """Return Django's entry for a PostgreSQL address, with connection options added to those of the address."""
    entry: dict[str, Any] = environ.Env.db_url_config(url)
    entry["OPTIONS"] = {**entry.get("OPTIONS", {}), **options}
    return entry


def email(url: str) -> dict[str, Any]:
    """Return Django's e-mail settings for an address such as smtp+tls://user:password@host:587."""
    return dict(environ.Env.email_url_config(url))
