"""The browser of the browser tests: found, installed where that is simple, or skipped in one line."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from config.launch import assets, browser


class Machine:
    """A machine without a browser, on which `apt-get` may bring one."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.programs, self.asked, self.brings = {"apt-get"}, list[list[str]](), True
        self.release = folder / "os-release"
        self.release.write_text('NAME="Debian GNU/Linux"\nID=debian\n', encoding="utf-8")
        patch.setattr("config.launch.browser.shutil.which", self.which)
        patch.setattr("config.launch.browser.os.geteuid", lambda: 0)
        patch.setattr("config.launch.browser.child.run", self.run)
        patch.setattr("config.launch.assets.is_missing", lambda *_root, **_kind: False)
        patch.setattr(browser, "_RELEASE", self.release)

    def which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if name in self.programs else None

    def run(self, command: Sequence[str], **_options: Any) -> "subprocess.CompletedProcess[str]":
        self.asked.append(list(command))
        if self.brings and command[1] == "install":
            self.programs.update(command[4:])
        return subprocess.CompletedProcess(command, 0 if self.brings else 100, "E: no network\n")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.delenv("CI", raising=False)
    return Machine(monkeypatch, tmp_path)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_what_is_there_is_taken(machine: Machine, name: str) -> None:
    machine.programs |= {name, "firefox"}
    assert browser.prepare() == 0
    assert browser.find() == Path(f"/usr/bin/{name}")
    assert browser.find(browser.FIREFOX) == Path("/usr/bin/firefox")
    assert machine.asked == []


@pytest.mark.parametrize(
    ("there", "brought"),
    [
        (set(), ["chromium", "firefox-esr"]),
        ({"chromium"}, ["firefox-esr"]),
        ({"firefox"}, ["chromium"]),
    ],
)
def test_root_on_debian_installs_what_is_not_there(
    machine: Machine, there: set[str], brought: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    machine.programs |= there
    assert browser.prepare() == 0
    assert machine.asked[-1] == ["apt-get", "install", "-qq", "-y", *brought]
    assert [browser.missing(kind) for kind in browser.KINDS] == ["", ""]
    assert f"Installing Debian's {' and '.join(brought)} for" in capsys.readouterr().out


@pytest.mark.parametrize("case", ["user", "ubuntu", "no file", "no apt"])
def test_nobody_else_installs_anything(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if case == "user":
        monkeypatch.setattr("config.launch.browser.os.geteuid", lambda: 1000)
    elif case == "ubuntu":
        machine.release.write_text("ID=ubuntu\nID_LIKE=debian\n", encoding="utf-8")
    elif case == "no file":
        machine.release.unlink()
    else:
        machine.programs.clear()
    assert browser.prepare() == 0
    assert machine.asked == []
    assert capsys.readouterr().out.splitlines() == [
        f"The browser tests are skipped: no {name} was found on this machine."
        for name in ("Chromium or Chrome", "Firefox")
    ]


@pytest.mark.parametrize(("judging", "code"), [("", 0), ("true", 1), ("TRUE", 1), ("false", 0)])
def test_a_run_that_judges_fails_without_one(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    judging: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine.brings = False
    monkeypatch.setenv("CI", judging)
    assert browser.prepare() == code
    assert "`apt-get update -qq` failed: E: no network" in capsys.readouterr().err


def test_packages_that_only_tests_load_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def npm(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        asked.append(command)
        (tmp_path / "node_modules").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr("config.launch.assets.child.run", npm)
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    assets.install(tmp_path, {})
    assert not assets.is_missing(tmp_path)
    assert assets.is_missing(tmp_path, development=True)
    assets.install(tmp_path, {}, development=True)
    assert not assets.is_missing(tmp_path), "what tests load holds what pages load"
    assert not assets.is_missing(tmp_path, development=True)
    assert ["--omit=dev" in words for words in asked] == [True, False]
