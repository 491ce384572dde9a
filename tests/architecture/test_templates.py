"""No template lies about unused: each is named by code or by another template."""

import re

from tests.architecture.floors import ROOT, sources


def test_every_template_is_used() -> None:
    folder = ROOT / "templates"
    files = [file for file in folder.rglob("*") if file.is_file()]
    text = "\n".join(file.read_text(encoding="utf-8") for file in [*sources(), *files])
    unused = [
        name
        for name in (file.relative_to(folder).as_posix() for file in files)
        if f'"{name}"' not in text and f"'{name}'" not in text and not _is_overriding(name)
    ]
    assert not unused


def _is_overriding(name: str) -> bool:
    """Django looks these up by their names."""
    return bool(re.fullmatch(r"(400|403|403_csrf|404|500)\.html|(admin|registration)/.+", name))
