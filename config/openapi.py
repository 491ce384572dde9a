"""Serves the OpenAPI document, and tells it how callers sign in; urls.py imports it so that both are seen."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


@cache
def document(language: str, form: Callable[[], BaseRenderer]) -> bytes:
    """Return the document for everybody in a language and a form, made once a process."""
    with translation.override(language):
        made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        rendered = form().render(made)
        return rendered if isinstance(rendered, bytes) else rendered.encode()


class DocumentView(SpectacularAPIView):
    """The document: the same for everybody who reads the same language, so it is kept.

    Anybody may ask for it without a sign-in, and making it takes more than a second of a processor.
    """

    def _get_schema_response(self, request: Request) -> HttpResponse:
        language = translation.get_language()
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE  # a name made up would be kept too
        renderer = request.accepted_renderer
        form: Any = type(renderer)
        answer = HttpResponse(document(language, form))
        kind = renderer.media_type
        answer["Content-Type"] = f"{kind}; charset={renderer.charset}" if renderer.charset else kind
        name = self._get_filename(request, None)  # type: ignore[no-untyped-call]
        answer["Content-Disposition"] = f'inline; filename="{name}"'
        return answer


class BearerToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A token of `manage.py issue_token` or of the pages."""

    target_class = "facilities.sign_in.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the scheme's entry among the document's components."""
        return {"type": "http", "scheme": "bearer"}


class SessionCookie(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session, with the CSRF header on writes."""

    target_class = "facilities.sign_in.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the scheme's entry among the document's components."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
