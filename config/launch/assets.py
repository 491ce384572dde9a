"""Brings what the pages need: packages of the front end, compiled translations, collected static files."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from config.launch import binaries, child, steps
from config.launch.trouble import DISK_FULL, NO_SPACE, Trouble

_STAMP = ".installed"


def install_packages(root: Path, env: Mapping[str, str]) -> bool:
    """Run `npm ci` when node_modules is missing or the lock file has changed; return whether it ran."""
    lock, modules = root / "package-lock.json", root / "node_modules"
    if not lock.exists():
        return False
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = modules / _STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return False
    found = binaries.node()
    if found is None:
        raise Trouble(
            "No Node.js was found for the front-end packages: install Node.js 20 or newer."
        )
    npm, folder = found
    # Scripts of packages are not run: what we serve are plain files.
    words = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{folder}{os.pathsep}{env.get('PATH', os.defpath)}"
    done = child.run([*npm, *words], cwd=root, env={**env, "PATH": path})
    if done.returncode:
        if NO_SPACE in done.stdout or "ENOSPC" in done.stdout:
            raise Trouble(DISK_FULL)
        print(done.stdout[-2000:])
        raise Trouble(
            "The front-end packages could not be installed: check the network and start again."
        )
    stamp.write_text(digest, encoding="utf-8")
    return True


def prepare(env: Mapping[str, str], log: Path) -> None:
    """Do all three, each only as far as something changed."""
    install_packages(steps.ROOT, env)
    steps.manage("compile_translations", env=env, log=log)
    steps.manage("collectstatic", "--no-input", "--verbosity", "0", env=env, log=log)
