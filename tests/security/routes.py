"""Walks the URL resolver: every address with its name, its parameters, its view and the methods it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

# Where a file is uploaded, which is no JSON.
FILES: Final = frozenset({"referral-attachments", "order-files", "import-list"})


@dataclass(frozen=True)
class Route:
    """One address; `view` is the view's class, or the function where there is no class."""

    name: str
    template: str
    parameters: tuple[str, ...]
    view: Any

    @property
    def is_api(self) -> bool:
        """Say whether it belongs to the REST door."""
        return self.template.startswith("api/v1/")

    @property
    def is_admin(self) -> bool:
        """Say whether it belongs to the administration pages."""
        return self.template.startswith("admin/")

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the methods that the view has code for."""
        if not isinstance(self.view, type):
            return ("GET",)
        return tuple(method for method in METHODS if hasattr(self.view, method.lower()))


def _below(resolver: URLResolver, template: str, namespace: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        here = template + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from _below(each, here, inner)
        elif isinstance(each, URLPattern):
            callback: Any = each.callback
            view = getattr(callback, "view_class", None) or getattr(callback, "cls", callback)
            parameters = tuple(each.pattern.converters)
            yield Route(f"{namespace}{each.name or here}", here, parameters, view)


@cache
def routes() -> tuple[Route, ...]:
    """Return every address of the project, in the order of the resolver."""
    return tuple(_below(get_resolver(), "", ""))


@cache
def api_routes() -> dict[str, Route]:
    """Return the addresses of the REST door by name."""
    return {route.name: route for route in routes() if route.is_api}


def is_api_view(view: Any) -> bool:
    """Say whether a view is one of REST framework's."""
    return isinstance(view, type) and issubclass(view, APIView)
