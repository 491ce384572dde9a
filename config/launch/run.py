"""`make run`: prepares everything, keeps web, worker and beat running, and stops them in order."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.launch import assets, child, servers
from config.launch.steps import ROOT, manage, step
from config.launch.trouble import Trouble

# Two threads a process: measured, four cost a third more CPU a request, one lets a slow query block half the house.
WEB_PROCESSES = 2
WEB_THREADS = 2
# Of worker and beat, for which nobody waits: on a machine whose processors are all busy a submission is answered
# sooner, and messages leave as soon as before (docs/benchmarks.md).
BEHIND_THE_SCENES = 5
_MANY_DEATHS = 5
_DEATH_WINDOW = 60.0


@dataclass
class Service:
    """One long-running program of ours; started again when it dies, unless it keeps dying."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    log: Path
    patience: float = 20.0
    niceness: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it with its output in its log file."""
        with self.log.open("ab") as log:
            self.process = child.start(
                self.command, log=log, env=self.env, cwd=ROOT, niceness=self.niceness
            )

    def stop(self) -> None:
        """Ask it to finish what it does, and wait."""
        if self.process is not None:
            child.stop(self.process, patience=self.patience)
            self._clear_group()

    def revive(self, now: float) -> None:
        """Start it again after a death; give up when it dies again and again."""
        if self.process is None or self.process.poll() is None:
            return
        self.deaths = [*(at for at in self.deaths if now - at < _DEATH_WINDOW), now]
        print(f"{self.name} ended with code {self.process.returncode}; see {self.log}.", flush=True)
        if len(self.deaths) >= _MANY_DEATHS:
            raise Trouble(
                f"{self.name} ended {_MANY_DEATHS} times within a minute: read {self.log}."
            )
        self._clear_group()
        time.sleep(0.5 * len(self.deaths))
        self.start()
        print(f"{self.name} runs again.", flush=True)

    def _clear_group(self) -> None:
        """End what a killed program left behind (it was the leader of its own process group)."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def run(folder: Path) -> int:
    """Start everything, show where to go, watch until Ctrl-C or SIGTERM; return the exit code."""
    # Also when a shell that started us in the background made us ignore SIGINT.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    port, host = _port(), os.environ.get("HOST") or "127.0.0.1"
    _check_port(host, port)
    with contextlib.ExitStack() as stack:
        with step("Starting the database and the broker"):
            running = stack.enter_context(servers.running(folder))
        for warning in running.warnings:
            print(warning, flush=True)
        env = environment(running, port)
        sign_ins = _prepare(env, _logs(folder))
        services = programs(env, _logs(folder), host, port)
        stack.callback(_stop, services)
        with step("Starting web, worker and beat"):
            for service in services:
                service.start()
            wait_until_ready(port, services)
        running.remember(PORT=str(port))
        _show(env, folder, sign_ins)
        with contextlib.suppress(KeyboardInterrupt):
            _watch(services, running)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("\nStopping: beat, web, worker, broker, database …", flush=True)
    print("Stopped; the data stays in " + str(folder) + ".", flush=True)
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _port() -> int:
    word = os.environ.get("PORT") or "8000"
    if not word.isdigit() or not 0 < int(word) < 65536:
        raise Trouble(f"PORT is {word!r}: it must be a number from 1 to 65535.")
    return int(word)


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Trouble(f"Port {port} needs root rights: say PORT=8000 make run.") from None
        except OSError:
            raise Trouble(
                f"Port {port} is taken: stop what listens there, or say PORT={port + 1} make run."
            ) from None


def _logs(folder: Path) -> Path:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    return logs


