"""What browsers of two years ago lack, as the compatibility data of MDN tell it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from tests.architecture.floors import ROOT

# The long-term releases of mid 2024, on which hospitals' PCs may still stand.
OLDEST: Final = {"firefox": 128, "chrome": 128}
DATA: Final = ROOT / "node_modules/@mdn/browser-compat-data/data.json"
NEVER: Final = 1_000_000.0
Node = dict[str, Any]


@cache
def data() -> Node:
    """Return the data; `make install-dev` brings them."""
    found: Node = json.loads(DATA.read_text(encoding="utf-8"))
    return found


def _number(version: object) -> float:
    """Return a version as a number; what is not known, planned or denied never comes."""
    found = re.match(r"≤?(\d+(?:\.\d+)?)", str(version))
    return float(found[1]) if found else NEVER


def _since(node: Node, browser: str) -> float:
    """Return since which version a browser has it without a switch, a prefix or another name."""
    told = node["__compat"]["support"].get(browser, [])
    rows = told if isinstance(told, list) else [told]
    apart = ("flags", "prefix", "alternative_name", "version_removed")
    known = [
        _number(row["version_added"]) for row in rows if not any(each in row for each in apart)
    ]
    return min(known, default=NEVER)


def is_lacked(node: Node) -> bool:
    """Say whether one of the oldest browsers lacks it."""
    return any(_since(node, browser) > oldest for browser, oldest in OLDEST.items())


def _each(node: Node, depth: int = 9) -> Iterator[tuple[str, Node]]:
    """Yield all that is known below, by its own name."""
    for name, inner in node.items():
        if name == "__compat" or not isinstance(inner, dict):
            continue
        if "__compat" in inner:
            yield name, inner
        if depth:
            yield from _each(inner, depth - 1)


@cache
def _named(*path: str) -> dict[str, list[Node]]:
    """Return by its name what is known below a part of the data."""
    part, found = data(), dict[str, list[Node]]()
    for step in path:
        part = part[step]
    for name, node in _each(part):
        found.setdefault(name, []).append(node)
    return found


def _is_too_new(known: dict[str, list[Node]], name: str) -> bool:
    """Say whether nothing of that name was there."""
    return name in known and all(map(is_lacked, known[name]))


_PLAIN: Final = re.compile(r'/\*.*?\*/|"[^"]*"|url\([^)]*\)', re.S)
# Taken where it is known, passed over where it is not: a font before its substitutes, the mark of a summary, a shade
# on paper by either of its names, a heading that had better not end a sheet.
_HARMLESS: Final = {
    *("font-family", "::-webkit-details-marker"),
    *("print-color-adjust", "-webkit-print-color-adjust", "break-after: avoid"),
}


def of_styles(text: str) -> set[str]:
    """Return what a style sheet says that they lack, or that nobody knows."""
    text = _PLAIN.sub("", text)
    found = set[str]()
    for kind, pattern, mark in (
        ("at-rules", r"@([a-z-]+)", "@"),
        ("selectors", r"::?([a-z-]+)", ":"),
    ):
        where = text if mark == "@" else re.sub(r"\{[^{}]*\}", "{}", text)
        where = where if mark == "@" else re.sub(r"@[^{]*\{", "{", where)
        known = data()["css"][kind]
        for match in re.finditer(pattern, where):
            if match[0] not in _HARMLESS and (match[1] not in known or is_lacked(known[match[1]])):
                found.add(match[0])
    for block in re.findall(r"\{([^{}]*)\}", text):
        for line in filter(None, map(str.strip, block.split(";"))):
            found |= _of_line(line)
    return found


def _of_line(line: str) -> set[str]:
    name, value = map(str.strip, line.split(":", 1))
    found = {f"{each}()" for each in re.findall(r"([a-z-]+)\(", value) if _is_too_new(_css(), each)}
    if name.startswith("--") or name in _HARMLESS:
        return found
    known = data()["css"]["properties"].get(name)
    if known is None or is_lacked(known):
        return {name, *found}
    words = re.findall(r"(?<![\w-])[a-z][a-z-]+", value)
    return found | {
        f"{name}: {word}"
        for word in words
        if f"{name}: {word}" not in _HARMLESS
        and "__compat" in known.get(word, {})
        and is_lacked(known[word])
    }


def _css() -> dict[str, list[Node]]:
    return _named("css", "types")


def of_script(text: str) -> set[str]:
    """Return the names that a script uses and does not make itself, and of which they know none.

    A name that is new in one place and old in another, as `map`, passes: that `[].map` is meant and not
    `Iterator.prototype.map` only a reader can tell.
    """
    text = re.sub(r"(?m)(?<!:)//.*$|dataset\.\w+", "", text)
    own = set(re.findall(r"(?:function|const|let|var)\s+(\w+)", text))
    own |= set(re.findall(r"(?:const|let)\s+[^=;]*?(\w+)\s*=", text))
    own |= set(re.findall(r"[{,(]\s*(\w+)\s*[:,)=]", text))
    used = set(re.findall(r"(?:\?\.|(?<![.\d])\.)([A-Za-z_]\w*)", text))
    used |= set(re.findall(r"(?<![.\w])([A-Za-z_]\w*)\s*\(", text))
    return {name for name in used - own if _is_too_new(_scripted(), name)}


@cache
def _scripted() -> dict[str, list[Node]]:
    """Return by its name what a script may call, whatever it belongs to."""
    api, language = _named("api"), _named("javascript", "builtins")
    return {name: [*api.get(name, []), *language.get(name, [])] for name in api.keys() | language}


def of_template(text: str) -> set[str]:
    """Return the elements, attributes and kinds of fields of a template that they lack."""
    html, found = data()["html"], set[str]()
    text = re.sub(r"(?s)\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", text)
    for match in re.finditer(r"<([a-z][a-z0-9]*)((?:\s+[^<>]*)?)>", text):
        tag, attributes = match[1], re.findall(r"(?<![\w-])([a-z]+)(?:=|\s|$)", _unquoted(match[2]))
        element = html["elements"].get(tag)
        if element is None:
            continue
        found |= {tag} if is_lacked(element) else set()
        for name in attributes:
            node = element.get(name) or html["global_attributes"].get(name)
            if node and "__compat" in node and is_lacked(node):
                found.add(f"{tag} {name}")
        for kind in re.findall(r'type="([a-z-]+)"', match[2]) if tag == "input" else ():
            node = element.get(f"type_{kind}")
            if node and is_lacked(node):
                found.add(f"input {kind}")
    return found


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)
