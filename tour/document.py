"""Writes docs/tour.md and its Chinese twin from the list of frames, and makes the pictures small."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

from tour.frames import FRAMES, PARTS

# Half the width of a desk's screen again is enough to read, and a third of the bytes.
WIDTH: Final = 1024
TALL: Final = 480
QUALITY: Final = 60
FILES: Final = {"en": "tour.md", "zh": "tour.zh-CN.md"}
_HEADS: Final = {
    "en": (
        "# A day in pictures\n\n"
        "Taken by `make tour` from scenario `pudong` after `make demo`: the pictures are of the running system,"
        " every person and facility in them is invented. [中文](tour.zh-CN.md)\n"
    ),
    "zh": (
        "# 一天的画面\n\n"
        "由 `make tour` 在 `pudong` 场景运行 `make demo` 之后自动截取；画面来自真实运行的系统，"
        "其中的人员和机构均为虚构。[English](tour.md)\n"
    ),
}


def shrink(taken: Path, folder: Path) -> None:
    """Turn the pictures that were taken into small ones beside the document."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(taken.glob("*.png")):
        with Image.open(file) as picture:
            widest = TALL if picture.height > picture.width else WIDTH
            height = round(picture.height * widest / picture.width)
            small = picture.convert("RGB").resize((widest, height), Image.Resampling.LANCZOS)
        small.save(folder / f"{file.stem}.webp", quality=QUALITY, method=6)


def text(language: str) -> str:
    """Return the document in a language: a part for each user, a picture with its sentence for each frame."""
    lines = [_HEADS[language]]
    for name, part in PARTS.items():
        lines.append(f"## {part.title[language]}\n\n{part.told[language]}\n")
        lines += [
            f"{frame.told[language]}\n\n![{frame.told[language]}](tour/{frame.name}.{language}.webp)\n"
            for frame in FRAMES
            if frame.part == name
        ]
    return "\n".join(lines)


def write(docs: Path) -> None:
    """Write both documents."""
    for language, name in FILES.items():
        (docs / name).write_text(text(language), encoding="utf-8")