def environment(running: servers.Servers, port: int) -> dict[str, str]:
    """Return what our programs see: the caller's environment over what this data directory keeps."""
    hosts = os.environ.get("ALLOWED_HOSTS", "localhost,[::1]")
    return {
        **running.env,
        **os.environ,
        **{name: running.env[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")},
        "DATA_DIR": str(running.folder),
        "PORT": str(port),
        "ALLOWED_HOSTS": f"{hosts},127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def _prepare(env: Mapping[str, str], logs: Path) -> str:
    """Bring packages, database and data up to date; return the sign-ins that the scenario printed."""
    if assets.is_missing(ROOT):
        with step("Installing the packages of the pages (the first time only)"):
            assets.install(ROOT, env)
    sign_ins = logs / f".sign-ins-{os.getpid()}"
    try:
        manage("prepare", str(sign_ins), env=env, log=logs / "setup.log")
        return sign_ins.read_text(encoding="utf-8")
    finally:
        sign_ins.unlink(missing_ok=True)


def programs(env: Mapping[str, str], logs: Path, host: str, port: int) -> list[Service]:
    """Return web, worker and beat, in the order of starting."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
    quiet = ["--loglevel", "WARNING"]
    threads = env.get("WEB_THREADS", str(WEB_THREADS))
    web = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi"]
    web += ["--host", host, "--port", str(port), "--blocking-threads", threads]
    web += ["--workers", env.get("WEB_PROCESSES", str(WEB_PROCESSES))]
    web += ["--respawn-failed-workers", "--log-level", "warning"]
    # A pool for the threads of each web process; the others keep one connection a process. Its threads allocate from
    # one arena: each would otherwise keep some megabytes of its own, though only one of them runs Python at a time.
    web_env = {"DATABASE_POOL_SIZE": threads, "MALLOC_ARENA_MAX": "1", **env}
    worker = [
        *celery,
        "worker",
        "--concurrency",
        "2",
        "--without-gossip",
        "--without-mingle",
        *quiet,
    ]
    beat = [*celery, "beat", "--pidfile=", *quiet]
    for name in ("web", "worker", "beat"):
        path = logs / f"{name}.log"
        if path.exists():
            path.replace(logs / f"{name}.log.old")
    return [
        Service("web", web, web_env, logs / "web.log"),
        Service("worker", worker, env, logs / "worker.log", 30.0, BEHIND_THE_SCENES),
        Service("beat", beat, env, logs / "beat.log", niceness=BEHIND_THE_SCENES),
    ]


def wait_until_ready(port: int, services: list[Service], patience: float = 60.0) -> None:
    """Wait until /readyz says yes; a sentence when a service ends or time runs out."""
    deadline = time.monotonic() + patience
    said = "it does not answer"
    while time.monotonic() < deadline:
        for service in services:
            if service.process is not None and service.process.poll() is not None:
                raise Trouble(f"{service.name} ended while starting: read {service.log}.")
        ready, said = _ask(port)
        if ready:
            return
        time.sleep(0.1)
    raise Trouble(
        f"The web process was not ready after {patience:.0f} seconds ({said}): read {services[0].log}."
    )


def _ask(port: int) -> tuple[bool, str]:
    """Ask /readyz; return whether all is ready, and what it said."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        return answer.status == 200, answer.read(500).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return False, "it does not answer"
    finally:
        line.close()


def _show(env: Mapping[str, str], folder: Path, sign_ins: str) -> None:
    address = env.get("PUBLIC_URL") or f"http://127.0.0.1:{env['PORT']}"
    print(f"\nReady: {address}/   API documents: {address}/api/docs/   admin: {address}/admin/")
    print(sign_ins.strip())
    print(f"\nLogs: {folder / 'logs'}   Ctrl-C stops everything; the data stays.", flush=True)


def _watch(services: list[Service], running: servers.Servers) -> None:
    """Look after all children until interrupted."""
    while True:
        time.sleep(0.3)
        running.revive()
        for service in services:
            service.revive(time.monotonic())


def _stop(services: list[Service]) -> None:
    """Stop first what makes work, then what takes it, then what does it."""
    by_name = {service.name: service for service in services}
    for name in ("beat", "web", "worker"):
        by_name[name].stop()
