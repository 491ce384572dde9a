"""Database and broker together: one start a directory, addresses given or made, an end with the parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from config.launch import child, database, files, keys, servers
from config.launch.servers import Servers
from config.launch.steps import ROOT
from config.launch.trouble import Trouble


def test_everything_private_is_private_and_kept(folder: Path) -> None:
    with servers.running(folder, durable=False, given={}) as first:
        env = dict(first.env)
    for name in (keys.SECRETS, keys.PASSWORDS, keys.SERVERS, "valkey/valkey.conf"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
    with servers.running(folder, durable=False, given={}) as second:
        assert second.env == env, "keys, passwords and ports stay the same"


def test_two_starts_on_one_directory_do_not_race(started: Servers) -> None:
    with (
        pytest.raises(Trouble, match=r"Another start uses .*: stop it, or set DATA_DIR and PORT"),
        servers.running(started.folder, durable=False, given={}),
    ):
        pass


def test_the_application_role_owns_nothing(started: Servers) -> None:
    with psycopg.connect(started.env["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE mine (id int)")
    with psycopg.connect(started.env["DATABASE_URL"]) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE theirs (id int)")
        app.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT * FROM mine")


def test_the_broker_keeps_what_it_took(folder: Path) -> None:
    with servers.running(folder, given={}) as running:
        assert running.valkey is not None
        with redis.Redis.from_url(running.env["REDIS_URL"]) as line:
            line.set("kept", "yes")
        with redis.Redis(port=running.valkey.port) as line:
            pytest.raises(redis.AuthenticationError, line.ping)
    with servers.running(folder, given={}) as running:
        with redis.Redis.from_url(running.env["REDIS_URL"]) as line:
            assert line.get("kept") == b"yes"


def test_a_dead_server_comes_back_at_its_address(
    started: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert started.valkey is not None
    assert started.valkey.process is not None
    started.valkey.process.kill()
    started.valkey.process.wait()
    started.revive()
    with redis.Redis.from_url(started.env["REDIS_URL"]) as line:
        assert line.ping()
    assert "The broker ended with code -9.\nThe broker runs again." in capsys.readouterr().out


@pytest.mark.faults
def test_servers_end_when_their_parent_is_killed(folder: Path) -> None:
    command = [sys.executable, "-m", "config.launch", "servers"]
    env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    parent = subprocess.Popen(
        command, cwd=ROOT, env={**env, "DATA_DIR": str(folder)}, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert b"Database and broker run" in parent.stdout.readline()
        children = [int(word) for word in _children(parent.pid)]
        assert len(children) == 2
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in children):
        assert time.monotonic() < deadline, "a server outlived its parent"
        time.sleep(0.05)


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()


def _lives(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return False
    return words[0] != "Z"


def test_a_named_database_gets_an_application_role(folder: Path) -> None:
    with servers.running(folder, durable=False, given={}) as running:
        url = running.superuser_url("referral")
        app, owner, warning = database.external(url, folder)
        assert (owner, warning) == (url, None)
        assert urlsplit(app).username == "referral_app"
        assert database.external(url, folder)[0] == app, "its password is kept"
        with psycopg.connect(app) as line:
            assert line.execute("SELECT current_user").fetchone() == ("referral_app",)


def test_a_role_that_may_not_make_roles_runs_both_and_is_warned(
    started: Servers, folder: Path
) -> None:
    url = started.env["DATABASE_OWNER_URL"]
    app, owner, warning = database.external(url, folder)
    assert app == owner == url
    assert warning is not None
    assert "set DATABASE_OWNER_URL too" in warning


def test_a_database_that_does_not_answer_is_one_sentence(folder: Path) -> None:
    url = f"postgres://somebody:secret@127.0.0.1:{files.free_port()}/nothing"
    with (
        pytest.raises(
            Trouble, match=r"^The database of DATABASE_URL cannot be reached [^\n]+$"
        ) as refusal,
        servers.running(folder, given={"DATABASE_URL": url}),
    ):
        pass
    assert "secret" not in str(refusal.value)


def test_a_broker_that_does_not_answer_is_one_sentence(folder: Path) -> None:
    given = {"REDIS_URL": f"redis://:secret@127.0.0.1:{files.free_port()}/0"}
    with (
        pytest.raises(
            Trouble, match=r"^The broker of REDIS_URL cannot be reached [^\n]+$"
        ) as refusal,
        servers.running(folder, durable=False, given=given),
    ):
        pass
    assert "secret" not in str(refusal.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")
def test_data_that_may_be_lost_goes_where_the_database_may_go(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    assert servers.passing(folder / "open") == folder / "open"
    elsewhere = servers.passing(private / ".data-test")
    try:
        assert elsewhere == servers.passing(private / ".data-test"), "the same each time"
        assert elsewhere.name.startswith("referral.data-test-")
        assert child.unprivileged().can_enter(elsewhere)
    finally:
        elsewhere.rmdir()


def test_a_full_disk_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=0)
    monkeypatch.setattr("config.launch.servers.shutil.disk_usage", lambda _: usage)
    with (
        pytest.raises(Trouble, match=r"^The disk of [^\n]+ is full: free at least 300 MB"),
        servers.running(folder),
    ):
        pass
