"""What the person at the terminal meets: one sentence for each thing that is wrong, and services that come back."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.launch import assets, child, install, links, run, steps, trouble
from config.launch.steps import ROOT


def _launch(command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    words = [sys.executable, "-m", "config.launch", command]
    return subprocess.run(
        words,
        cwd=ROOT,
        env={**env, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_taken_port_is_one_sentence(folder: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = _launch("run", PORT=str(port), DATA_DIR=str(folder))
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} is taken: stop what listens there, or say PORT={port + 1} make run.\n"
    )


@pytest.mark.parametrize("port", ["eighty", "0", "65536"])
def test_a_senseless_port_is_one_sentence(folder: Path, port: str) -> None:
    done = _launch("run", PORT=port, DATA_DIR=str(folder))
    assert (done.returncode, done.stderr) == (
        1,
        f"PORT is {port!r}: it must be a number from 1 to 65535.\n",
    )


def test_a_data_directory_that_cannot_be_made_is_one_sentence(folder: Path) -> None:
    file = folder / "a file"
    file.write_text("", encoding="utf-8")
    done = _launch("servers", DATA_DIR=str(file / "data"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_an_old_python_is_one_sentence() -> None:
    script = (ROOT / "config/launch/require_python.py").read_text(encoding="utf-8")
    pretend = f"import sys; sys.version_info = (3, 8, 0); exec({script!r})"
    done = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed, this is 3.8: ")
    assert done.stderr.count("\n") == 1


def test_an_unknown_command_says_what_there_is() -> None:
    done = _launch("dance")
    assert (done.returncode, done.stderr) == (2, "Say one of: run, servers, check, browser.\n")


def test_a_full_disk_reported_by_the_system() -> None:
    assert trouble.sentence_for(OSError(28, "No space left on device")) == trouble.DISK_FULL
    assert "may not be written" in trouble.sentence_for(PermissionError(13, "no", "/x"))


def test_a_failed_management_command_is_one_sentence(folder: Path) -> None:
    with pytest.raises(trouble.Trouble, match=r"`manage.py no_such_command` failed: [^\n]+"):
        steps.manage("no_such_command", env=os.environ, log=folder / "log")
    assert "no_such_command" in (folder / "log").read_text(encoding="utf-8")


def _service(folder: Path, script: str) -> run.Service:
    return run.Service("clock", [sys.executable, "-c", script], os.environ, folder / "clock.log")


def test_a_dead_service_is_named_and_comes_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = _service(folder, "import time; time.sleep(60)")
    service.start()
    assert service.process is not None
    first = service.process.pid
    service.process.kill()
    service.process.wait()
    service.revive(time.monotonic())
    try:
        assert service.process.pid != first
        assert "clock ended with code -9" in capsys.readouterr().out
    finally:
        service.stop()
    assert service.process.poll() is not None


def test_a_service_that_keeps_dying_stops_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.launch.run.time.sleep", lambda _: None)
    service = _service(folder, "raise SystemExit(3)")
    service.start()

    def die_and_revive(times: int) -> None:
        for _ in range(times):
            assert service.process is not None
            service.process.wait()
            service.revive(time.monotonic())

    die_and_revive(4)
    with pytest.raises(trouble.Trouble, match=r"clock ended 5 times within a minute: read .*clock"):
        die_and_revive(1)


def test_children_are_stopped_even_when_they_do_not_listen() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    read, write = os.pipe()
    with os.fdopen(read) as heard, os.fdopen(write, "wb") as log:
        process = child.start([sys.executable, "-c", deaf], log=log)
        assert heard.readline() == "1\n"
    child.stop(process, patience=0.2)
    assert process.returncode == -signal.SIGKILL


def test_worker_and_beat_give_way_to_what_people_wait_for(folder: Path) -> None:
    """Also on a kernel that shares time between sessions first, where a niceness alone counts for nothing."""
    services = run.programs(os.environ, folder, "127.0.0.1", 1)
    assert {each.name: each.niceness for each in services} == {"web": 0, "worker": 5, "beat": 5}
    tells = (
        "import os, pathlib; group = pathlib.Path('/proc/self/autogroup');"
        "print(os.nice(0), group.read_text().split()[-1] if group.exists() else os.nice(0), flush=True)"
    )
    here = os.getpriority(os.PRIO_PROCESS, 0)
    for niceness, told in ((0, here), (5, here + 5)):
        log = folder / f"nice-{niceness}.log"
        service = run.Service(
            "told", [sys.executable, "-c", tells], os.environ, log, niceness=niceness
        )
        service.start()
        assert service.process is not None
        assert service.process.wait(20) == 0
        own, of_session = map(int, log.read_text(encoding="utf-8").split())
        assert (own, of_session) in {(told, niceness), (told, told)}


def test_requirements_are_installed_only_when_they_changed(folder: Path) -> None:
    requirements = folder / "requirements-dev.txt"
    requirements.write_text("one==1\n", encoding="utf-8")
    (folder / "requirements.txt").write_text("two==2\n", encoding="utf-8")
    venv = folder / "venv"
    assert not install._is_current(venv, requirements)
    python = install.python_of(venv)
    python.parent.mkdir(parents=True)
    python.touch()
    install._stamp(venv, requirements)
    assert install._is_current(venv, requirements)
    assert install._is_current(venv, folder / "requirements.txt"), "the development file holds both"
    requirements.write_text("one==2\n", encoding="utf-8")
    assert not install._is_current(venv, requirements)


def test_front_end_packages_are_installed_only_when_the_lock_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    def npm(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        calls.append(command)
        (folder / "node_modules").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("config.launch.assets.child.run", npm)
    assert not assets.is_missing(folder), "nothing to do without a lock file"
    for content in ("{}", "{ }"):
        (folder / "package-lock.json").write_text(content, encoding="utf-8")
        assert assets.is_missing(folder)
        assets.install(folder, {})
        assert not assets.is_missing(folder)
    assert [words[-6] for words in calls] == ["ci", "ci"]


def test_links_of_documents(folder: Path) -> None:
    (folder / "a.md").write_text(
        "# One\n\n## Two words\n[ok](b.md) [ok](#two-words) [far](https://example.org/x)\n"
        "[gone](c.md) [gone](#three) [gone](b.md#x)\n```\n[not a link](d.md)\n```\n",
        encoding="utf-8",
    )
    (folder / "b.md").write_text("# B\n", encoding="utf-8")
    assert links.broken(folder) == ["a.md: c.md", "a.md: #three", "a.md: b.md#x"]
