"""Serves the few files of npm packages that pages load, and nothing else of node_modules."""

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from config import design_kit

DESIGN_KIT: Final = "packages/tabler.min.css"
# Address below /static/ -> file below node_modules/. package.json says which packages come.
FILES: Final = {
    DESIGN_KIT: "@tabler/core/dist/css/tabler.min.css",
    "packages/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "packages/echarts.min.js": "echarts/dist/echarts.min.js",
}


@functools.cache
def _kit() -> Path:
    """Return what our pages use of the design kit, made anew if need be, once in a process."""
    root = Path(settings.BASE_DIR)
    whole = root / "node_modules" / FILES[DESIGN_KIT]
    return design_kit.made(whole, root, Path(settings.DATA_DIR) / "design-kit.css")


class _PackageStorage(FileSystemStorage):
    """Reads a file of FILES from where npm put it; the design kit from where its used part is kept."""

    def path(self, name: str) -> str:
        """Return the file's place."""
        if name == DESIGN_KIT:
            return str(_kit())
        return str(Path(settings.BASE_DIR) / "node_modules" / FILES[name])


class PackageFinder(BaseFinder):
    """A finder of static files for `STATICFILES_FINDERS`."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        """Take what Django hands to every finder."""
        self.storage = _PackageStorage()

    def check(self, **_options: Any) -> list[Any]:
        """Find nothing to complain of: missing files show when they are collected."""
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """Return where a file of FILES lies, an empty list for any other name."""
        if path not in FILES:
            return []
        place = self.storage.path(path)
        return [place] if find_all else place

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield every file of FILES with its storage."""
        for name in FILES:
            yield name, self.storage
