"""Runs a private broker that speaks the Redis protocol, with a password in a private configuration file."""

import contextlib
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from config.launch import child, files
from config.launch.trouble import Trouble


def reachable(url: str) -> str:
    """Return the address of a broker that was named by REDIS_URL, when it answers."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as line:
            line.ping()
    except (redis.RedisError, ValueError) as error:
        reason = type(error).__name__
        raise Trouble(
            f"The broker of REDIS_URL cannot be reached ({reason}): start it or correct the address."
        ) from None
    return url


@dataclass
class Valkey:
    """One broker on one data directory; `durable` keeps an append-only file."""

    folder: Path
    program: Path
    durable: bool = True
    port: int = 0
    password: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    def start(
        self, *, password: str, wanted_port: str | None = None, patience: float = 30.0
    ) -> None:
        """Write the configuration, start the server and wait until it answers with our password."""
        home = self.folder / "valkey"
        home.mkdir(mode=0o700, exist_ok=True)
        if not self.durable:
            shutil.rmtree(home / "appendonlydir", ignore_errors=True)
        self.port, self.password = files.free_port(wanted_port), password
        files.write_private(home / "valkey.conf", self._configuration(home))
        with (self.folder / "valkey.log").open("wb") as log:
            self.process = child.start(
                [str(self.program), str(home / "valkey.conf")], log=log, cwd=home
            )
        self._wait(patience)

    def stop(self) -> None:
        """Stop; with an append-only file nothing acknowledged is lost."""
        if self.process is not None:
            child.stop(self.process, patience=10.0)

    @property
    def url(self) -> str:
        """The address of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _configuration(self, home: Path) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{home}"',
            "databases": "64",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return "".join(f"{key} {value}\n" for key, value in lines.items())

    def _wait(self, patience: float) -> None:
        process = self.process
        assert process is not None
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Trouble(
                    f"The broker ended while starting: read {self.folder / 'valkey.log'}."
                )
            if self._answers():
                return
            time.sleep(0.02)
        self.stop()
        raise Trouble(
            f"The broker was not ready after {patience:.0f} seconds: read {self.folder / 'valkey.log'}."
        )

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as line,
        ):
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\n") < 2 and (part := line.recv(200)):
                answer += part
            return answer.startswith(b"+OK") and b"+PONG" in answer
        return False
