"""Leaves out of the style sheet of the design kit what no page of ours uses: nine tenths of it.

The kit dresses whatever anybody may build with it. A browser has to fetch and read all of its rules before it draws
the first page. When static files are collected, the rules go whose classes no template, script or program names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

# Where the names of classes stand, by the folders of the project and the endings of their files.
FOLDERS: Final = (
    "templates",
    "static",
    "accounts",
    "config",
    "facilities",
    "insights",
    "notifications",
    "patients",
    "referral",
)
ENDINGS: Final = frozenset({".html", ".js", ".py", ".toml"})

_WORD: Final = re.compile(r"[A-Za-z_][\w-]*")
# A class that a template or a script completes: btn-{{ verb.style }}, mark-${colour}.
_BEGUN: Final = re.compile(r"([A-Za-z][\w-]*-)(?:\{[{%]|\$\{)")
# What a rule, a declaration or a block can begin or end at; strings and addresses may hold any of these signs.
_SIGNS: Final = re.compile(
    r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|url\([^)\"']*\)|[{};]", re.S
)
_LICENCE: Final = re.compile(r"/\*!.*?\*/", re.S)
# Within brackets stand alternatives and exceptions, which ask for no class.
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_CLASS: Final = re.compile(r"\.((?:\\.|[\w-])+)")
# A property of the kit's own with its value, where it is set, where it is read, and anywhere in our files.
_PROPERTY: Final = re.compile(
    r"(?<=[{;])(--tblr-[\w-]+)\s*:(?:\"[^\"]*\"|'[^']*'|\([^()]*\)|[^;{}\"'()]|[()])*(?:;|(?=\}))"
)
_VALUE: Final = re.compile(r"var\(\s*(--[\w-]+)")
_MENTIONED: Final = re.compile(r"--tblr-[\w-]+")
# Blocks that hold rules themselves.
NESTING: Final = ("@media", "@supports", "@layer", "@container")


class Names(NamedTuple):
    """The words of our files, and the beginnings of those that are put together."""

    words: Set[str]
    begun: Set[str]

    def has(self, name: str) -> bool:
        """Whether a class may stand on a page."""
        return name in self.words or any(
            name.startswith(first) and name[len(first) :] in self.words for first in self.begun
        )


class Block(NamedTuple):
    """What stands before a brace and within it; a statement without braces has no `inner`."""

    head: str
    inner: str | None


def sources(root: Path) -> list[Path]:
    """Return our files that may name a class."""
    return [
        file
        for folder in FOLDERS
        for file in (root / folder).rglob("*")
        if file.suffix in ENDINGS and "migrations" not in file.parts
    ]


def names(texts: Iterable[str]) -> Names:
    """Collect every word of some files, which is more than the classes among them."""
    words: set[str] = set()
    begun: set[str] = set()
    for text in texts:
        words.update(_WORD.findall(text))
        begun.update(_BEGUN.findall(text))
    return Names(words, begun)


def blocks(css: str) -> Iterator[Block]:
    """Cut a style sheet, or what a rule holds, into its rules and statements."""
    begin = depth = opened = 0
    for sign in _SIGNS.finditer(css):
        if sign[0] == "{":
            opened = opened if depth else sign.end()
            depth += 1
        elif sign[0] == "}":
            depth -= 1
            if not depth:
                yield Block(css[begin : opened - 1].strip(), css[opened : sign.start()])
                begin = sign.end()
        elif sign[0] == ";" and not depth:
            yield Block(css[begin : sign.start()].strip(), None)
            begin = sign.end()
    if rest := css[begin:].strip():
        yield Block(rest, None)


def _selectors(head: str) -> Iterator[str]:
    """Cut what stands before a brace at its commas, those within brackets left alone."""
    begin = depth = 0
    for place, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            yield head[begin:place]
            begin = place + 1
    yield head[begin:]


def _wanted(selector: str, known: Names) -> bool:
    bare, before = selector, ""
    while bare != before:
        bare, before = _BRACKETS.sub("", bare), bare
    return all(known.has(found.replace("\\", "")) for found in _CLASS.findall(bare))


def _used_rules(css: str, known: Names) -> Iterator[Block]:
    for head, inner in blocks(css):
        if inner is None or (head.startswith("@") and not head.startswith(NESTING)):
            yield Block(head, inner)
        elif head.startswith("@"):
            if kept := written(_used_rules(inner, known)):
                yield Block(head, kept)
        elif left := [each for each in _selectors(head) if _wanted(each, known)]:
            yield Block(",".join(left), inner)


def _kept(mentioned: Set[str], declared: re.Match[str]) -> str:
    return declared[0] if declared[1] in mentioned else ""


def _needed(css: str, ours: str) -> str:
    """Leave out the properties of the kit's own that nothing mentions any more, nor those that only they mention."""
    while True:
        mentioned = {*_VALUE.findall(css), *_MENTIONED.findall(ours)}
        less = _PROPERTY.sub(partial(_kept, mentioned), css)
        if less == css:
            return css
        css = less


def written(found: Iterable[Block]) -> str:
    """Put rules and statements together again."""
    return "".join(
        f"{each.head};" if each.inner is None else f"{each.head}{{{each.inner}}}" for each in found
    )


def used(css: str, texts: Sequence[str]) -> str:
    """Return the part of the kit's style sheet that pages made of these texts can use, and the words of its licence."""
    bare = _SIGNS.sub(lambda found: "" if found[0].startswith("/*") else found[0], css)
    licence = "".join(_LICENCE.findall(css))
    return _needed(written(_used_rules(bare, names(texts))), "\n".join(texts)) + licence


def made(whole: Path, root: Path, place: Path) -> Path:
    """Return `place`, where the used part of the kit `whole` lies; make it where one of our files is newer."""
    files = sources(root)
    newest = max(file.stat().st_mtime for file in (whole, *files))
    if not place.exists() or place.stat().st_mtime <= newest:
        css = used(
            whole.read_text(encoding="utf-8"), [file.read_text(encoding="utf-8") for file in files]
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may make it at once, and a reader must never find half of it.
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        draft.write_text(css, encoding="utf-8")
        draft.replace(place)
    return place
