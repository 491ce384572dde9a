"""The command line of `make tour`: a system of its own, the demonstration, the walk, the document."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench import system
from config.launch import browser
from config.launch.steps import ROOT, step
from config.launch.trouble import Trouble
from tour import document
from tour.walk import LOCALES, Walk

# Where scenarios/sign_ins.py keeps the password, which knows the models and so is not imported here.
SIGN_INS = "sign-ins"
LINE = "password="


def main() -> int:
    """Take all pictures and write the documents; returns 1 where it cannot."""
    program = browser.find()
    if program is None:
        print(f"The tour cannot be taken: {browser.missing()}.", file=sys.stderr)
        return 1
    with system.running() as running, tempfile.TemporaryDirectory() as folder:
        with step("Bringing pages and the scenario pudong"):
            running.manage("prepare", str(Path(folder) / "printed"))
        with step("Starting web, worker and beat"):
            running.start("web", "worker", "beat")
        with step("Acting the demonstration"):
            running.manage("demo", "--url", f"http://{system.HOST}:{running.port}")
        _walk(running, program, Path(folder))
        shutil.rmtree(ROOT / "docs" / "tour", ignore_errors=True)
        document.shrink(Path(folder), ROOT / "docs" / "tour")
        document.write(ROOT / "docs")
    return 0


def _walk(running: system.System, program: Path, folder: Path) -> None:
    said = (running.folder / SIGN_INS).read_text(encoding="utf-8").splitlines()
    password = next(line for line in said if line.startswith(LINE)).removeprefix(LINE)
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        for language in LOCALES:
            with step(f"Walking through the day ({language})"):
                url = f"http://{system.HOST}:{running.port}"
                Walk(opened, url, password, language, folder).all()
        opened.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(1)
