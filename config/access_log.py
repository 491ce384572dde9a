"""Writes one access line a request: method, path without its query and secrets, status, duration, who."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.logs import masked

_log = logging.getLogger("access")
_QUIET = ("/healthz", "/readyz", "/static/")


class AccessLog:
    """Outermost middleware; logs after the answer is made, also of failed requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and log its outcome."""
        begun = time.perf_counter()
        response = self.get_response(request)
        if not request.path.startswith(_QUIET) or response.status_code >= 500:
            duration = round((time.perf_counter() - begun) * 1000, 1)
            _log.log(
                logging.ERROR if response.status_code >= 500 else logging.INFO,
                "request",
                extra={
                    "method": request.method,
                    # What leads nowhere may be anything, also a document number typed into an address.
                    "path": masked(request.path) if request.resolver_match else "",
                    "status": response.status_code,
                    "duration_ms": duration,
                },
            )
        return response
