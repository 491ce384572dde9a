"""Keeps the password of an installation's sign-ins beside its data: made once, by chance, for its owner only."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accounts.models import User

FILE: Final = "sign-ins"
PASSWORD: Final = "password"  # noqa: S105 - the name of a line
BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user with a password; None where its owner has changed it since."""

    username: str
    label: str
    full_name: str
    password: str | None


def _print_of(user: User) -> str:
    """Return a fingerprint of the stored hash, by which a changed password shows without hashing."""
    return hashlib.sha256(user.password.encode()).hexdigest()[:24]


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _write(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("# The password of the scenario's sign-ins, and fingerprints of what was set.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)


def ensure(folder: Path, users: Mapping[str, User], labels: Mapping[str, str]) -> list[SignIn]:
    """Give each user in `labels` the installation's password unless it has one; return them in order.

    A password that somebody changed is left alone. Without the file everybody gets a new one.
    """
    path = folder / FILE
    known = _read(path)
    password = known.get(PASSWORD) or secrets.token_urlsafe(BYTES)
    values = {**known, PASSWORD: password}
    for username in labels:
        user = users[username]
        if PASSWORD not in known or not user.has_usable_password():
            user.set_password(password)
            user.save(update_fields=["password"])
            values[username] = _print_of(user)
    if values != known:
        _write(path, values)
    return [
        SignIn(
            username=username,
            label=label,
            full_name=users[username].full_name,
            password=password if values.get(username) == _print_of(users[username]) else None,
        )
        for username, label in labels.items()
    ]
