"""Compiles what a test run loads once, on all processors, before its workers start.

Otherwise each worker of a fresh clone compiles the product and rewrites the assertions of every test file
for itself, a quarter of a minute each, and so does every program that a test starts.
`python -m tests.bytecode NUMBER OF` takes every OF-th file.
"""

import os
import subprocess
import sys
from compileall import compile_file
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

# Private in pytest, and the only way to rewrite a file without running it. A file that is missed here, or
# that another version would name otherwise, is rewritten by the workers as ever.
from _pytest.assertion import rewrite

ROOT: Final = Path(__file__).resolve().parent.parent
# Which files pytest rewrites: its own `python_files`, and what it loads by itself.
REWRITTEN: Final = ("test_*.py", "conftest.py")
_LEFT_OUT: Final = {"node_modules", "__pycache__"}
_QUIET: Any = SimpleNamespace(trace=str)


def sources(root: Path) -> list[Path]:
    """Return every Python file of the project, in an order that spreads long and short ones."""
    found: list[Path] = []
    for folder, names, files in os.walk(root):
        names[:] = [each for each in names if each not in _LEFT_OUT and not each.startswith(".")]
        found += [Path(folder, each) for each in files if each.endswith(".py")]
    return sorted(found, key=lambda file: (file.stat().st_size, file))


def compiled(file: Path) -> None:
    """Leave the bytecode of a file where whoever imports it looks for it, unless it is there."""
    if not any(fnmatch(file.name, each) for each in REWRITTEN):
        compile_file(file, quiet=2)
        return
    folder = rewrite.get_cache_dir(file)
    kept = folder / (file.name.removesuffix(".py") + rewrite.PYC_TAIL)
    if rewrite._read_pyc(file, kept) is None:
        status, code = rewrite._rewrite_test(file, None)  # type: ignore[arg-type]
        folder.mkdir(exist_ok=True)
        rewrite._write_pyc(_QUIET, code, status, kept)


def start() -> list[subprocess.Popen[bytes]]:
    """Start as many compilers as there are processors."""
    of = os.cpu_count() or 1
    return [
        subprocess.Popen([sys.executable, "-m", __name__, str(number), str(of)], cwd=ROOT)
        for number in range(of)
    ]


def main(number: int, of: int) -> None:
    """Compile one's part of the files; what cannot be compiled tells so where it is imported."""
    for file in sources(ROOT)[number::of]:
        try:
            compiled(file)
        except (SyntaxError, OSError, ValueError):
            continue


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
