"""Sets the papers in type: the templates beside this file, filled with data that is never read as markup."""

import json
import threading
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from noto_cjk_sans_otc import FONT_PATH

Paper = Literal["slip", "consent"]

_HERE: Final = Path(__file__).resolve().parent


_kept = threading.local()


@cache
def _typst() -> Any:
    """Return the typesetter, loaded with the first page: it takes 7 MB, and most processes never set one."""
    return import_module("typst")


def _fonts() -> Any:
    """Return this thread's fonts, kept open from the first page on: finding them takes longer than setting it."""
    if not hasattr(_kept, "fonts"):
        _kept.fonts = _typst().Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(Path(str(FONT_PATH)).parent)],
        )
    return _kept.fonts


def pdf(paper: Paper, data: Mapping[str, Any]) -> bytes:
    """Return a paper as PDF.

    Setting the longest texts that a slip takes (`parts.MAX_TEXT`) is measured in tests/referral/test_slip.py.
    """
    return typeset(_HERE / f"{paper}.typ", data)


def typeset(template: Path, data: Mapping[str, Any]) -> bytes:
    """Return a template as PDF; the data reaches it as one JSON text, so its words stay words."""
    compiler = _typst().Compiler(
        str(template),
        root=str(template.parent),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    made = compiler.compile(format="pdf")
    assert isinstance(made, bytes)
    return made
