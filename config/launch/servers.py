"""Starts the database and the broker on a data directory, unless the environment names running ones."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.launch import binaries, child, database, files, keys, valkey
from config.launch.postgres import SUPERUSER, Postgres
from config.launch.trouble import Trouble, sentence_for
from config.launch.valkey import Valkey

_ENOUGH_DISK = 300_000_000


@dataclass
class Servers:
    """What runs on one data directory, and the environment that leads to it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    postgres: Postgres | None = None
    valkey: Valkey | None = None
    warnings: list[str] = field(default_factory=list)

    def stop(self) -> None:
        """Stop the broker, then the database."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()

    def revive(self) -> None:
        """Start a server that died again, at its old address; what was committed is there again."""
        for name, server, key in (
            ("The database", self.postgres, "POSTGRES_PASSWORD"),
            ("The broker", self.valkey, "BROKER_PASSWORD"),
        ):
            if server is None or server.process is None or server.process.poll() is None:
                continue
            print(f"{name} ended with code {server.process.returncode}.", flush=True)
            port = server.port
            server.start(password=keys.ensure_passwords(self.folder)[key], wanted_port=str(port))
            if server.port != port:
                raise Trouble(f"{name} could not get its port {port} back: start everything again.")
            print(f"{name} runs again.", flush=True)

    def remember(self, **more: str) -> None:
        """Write the addresses beside the data, so that `manage.py` by hand reaches what runs."""
        names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
        values = {name: self.env[name] for name in names}
        if self.postgres is not None:
            values["POSTGRES_PORT"] = str(self.postgres.port)
        if self.valkey is not None:
            values["BROKER_PORT"] = str(self.valkey.port)
        title = "Where everything of the last start listens."
        files.write_env(self.folder / keys.SERVERS, {**values, **more}, title=title)

    def superuser_url(self, name: str) -> str:
        """Return the embedded server's superuser address of a database (tests make databases with it)."""
        assert self.postgres is not None, "only for embedded servers"
        return self.postgres.url(
            SUPERUSER, keys.ensure_passwords(self.folder)["POSTGRES_PASSWORD"], name
        )


@contextmanager
def running(
    folder: Path, *, durable: bool = True, given: Mapping[str, str] | None = None
) -> Iterator[Servers]:
    """Run the servers of a data directory for the length of a `with` block.

    `given` is the environment whose DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL win (default: the process's).
    """
    given = os.environ if given is None else given
    lock = _prepare(folder)
    servers = Servers(folder)
    try:
        servers.env.update(keys.ensure_secrets(folder))
        old = files.read_env(folder / keys.SERVERS)
        _start_database(servers, given, old, durable=durable)
        _start_broker(servers, given, old, durable=durable)
        servers.remember()
        yield servers
    finally:
        servers.stop()
        lock.release()


def passing(folder: Path) -> Path:
    """Return a place for data that may be lost: `folder`, or one in the temporary folder.

    The latter where root works in a folder that the database's user may not enter (a private home, for example).
    """
    folder.mkdir(parents=True, exist_ok=True)
    identity = child.unprivileged()
    if not identity.is_other or identity.can_enter(folder):
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    elsewhere = Path(tempfile.gettempdir()) / f"referral{folder.name}-{digest}"
    elsewhere.mkdir(mode=0o755, exist_ok=True)
    if elsewhere.stat().st_uid != os.geteuid():
        raise Trouble(f"{elsewhere} belongs to somebody else: remove it and start again.")
    return elsewhere


def _prepare(folder: Path) -> files.Lock:
    """Make the data directory, see that there is room, and take its lock."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        lock = files.Lock(folder / "lock")
        taken = lock.take()
    except OSError as error:
        raise Trouble(sentence_for(error)) from None
    if free < _ENOUGH_DISK:
        lock.release()
        raise Trouble(
            f"The disk of {folder} is full: free at least 300 MB, or set DATA_DIR to a folder elsewhere."
        )
    if not taken:
        raise Trouble(
            f"Another start uses {folder}: stop it, or set DATA_DIR and PORT to values of your own."
        )
    return lock


def _start_database(
    servers: Servers, given: Mapping[str, str], old: Mapping[str, str], *, durable: bool
) -> None:
    if url := given.get("DATABASE_URL"):
        owner, warning = given.get("DATABASE_OWNER_URL"), None
        if not owner:
            url, owner, warning = database.external(url, servers.folder)
        servers.env.update(DATABASE_URL=url, DATABASE_OWNER_URL=owner)
        servers.warnings += [warning] if warning else []
        return
    passwords = keys.ensure_passwords(servers.folder)
    server = servers.postgres = Postgres(servers.folder, binaries.postgres(), durable=durable)
    server.start(password=passwords["POSTGRES_PASSWORD"], wanted_port=old.get("POSTGRES_PORT"))
    owner_password, app_password = passwords["OWNER_PASSWORD"], passwords["APP_PASSWORD"]
    superuser = servers.superuser_url("postgres")
    database.make_roles(superuser, owner_password=owner_password, app_password=app_password)
    servers.env.update(
        DATABASE_URL=server.url(database.APP, app_password, database.DATABASE),
        DATABASE_OWNER_URL=server.url(database.OWNER, owner_password, database.DATABASE),
    )


def _start_broker(
    servers: Servers, given: Mapping[str, str], old: Mapping[str, str], *, durable: bool
) -> None:
    if url := given.get("REDIS_URL"):
        servers.env["REDIS_URL"] = valkey.reachable(url)
        return
    server = servers.valkey = Valkey(servers.folder, binaries.valkey(), durable=durable)
    server.start(
        password=keys.ensure_passwords(servers.folder)["BROKER_PASSWORD"],
        wanted_port=old.get("BROKER_PORT"),
    )
    servers.env["REDIS_URL"] = server.url
