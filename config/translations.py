"""Finds every text of the code and templates, compares it with the catalogue, and compiles the catalogue.

All in Python, because GNU gettext may be absent. Texts in code are English; locale/zh_Hans holds the Chinese.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

LANGUAGES = ("zh_Hans",)
APPS = (
    "accounts",
    "audit",
    "config",
    "facilities",
    "notifications",
    "patients",
    "referral",
    "scenarios",
    "insights",
)
# Function -> positions of context, text and plural among its arguments.
_CALLS = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "_": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_FIELDS = re.compile(r"%\((\w+)\)|\{(\w*)\}|%[sd]")


class Text(NamedTuple):
    """One translatable text."""

    context: str | None
    text: str
    plural: str | None


def texts(root: Path) -> dict[Text, list[str]]:
    """Return every translatable text with the files that use it."""
    found: dict[Text, list[str]] = {}
    for file in sorted(_sources(root)):
        source = file.read_text(encoding="utf-8")
        if file.suffix != ".py":
            source = templatize(source, origin=str(file))
        for text in _in_source(source, lenient=file.suffix != ".py"):
            found.setdefault(text, []).append(file.relative_to(root).as_posix())
    return found


def catalogue(root: Path, language: str) -> Path:
    """Return the path of one language's catalogue."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def problems(root: Path) -> list[str]:
    """Return one line for each text that is missing, untranslated, fuzzy or has other placeholders."""
    wanted = texts(root)
    lines: list[str] = []
    for language in LANGUAGES:
        path = catalogue(root, language)
        if not path.exists():
            lines.append(f"{path.relative_to(root)} does not exist")
            continue
        entries = _entries(path)
        for text, files in wanted.items():
            entry = entries.get((text.context, text.text))
            if reason := _wrong(text, entry):
                lines.append(f"{language}: {reason}: {text.text!r} ({files[0]})")
    return lines


def update(root: Path) -> int:
    """Add an empty entry for each text the catalogues lack, drop what nothing uses; return how many were added."""
    wanted, added = texts(root), 0
    for language in LANGUAGES:
        path = catalogue(root, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        old = _entries(path) if path.exists() else {}
        fresh = polib.POFile(wrapwidth=100)
        fresh.metadata = {
            "Language": language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": "nplurals=1; plural=0;",
        }
        for text, files in sorted(wanted.items(), key=lambda pair: (pair[1][0], pair[0].text)):
            entry = old.get((text.context, text.text))
            if entry is None:
                entry, added = _empty(text), added + 1
            entry.occurrences = [(file, "") for file in sorted(set(files))]
            fresh.append(entry)
        fresh.save(str(path))
    return added


def compile_all(root: Path) -> list[Path]:
    """Write django.mo beside each django.po that is newer; return what was written."""
    written = []
    for path in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        draft = target.with_suffix(".mo.new")
        _read(path).save_as_mofile(str(draft))
        draft.replace(target)
        written.append(target)
    return written


def _entries(path: Path) -> dict[tuple[str | None, str], polib.POEntry]:
    return {(entry.msgctxt, entry.msgid): entry for entry in _read(path) if not entry.obsolete}


def _read(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=100)


def _sources(root: Path) -> Iterator[Path]:
    for app in APPS:
        yield from (file for file in (root / app).rglob("*.py") if "migrations" not in file.parts)
        for kind in ("*.html", "*.txt"):
            yield from (root / app / "templates").rglob(kind)
    for kind in ("*.html", "*.txt"):
        yield from (root / "templates").rglob(kind)


def _in_source(source: str, *, lenient: bool) -> Iterator[Text]:
    """Yield the texts of Python source; what templatize made of a template is read call by call."""
    if not lenient:
        yield from _calls(ast.parse(source))
        return
    for match in re.finditer(r"\b(?:n?p?gettext|_)\(", source):
        snippet = _balanced(source[match.start() :])
        try:
            yield from _calls(ast.parse(snippet))
        except SyntaxError:
            continue


def _balanced(source: str) -> str:
    """Return a call up to its closing bracket, brackets inside strings not counted."""
    for end in (place.end() for place in re.finditer(r"\)", source)):
        try:
            ast.parse(source[:end])
        except SyntaxError:
            continue
        return source[:end]
    return source


def _calls(tree: ast.AST) -> Iterator[Text]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in _CALLS and (text := _text(node, _CALLS[name])):
            yield text


def _text(node: ast.Call, places: tuple[int | None, int, int | None]) -> Text | None:
    words = [_constant(node, place) for place in places]
    return Text(words[0], words[1], words[2]) if words[1] else None


def _constant(node: ast.Call, place: int | None) -> str | None:
    if place is None or len(node.args) <= place:
        return None
    argument = node.args[place]
    return (
        argument.value
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        else None
    )


def _empty(text: Text) -> polib.POEntry:
    entry = polib.POEntry(msgid=text.text, msgstr="", msgctxt=text.context)
    if text.plural:
        entry.msgid_plural, entry.msgstr_plural = text.plural, {0: ""}
    return entry


def _wrong(text: Text, entry: polib.POEntry | None) -> str | None:
    if entry is None:
        return "missing"
    if entry.fuzzy:
        return "fuzzy"
    translations = list(entry.msgstr_plural.values()) if text.plural else [entry.msgstr]
    if not translations or not all(translations):
        return "not translated"
    wanted = sorted(_FIELDS.findall(text.plural or text.text))
    if any(sorted(_FIELDS.findall(words)) != wanted for words in translations):
        return "other placeholders"
    return None
