"""Answers what no view answered: problem+json below /api/, the usual pages elsewhere."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views import defaults

from accounts.rest.problems import CONTENT_TYPE, problem_body
from accounts.rest_defaults.rendering import dumps

API = "/api/"


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    answer = HttpResponse(dumps(problem_body(status, code, detail)), CONTENT_TYPE, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django itself refused to read."""
    if request.path.startswith(API):
        return _problem(HTTPStatus.BAD_REQUEST, "malformed-request", _("The request is malformed."))
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an address that does not exist exactly as an object that does not exist."""
    if request.path.startswith(API):
        return _problem(HTTPStatus.NOT_FOUND, "not-found", _("There is no such object."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer after a defect, saying nothing of it; the log says the rest."""
    if request.path.startswith(API):
        text = _("Something went wrong here; nothing was changed.")
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", text)
    return defaults.server_error(request)
