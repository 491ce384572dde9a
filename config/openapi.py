"""Tells the OpenAPI document how callers sign in; urls.py imports it so that drf-spectacular sees it."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


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
