"""What answers when no view did: a problem for callers, a plain page for people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from grading.api.errors import plain_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_problem(request, 400, "The request is not valid", "invalid")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_problem(request, 404, "There is no such thing", "not_found")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_problem(request, 500, "The service failed", "internal_error")
    return defaults.server_error(request)
