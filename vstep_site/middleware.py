"""Request ids, the health answer, and headers that keep pages out of shared caches."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class RequestIdMiddleware:
    """Every answer carries X-Request-ID; the caller's own is echoed when it is harmless."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if SAFE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class HealthMiddleware:
    """`/health` answers before hosts, sessions and the database are looked at."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health":
            return JsonResponse({"status": "up"})
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database that is away is a 503 to come back to, not a fault of the caller."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        structlog.get_logger(__name__).error("database_unavailable", exc_info=error)
        return JsonResponse(
            {
                "type": "about:blank",
                "title": "The database cannot be reached",
                "status": 503,
                "code": "database_unavailable",
                "detail": "Nothing was changed. Please try again in a few seconds.",
                "requestId": getattr(request, "request_id", ""),
            },
            status=503,
            headers={"Retry-After": "5", "Cache-Control": "no-store"},
            content_type="application/problem+json",
        )


class PrivatePagesMiddleware:
    """What a signed-in person or a client sees is kept by nobody in between."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store, private"
        return response
