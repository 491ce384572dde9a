"""Runs a private PostgreSQL from a folder of programs: makes its data, starts it, knows when it is ready."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.launch import child, files
from config.launch.binaries import Binaries
from config.launch.trouble import DISK_FULL, NO_SPACE, Trouble

SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    # The log may hold no personal data: no statements, no parameters, no DETAIL lines with values.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_PROVIDERS = (
    ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ["--locale=C.UTF-8"],
    ["--no-locale"],
)


@dataclass
class Postgres:
    """One server on one data directory. `durable=False` is for tests whose data may be lost with the machine."""

    folder: Path
    binaries: Binaries
    durable: bool = True
    identity: child.Identity = field(default_factory=child.unprivileged)
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        """The folder PostgreSQL writes."""
        return self.folder / "postgres"

    def start(
        self, *, password: str, wanted_port: str | None = None, patience: float = 60.0
    ) -> None:
        """Make the data directory if it is missing, start the server and wait until it takes connections."""
        self._check_reach()
        programs = self._readable_programs()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, password)
        self._clear_stale_pid(patience)
        self.port = files.free_port(wanted_port)
        settings = _SETTINGS if self.durable else {**_SETTINGS, **_UNSAFE_BUT_FAST}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        with self._log().open("ab") as log:
            self.process = child.start(
                command, identity=self.identity, log=log, death_signal=signal.SIGINT
            )
        self._wait(patience)

    def stop(self) -> None:
        """Stop fast: sessions are rolled back, everything committed is kept."""
        if self.process is not None:
            child.stop(self.process, how=signal.SIGINT)

    def url(self, user: str, password: str, database: str) -> str:
        """Return the address of a database for one role."""
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def _check_reach(self) -> None:
        if self.identity.is_other and not self.identity.can_enter(self.folder):
            raise Trouble(
                f"PostgreSQL refuses to run as root, and the user nobody cannot enter {self.folder}: "
                "set DATA_DIR to a folder that every user may enter, for example DATA_DIR=/srv/referral make run, "
                "or start as an ordinary user."
            )

    def _readable_programs(self) -> Path:
        """Return a folder of programs that the server's user can read, copying them beside the data if need be."""
        if not self.identity.is_other or self._runs(self.binaries.bin):
            return self.binaries.bin
        base, copies = self.binaries.base, self.folder / "postgres-programs"
        if base is None:
            raise Trouble(
                f"The user nobody cannot run {self.binaries.bin / 'postgres'}: open that folder to it."
            )
        target = copies / self.binaries.bin.relative_to(base)
        if not self._runs(target):
            shutil.rmtree(copies, ignore_errors=True)
            for tree in self.binaries.trees:
                if (base / tree).exists():
                    shutil.copytree(base / tree, copies / tree, symlinks=True)
            for path in (copies, *copies.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        return target

    def _runs(self, programs: Path) -> bool:
        try:
            return (
                child.run(
                    [str(programs / "postgres"), "--version"], identity=self.identity
                ).returncode
                == 0
            )
        except OSError:
            return False

    def _initialise(self, programs: Path, password: str) -> None:
        """Run initdb into a draft folder and move it into place, so that an interrupted first start leaves nothing."""
        draft = self.folder / f"postgres-new-{secrets.token_hex(4)}"
        pwfile = self.folder / f".initial-{secrets.token_hex(4)}"
        try:
            files.write_private(pwfile, password + "\n")
            self.identity.own(pwfile)
            output = self._initdb(programs, draft, pwfile)
        finally:
            pwfile.unlink(missing_ok=True)
        if output is not None:
            shutil.rmtree(draft, ignore_errors=True)
            if NO_SPACE in output:
                raise Trouble(DISK_FULL)
            last = output.strip().splitlines()[-1:] or ["no output"]
            raise Trouble(
                f"PostgreSQL could not make its data directory ({last[0]}): see docs/operations.md."
            )
        shutil.rmtree(self.data, ignore_errors=True)
        draft.rename(self.data)

    def _initdb(self, programs: Path, draft: Path, pwfile: Path) -> str | None:
        """Try the locale providers in order (the first needs PostgreSQL 17); return None, or the last output."""
        output = ""
        for provider in _PROVIDERS:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            self.identity.own(draft)
            common = [
                "-U",
                SUPERUSER,
                "-E",
                "UTF8",
                "-A",
                "scram-sha-256",
                f"--pwfile={pwfile}",
                "--no-instructions",
            ]
            if not self.durable:
                common.append("--no-sync")
            done = child.run(
                [str(programs / "initdb"), "-D", str(draft), *common, *provider],
                identity=self.identity,
            )
            if done.returncode == 0:
                return None
            output = done.stdout
            if NO_SPACE in output:
                break
        return output

    def _clear_stale_pid(self, patience: float) -> None:
        """Wait for a server of an earlier start that is still stopping; drop a pid file whose process is another."""
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + patience
        while (pid := _first_pid(pid_file)) is not None and _is_postgres(pid):
            if time.monotonic() > deadline:
                raise Trouble(
                    f"Another PostgreSQL (process {pid}) still uses {self.data}: stop it and start again."
                )
            time.sleep(0.1)
        pid_file.unlink(missing_ok=True)

    def _wait(self, patience: float) -> None:
        """Wait until postmaster.pid carries *our* pid and says ready: a file left by a killed server says ready too."""
        process = self.process
        assert process is not None
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Trouble(self._why_it_ended())
            if _is_ready(self.data / "postmaster.pid", process.pid):
                return
            time.sleep(0.02)
        self.stop()
        raise Trouble(f"PostgreSQL was not ready after {patience:.0f} seconds: read {self._log()}.")

    def _why_it_ended(self) -> str:
        tail = self._log().read_bytes()[-2000:].decode(errors="replace")
        if NO_SPACE in tail:
            return DISK_FULL
        return f"PostgreSQL ended while starting: read the end of {self._log()}."

    def _log(self) -> Path:
        """Return the log file, begun anew when it has grown beyond 10 MB."""
        path = self.folder / "postgres.log"
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".log.old"))
        return path


def _first_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _is_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _is_postgres(pid: int) -> bool:
    """Whether a living process is a PostgreSQL server (a pid may have gone to another program since)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z" and b"postgres" in words[0]
