"""Makes the composition root an app, so that every process loads the Celery application and the wiring."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from config.celery import app as celery_app

__all__ = ["Composition", "celery_app"]


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """Let packages that nobody has imported yet be as if they were not installed."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


class Composition(AppConfig):
    """Has no models; its import is its work."""

    name = "config"

    def ready(self) -> None:
        """Let REST framework do without what it imports for its test client and its browsable pages.

        Both are optional to it and used by nobody here; in each web process they took 5 MB.
        """
        with _hidden("requests", "pygments"):
            import_module("rest_framework.compat")


class Administration(AdminConfig):
    """Django's administration with our site."""

    default_site = "config.admin_site.AdminSite"
