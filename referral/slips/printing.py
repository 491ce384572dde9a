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


class _Kept(threading.local):
    """Keeps the fonts of one thread open: finding them takes longer than setting a page."""

    def __init__(self) -> None:
        self.fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(Path(str(FONT_PATH)).parent)],
        )


_kept = _Kept()


def pdf(paper: Paper, data: Mapping[str, Any]) -> bytes:
    """Return a paper as PDF; the data reaches the template as one JSON text, so its words stay words.

    Setting the longest texts that a slip takes (`parts.MAX_TEXT`) is measured in tests/referral/test_slip.py.
    """
    compiler = typst.Compiler(
        str(_HERE / f"{paper}.typ"),
        root=str(_HERE),
        font_paths=_kept.fonts,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    made = compiler.compile(format="pdf")
    assert isinstance(made, bytes)
    return made
