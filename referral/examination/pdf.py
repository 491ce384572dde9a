"""Opens a PDF and writes it anew without anything that acts: scripts, launches, forms that send, files inside.

What stays is pages. Whatever is reached from nowhere, stands before the head or hangs behind the end, goes
by itself, since only what the document reaches is written.
"""

import io
from collections.abc import Iterable
from typing import Any, Final

import pikepdf

from referral.examination import BROKEN, ENCRYPTED, Rejected, run

# ISO 32000-2, 12.6: actions that run, open, send or play something. Going to a page or to an address stays.
ACTING: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/GoToE",
        "/GoToR",
        "/GoToDp",
        "/Thread",
        "/Rendition",
        "/RichMediaExecute",
        "/Movie",
        "/Sound",
        "/GoTo3DView",
        "/Trans",
    }
)
# Annotations that are a file, a film or a scene.
CARRYING: Final = frozenset(
    {"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/Projection"}
)
# What may set an action off: the keys of an additional-actions dictionary.
EVENTS: Final = frozenset(
    f"/{name}"
    for name in ("E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI", "O", "C", "K", "F", "V")
) | {"/WC", "/WS", "/DS", "/WP", "/DP"}
FILES: Final = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})
FROM_THE_ROOT: Final = ("/OpenAction", "/AA", "/Collection", "/AF", "/NeedsRendering")
FROM_THE_NAMES: Final = ("/JavaScript", "/EmbeddedFiles", "/Renditions", "/AlternatePresentations")
END_WITHIN: Final = 2048


def clean(content: bytes) -> bytes:
    """Return the pages alone; raises Rejected for a password, for no page, and for a file that was cut off.

    A file that needs no password to be read is kept, also if it forbids printing; the copy forbids nothing.
    """
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise Rejected(BROKEN)
    try:
        document = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError as error:
        raise Rejected(ENCRYPTED) from error
    with document:
        if len(document.pages) == 0:
            raise Rejected(BROKEN)
        _clean_root(document.Root)
        for each in document.objects:
            _clean_below(each)
        for key in list(document.docinfo.keys()):
            del document.docinfo[key]
        out = io.BytesIO()
        document.save(out, deterministic_id=True, encryption=False)
    return out.getvalue()


def _clean_root(root: Any) -> None:
    _forget(root, FROM_THE_ROOT)
    if isinstance(root.get("/Names"), pikepdf.Dictionary):
        _forget(root["/Names"], FROM_THE_NAMES)
    if isinstance(root.get("/AcroForm"), pikepdf.Dictionary):
        _forget(root["/AcroForm"], ("/XFA",))


def _clean_below(top: Any) -> None:
    """Clean an object of the file and everything inside it; what it refers to comes by itself."""
    waiting = [top]
    while waiting:
        each = waiting.pop()
        if isinstance(each, pikepdf.Array):
            waiting.extend(_direct(each))
        elif isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            _clean_dictionary(each)
            waiting.extend(_direct(each[key] for key in each.keys()))  # noqa: SIM118 - no Python dict


def _direct(objects: Iterable[Any]) -> list[Any]:
    return [each for each in objects if isinstance(each, pikepdf.Object) and not each.is_indirect]


def _clean_dictionary(each: Any) -> None:
    """Empty an action that acts, drop what sets one off, files, and annotations that carry one."""
    if str(each.get("/S", "")) in ACTING and str(each.get("/Type", "")) != "/StructElem":
        _forget(each, tuple(each.keys()))
        return
    if _has_only(each.get("/AA"), EVENTS):
        _forget(each, ("/AA",))
    if _has_only(each.get("/EF"), FILES):
        _forget(each, ("/EF", "/RF"))
    if str(each.get("/Subtype", "")) in CARRYING and "/Rect" in each:
        _forget(each, ("/FS", "/RichMediaContent", "/Movie", "/Sound", "/3DD", "/A"))
        each["/Subtype"] = pikepdf.Name("/Square")


def _has_only(value: Any, keys: frozenset[str]) -> bool:
    return isinstance(value, pikepdf.Dictionary) and set(value.keys()) <= keys


def _forget(each: Any, keys: Iterable[str]) -> None:
    for key in keys:
        if key in each:
            del each[key]


if __name__ == "__main__":
    run(clean)
