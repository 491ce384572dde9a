"""Finds the browsers in which tests walk through the pages; installs Debian's where that is simple."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final, NamedTuple

from config.launch import assets, child
from config.launch.steps import ROOT, step
from config.launch.trouble import Trouble


class Kind(NamedTuple):
    """A browser: what its program may be called, Debian's package, and what a person calls it."""

    names: tuple[str, ...]
    package: str
    called: str


CHROMIUM: Final = Kind(
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "chromium",
    "Chromium or Chrome",
)
FIREFOX: Final = Kind(("firefox-esr", "firefox"), "firefox-esr", "Firefox")
KINDS: Final = (CHROMIUM, FIREFOX)
_RELEASE = Path("/etc/os-release")


def find(kind: Kind = CHROMIUM) -> Path | None:
    """Return the program of a browser on this machine, or None."""
    found = (shutil.which(name) for name in kind.names)
    return next((Path(each) for each in found if each), None)


def missing(kind: Kind = CHROMIUM) -> str:
    """Return why the tests in a browser cannot run, in one sentence; empty where they can."""
    if find(kind) is None:
        return f"no {kind.called} was found on this machine"
    if assets.is_missing(ROOT, development=True):
        return "the packages of package.json for tests are not installed"
    return ""


def prepare() -> int:
    """Bring what the browser tests need, or say in a line for each browser that they will be skipped.

    Returns 1 where one is missing and `CI=true` says that nothing may be left out; else 0.
    """
    try:
        _bring()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    reasons = [reason for kind in KINDS if (reason := missing(kind))]
    for reason in dict.fromkeys(reasons):
        if must_run():
            print(f"The browser tests cannot run: {reason}.", file=sys.stderr)
        else:
            print(f"The browser tests are skipped: {reason}.", flush=True)
    return 1 if reasons and must_run() else 0


def must_run() -> bool:
    """Say whether skipping counts as failing: so in every run that is to judge a change."""
    return os.environ.get("CI", "").lower() == "true"


def _bring() -> None:
    """Install the browsers that are not there, where anybody may, and what the pages and their tests load."""
    packages = [kind.package for kind in KINDS if find(kind) is None]
    if packages and _may_install():
        with step(f"Installing Debian's {' and '.join(packages)} for the browser tests"):
            _install(packages)
    if find() is not None and assets.is_missing(ROOT, development=True):
        with step("Installing the packages of the pages and of their tests"):
            assets.install(ROOT, os.environ, development=True)


def _may_install() -> bool:
    """Say whether this is root on a Debian, where a package can be had without asking anybody."""
    try:
        release = _RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return os.geteuid() == 0 and "ID=debian" in release and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", *packages]):
        done = child.run(["apt-get", *command], env=env)
        if done.returncode:
            last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
            raise Trouble(f"`apt-get {' '.join(command)}` failed: {last}")
