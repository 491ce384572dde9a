"""Finds the Chromium or Chrome in which tests walk through the pages; installs Debian's where that is simple."""

import os
import shutil
import sys
from pathlib import Path

from config.launch import assets, child
from config.launch.steps import ROOT, step
from config.launch.trouble import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PACKAGE = "chromium"
_RELEASE = Path("/etc/os-release")
_TRIES = (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", _PACKAGE])


def find() -> Path | None:
    """Return the program of a browser on this machine, or None."""
    found = (shutil.which(name) for name in NAMES)
    return next((Path(each) for each in found if each), None)


def missing() -> str:
    """Return why the browser tests cannot run, in one sentence; empty where they can."""
    if find() is None:
        return "no Chromium or Chrome was found on this machine"
    if assets.is_missing(ROOT, development=True):
        return "the packages of package.json for tests are not installed"
    return ""


def prepare() -> int:
    """Bring what the browser tests need, or say in one line that they will be skipped.

    Returns 1 where it is missing and `CI=true` says that nothing may be left out; else 0.
    """
    try:
        if find() is None and _may_install():
            with step(f"Installing Debian's package {_PACKAGE} for the browser tests"):
                _install()
        if find() is not None and assets.is_missing(ROOT, development=True):
            with step("Installing the packages of the pages and of their tests"):
                assets.install(ROOT, os.environ, development=True)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    reason = missing()
    if not reason:
        return 0
    if must_run():
        print(f"The browser tests cannot run: {reason}.", file=sys.stderr)
        return 1
    print(f"The browser tests are skipped: {reason}.", flush=True)
    return 0


def must_run() -> bool:
    """Say whether skipping counts as failing: so in every run that is to judge a change."""
    return os.environ.get("CI", "").lower() == "true"


def _may_install() -> bool:
    """Say whether this is root on a Debian, where a package can be had without asking anybody."""
    try:
        release = _RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return os.geteuid() == 0 and "ID=debian" in release and shutil.which("apt-get") is not None


def _install() -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in _TRIES:
        done = child.run(command, env=env)
        if done.returncode:
            last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
            raise Trouble(f"`{' '.join(command)}` failed: {last}")
