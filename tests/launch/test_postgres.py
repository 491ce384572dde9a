"""The embedded PostgreSQL: starts, keeps its data, survives kill -9, and never runs as root."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from config.launch import binaries, child
from config.launch.binaries import Binaries
from config.launch.postgres import Postgres, _is_ready
from config.launch.trouble import Trouble

PASSWORD = "for-this-test-only"


def _server(folder: Path) -> Postgres:
    return Postgres(folder, binaries.postgres(), durable=False)


def _run(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url("postgres", PASSWORD, "postgres"), autocommit=True) as line:
        cursor = line.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_second_start_keeps_the_data_and_the_port(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    try:
        _run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        port = server.port
    finally:
        server.stop()
    again = _server(folder)
    again.start(password=PASSWORD, wanted_port=str(port))
    try:
        assert again.port == port
        assert _run(again, "SELECT answer FROM kept") == [(42,)]
    finally:
        again.stop()


@pytest.mark.faults
def test_a_start_after_kill_9_is_not_fooled_by_the_stale_pid_file(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    assert server.process is not None
    old = server.process.pid
    os.kill(old, signal.SIGKILL)
    server.process.wait()
    pid_file = server.data / "postmaster.pid"
    assert _is_ready(pid_file, old), "the stale file says ready: this is the trap"
    server.start(password=PASSWORD)
    try:
        assert not _is_ready(pid_file, old)
        assert _is_ready(pid_file, server.process.pid)
        assert _run(server, "SELECT 1") == [(1,)]
    finally:
        server.stop()


def test_a_pid_file_that_names_another_program_is_dropped(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n", encoding="utf-8")
    server.start(password=PASSWORD)
    try:
        assert _run(server, "SELECT 1") == [(1,)]
    finally:
        server.stop()


def test_the_password_is_needed_and_sorting_does_not_follow_the_machine(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    try:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url("postgres", "wrong", "postgres"))
        assert _run(server, "SELECT 'B' < 'a', current_setting('server_encoding')") == [
            (True, "UTF8")
        ]
        assert (server.data.stat().st_mode & 0o077) == 0
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")
def test_root_runs_it_as_nobody(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    try:
        assert server.process is not None
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
        uid = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1]
        assert int(uid) == child.unprivileged().uid != 0
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")
def test_root_gets_a_sentence_when_nobody_cannot_reach_the_data(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(Trouble, match="set DATA_DIR to a folder that every user may enter"):
        _server(folder).start(password=PASSWORD)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")
def test_programs_that_nobody_cannot_read_are_copied_beside_the_data(folder: Path) -> None:
    private, data = folder / "private", folder / "data"
    inner = private / "wheel" / "bin"
    inner.mkdir(parents=True)
    data.mkdir()
    program = inner / "postgres"
    program.write_text("#!/bin/sh\necho a server\n", encoding="utf-8")
    program.chmod(0o755)
    private.chmod(0o700)
    server = Postgres(data, Binaries(inner, private, ("wheel",)))
    assert server._readable_programs() == data / "postgres-programs" / "wheel" / "bin"
    assert (server._readable_programs() / "postgres").exists()


def test_an_older_postgres_gets_the_libc_provider(folder: Path) -> None:
    """PostgreSQL 16 and older do not know --builtin-locale."""
    programs = folder / "bin"
    programs.mkdir()
    initdb = programs / "initdb"
    initdb.write_text(
        '#!/bin/sh\ncase "$*" in *builtin*) echo "unrecognized option"; exit 1;; esac\n'
        'touch "$2/PG_VERSION"; echo "$*" > "$2/words"\n',
        encoding="utf-8",
    )
    initdb.chmod(0o755)
    server = Postgres(folder, Binaries(programs))
    server._initialise(programs, PASSWORD)
    assert "--locale=C.UTF-8" in (server.data / "words").read_text(encoding="utf-8")
    assert not list(folder.glob(".initial-*")), "the password file must not stay"


def test_a_full_disk_while_making_the_data_is_one_sentence(folder: Path) -> None:
    programs = folder / "bin"
    programs.mkdir()
    initdb = programs / "initdb"
    initdb.write_text(
        '#!/bin/sh\necho "initdb: error: No space left on device"\nexit 1\n', encoding="utf-8"
    )
    initdb.chmod(0o755)
    server = Postgres(folder, Binaries(programs))
    with pytest.raises(Trouble, match=r"^The disk is full: [^\n]+$"):
        server._initialise(programs, PASSWORD)
    assert not server.data.exists()
    assert not list(folder.glob("postgres-new-*"))


def test_the_log_holds_no_values(folder: Path) -> None:
    server = _server(folder)
    server.start(password=PASSWORD)
    try:
        _run(server, "CREATE TABLE people (name text UNIQUE)")
        _run(server, "INSERT INTO people VALUES ('secret-name')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            _run(server, "INSERT INTO people VALUES ('secret-name')")
        time.sleep(0.1)
    finally:
        server.stop()
    log = (folder / "postgres.log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "secret-name" not in log
