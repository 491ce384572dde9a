"""Checks that every relative link of the Markdown documents leads to a file or heading that exists."""

import re
import sys
from pathlib import Path

from config.launch.steps import ROOT

_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def broken(root: Path) -> list[str]:
    """Return `file: link` for each relative link that leads nowhere."""
    documents = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    return [
        f"{document.relative_to(root)}: {link}"
        for document in sorted(documents)
        for link in _LINK.findall(_FENCE.sub("", document.read_text(encoding="utf-8")))
        if not _leads_somewhere(document, link)
    ]


def _leads_somewhere(document: Path, link: str) -> bool:
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return True
    name, _, anchor = link.partition("#")
    target = (document.parent / name).resolve() if name else document
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target)


def _anchors(document: Path) -> set[str]:
    """Return the anchors that headings get: lower case, punctuation dropped, spaces as hyphens."""
    headings = _HEADING.findall(_FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    lines = broken(ROOT)
    print("\n".join(lines) or "All links lead somewhere.")
    sys.exit(1 if lines else 0)
