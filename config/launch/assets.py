"""Brings the packages of the front end with npm, as package-lock.json pins them."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from config.launch import binaries, child
from config.launch.trouble import DISK_FULL, NO_SPACE, Trouble

_STAMP = ".installed"
_FOR_TESTS = ".installed-for-tests"


def is_missing(root: Path, *, development: bool = False) -> bool:
    """Whether node_modules is missing or older than the lock file, or lacks what only tests load."""
    lock, stamp = root / "package-lock.json", _stamp(root, development)
    if not lock.exists():
        return False
    return not stamp.exists() or stamp.read_text(encoding="utf-8") != _digest(lock)


def install(root: Path, env: Mapping[str, str], *, development: bool = False) -> None:
    """Run `npm ci` with the Node that a package carries, or the machine's; if asked, with what tests load."""
    found = binaries.node()
    if found is None:
        raise Trouble(
            "No Node.js was found for the front-end packages: install Node.js 20 or newer."
        )
    npm, folder = found
    # Scripts of packages are not run: what we serve are plain files.
    extent = "--include=dev" if development else "--omit=dev"
    words = ["ci", extent, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{folder}{os.pathsep}{env.get('PATH', os.defpath)}"
    done = child.run([*npm, *words], cwd=root, env={**env, "PATH": path})
    if done.returncode:
        if NO_SPACE in done.stdout or "ENOSPC" in done.stdout:
            raise Trouble(DISK_FULL)
        print(f"\n{done.stdout[-2000:].strip()}", end="")
        raise Trouble(
            "The front-end packages could not be installed: check the network and start again."
        )
    for kind in {False, development}:
        _stamp(root, kind).write_text(_digest(root / "package-lock.json"), encoding="utf-8")


def _stamp(root: Path, development: bool) -> Path:
    return root / "node_modules" / (_FOR_TESTS if development else _STAMP)


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
