"""Sets the papers in type: the templates beside this file, filled with data that is never read as markup."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import typst
from noto_cjk_sans_otc import FONT_PATH

Paper = Literal["slip", "consent"]

_HERE: Final = Path(__file__).resolve().parent


_kept = threading.local()


def _fonts() -> typst.Fonts:
    """Return this thread's fonts, kept open from the first page on: finding them takes longer than setting it."""
    if not hasattr(_kept, "fonts"):
        _kept.fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(Path(str(FONT_PATH)).parent)],
        )
    fonts: typst.Fonts = _kept.fonts
    return fonts


def pdf(paper: Paper, data: Mapping[str, Any]) -> bytes:
    """Return a paper as PDF; the data reaches the template as one JSON text, so its words stay words.

    Setting the longest texts that a slip takes (`parts.MAX_TEXT`) is measured in tests/referral/test_slip.py.
    """
    compiler = typst.Compiler(
        str(_HERE / f"{paper}.typ"),
        root=str(_HERE),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    made = compiler.compile(format="pdf")
    assert isinstance(made, bytes)
    return made
