"""Reads a paper of ours back: its pages, the text in the order in which it is drawn, the code on it."""

import io
import re
from typing import Any, Final

import pikepdf
import pytest

from referral.actions import printing

A4: Final = (595, 842)


def printed_codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the token of each code is added when it is printed."""
    found: list[str] = []
    real = printing._code

    def code(token: str) -> str:
        found.append(token)
        return real(token)

    monkeypatch.setattr(printing, "_code", code)
    return found


def pages(content: bytes) -> list[tuple[int, int]]:
    """Return width and height of each page in points."""
    with pikepdf.open(io.BytesIO(content)) as document:
        boxes = [page.mediabox for page in document.pages]
        return [(round(float(box[2])), round(float(box[3]))) for box in boxes]


def text(content: bytes) -> str:
    """Return the words of all pages; what breaks over lines or pages is put together again."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return "".join(_page(page) for page in document.pages).replace("\u200b", "")


def _page(page: pikepdf.Page) -> str:
    maps = {name: _letters(font) for name, font in page.resources.get("/Font", {}).items()}
    found: list[str] = []
    letters: dict[int, str] = {}
    for step in pikepdf.parse_content_stream(page):
        operands: Any = step.operands
        name = str(step.operator)
        if name == "Tf":
            letters = maps[str(operands[0])]
        elif name in {"Tj", "TJ"}:
            parts = operands[0] if name == "TJ" else operands
            said = (bytes(part) for part in parts if isinstance(part, pikepdf.String))
            found.extend(_decoded(codes, letters) for codes in said)
    return "".join(found)


def _decoded(codes: bytes, letters: dict[int, str]) -> str:
    pairs = zip(codes[::2], codes[1::2], strict=True)
    return "".join(letters.get(high << 8 | low, "") for high, low in pairs)


def _letters(font: Any) -> dict[int, str]:
    """Return what each glyph of a font stands for, from its ToUnicode map."""
    table = bytes(font["/ToUnicode"].read_bytes()).decode("latin-1")
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, target in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
            found[int(code, 16)] = bytes.fromhex(target).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, target in re.findall(
            r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block
        ):
            start = int.from_bytes(bytes.fromhex(target), "big")
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(start + code - int(first, 16))
    return found
