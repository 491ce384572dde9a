"""docs/operations.md names every variable and every command, and none that there is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
APPS = sorted(path.parent for path in ROOT.glob("*/apps.py"))
READERS = {"text", "issuer", "flag", "number", "one_of", "words"}
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE", "PATH"}


def _environment_names(tree: ast.AST) -> Iterator[str]:
    """Yield names read by the helpers of config/environment.py, from os.environ, or from a copy of it."""
    for node in ast.walk(tree):
        name: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            of = ast.unparse(node.func.value)
            if (of == "environment" and node.func.attr in READERS) or (
                of in {"os.environ", "environ", "env", "given"} and node.func.attr == "get"
            ):
                name = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            name = node.slice
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value


def _read() -> set[str]:
    names: set[str] = set()
    for file in (file for app in APPS for file in app.rglob("*.py")):
        names |= set(_environment_names(ast.parse(file.read_text(encoding="utf-8"))))
    return {name for name in names if re.fullmatch(r"[A-Z_]+", name)} - NOT_SETTINGS


def test_every_variable_is_in_the_table_and_none_is_invented() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", TEXT, re.MULTILINE))
    assert told == _read()


def test_defaults_are_those_of_the_code() -> None:
    settings = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    read = dict(re.findall(r'number\("([A-Z_]+)", (\d+)\)', settings))
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", TEXT, re.MULTILINE))
    assert read
    assert read == {name: told[name] for name in read}


def test_every_command_is_named() -> None:
    commands = {
        file.stem
        for app in APPS
        for file in app.glob("management/commands/*.py")
        if file.stem != "__init__"
    }
    missing = {name for name in commands if not re.search(rf"\b{name}\b", TEXT)}
    assert not missing, f"docs/operations.md does not know {sorted(missing)}"
    told = set(re.findall(r"manage\.py (\w+)", TEXT)) - {"collectstatic"}
    assert told <= commands


def test_every_role_is_named() -> None:
    roles = (ROOT / "accounts" / "permissions.py").read_text(encoding="utf-8")
    labels = [label.lower() for label in re.findall(r' = "\w+", _\("([^"]+)"\)', roles)]
    assert labels
    assert not [label for label in labels if label not in TEXT]


def test_the_log_line_shown_has_the_fields_of_the_formatter() -> None:
    shown = re.search(r"```json\n(.+)\n```", TEXT)
    assert shown
    fields = set(re.findall(r'"(\w+)":', shown[1]))
    code = (ROOT / "config" / "logs.py").read_text(encoding="utf-8")
    assert not [name for name in fields if f'"{name}"' not in code]
