"""Makes the virtual environment and installs a requirements file into it, when the file has changed.

Runs with the machine's own Python before anything is installed, so it uses the standard library only:
`python3 -m config.launch.install VENV REQUIREMENTS`.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from config.launch.trouble import Trouble, sentence_for

_EVERYTHING = "requirements-dev.txt"
_RUNTIME = "requirements.txt"


def main(arguments: list[str]) -> int:
    """Bring the environment up to date; print what happens; return the exit code."""
    folder, requirements = Path(arguments[0]), Path(arguments[1])
    try:
        if not _is_current(folder, requirements):
            _make(folder)
            _install(folder, requirements)
            _stamp(folder, requirements)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except OSError as error:
        print(sentence_for(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def python_of(folder: Path) -> Path:
    """Return the environment's interpreter."""
    return folder / "bin" / "python"


def _digest(requirements: Path) -> str:
    """Return what must be the same for an installation to be current: the file and the Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()


def _stamp_file(folder: Path, requirements: Path) -> Path:
    return folder / f"installed-{requirements.name}"


def _is_current(folder: Path, requirements: Path) -> bool:
    stamp = _stamp_file(folder, requirements)
    if not python_of(folder).exists() or not stamp.exists():
        return False
    return stamp.read_text(encoding="utf-8") == _digest(requirements)


def _stamp(folder: Path, requirements: Path) -> None:
    """Note what is installed; the development file holds the other one too."""
    done = [requirements]
    if requirements.name == _EVERYTHING:
        done.append(requirements.with_name(_RUNTIME))
    for file in done:
        _stamp_file(folder, file).write_text(_digest(file), encoding="utf-8")


def _make(folder: Path) -> None:
    if python_of(folder).exists() and _has_pip(folder):
        return
    _say(f"Making the virtual environment {folder}")
    try:
        venv.create(folder, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError):
        raise Trouble(
            "Python's venv module is incomplete: install it (on Debian and Ubuntu the package python3-venv)."
        ) from None


def _has_pip(folder: Path) -> bool:
    try:
        probe = [str(python_of(folder)), "-c", "import pip"]
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _install(folder: Path, requirements: Path) -> None:
    """Run pip quietly, with a sign of life every ten seconds."""
    count = sum(1 for line in requirements.read_text(encoding="utf-8").splitlines() if "==" in line)
    _say(f"Installing {count} packages (a minute or so, the first time only)")
    # Python compiles what it imports; compiling all that is never imported took a third of the time and 160 MB.
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    options.append("--require-hashes")
    command = [str(python_of(folder)), "-m", "pip", "install", *options, "-r", str(requirements)]
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while True:
            try:
                code = process.wait(10)
                break
            except subprocess.TimeoutExpired:
                _say(f"  … {time.monotonic() - begun:.0f} s")
            except KeyboardInterrupt:
                process.wait()
                raise
        output.seek(0)
        text = output.read().decode(errors="replace")
    if code:
        print(text[-3000:], file=sys.stderr)
        raise Trouble(_why(text))


def _why(text: str) -> str:
    if "No space left on device" in text:
        return "The disk is full: free about 1 GB and start again."
    return "The packages could not be installed: see pip's words above, check the network, start again."


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
