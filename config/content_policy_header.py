"""Sets the content policy of an answer; the plain one, which nearly every answer has, is put together once."""

from functools import cached_property
from typing import Final

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# What django-csp's decorators leave on the answer of a view that has a policy of its own.
OWN: Final = frozenset(
    f"_csp_{name}{kind}"
    for name in ("config", "update", "replace", "exempt")
    for kind in ("", "_ro")
)


class ContentPolicyHeader(CSPMiddleware):
    """django-csp's own, but for answers without a policy or nonce of their own.

    It copies and joins all directives for each answer, twice: a twentieth of a small answer of the API.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Give the answer its policy, unless the view gave it one."""
        if not OWN.isdisjoint(vars(response)) or getattr(request, "_csp_nonce", None):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._plain)
        return response

    @cached_property
    def _plain(self) -> str:
        request = HttpRequest()
        request.path_info = "/"
        return str(super().process_response(request, HttpResponse())[HEADER])
