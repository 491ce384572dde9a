"""Chooses the language of an answer: pages follow their switch, the API follows Accept-Language."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

API_PREFIX = "/api/"


class PageLanguage(LocaleMiddleware):
    """Shows pages in Chinese unless the reader has switched, whatever language the browser prefers.

    A workstation's browser is seldom set up by the person in front of it, so pages go by the cookie
    that the switch sets. Programs say what they want with Accept-Language.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language for this request."""
        if request.path_info.startswith(API_PREFIX):
            super().process_request(request)
            return
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(known)
        request.LANGUAGE_CODE = translation.get_language()
