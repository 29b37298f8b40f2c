"""Every error is a problem (RFC 9457) with a code, the request's id, and the fields at fault."""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"
FieldError = dict[str, str]

CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}

# What DRF says where it has nothing of its own to say.
GENERIC_CODES = {
    "error",
    "invalid",
    "not_authenticated",
    "authentication_failed",
    "permission_denied",
}


class InvalidInput(exceptions.APIException):
    """400 with one entry per field at fault."""

    status_code = 400
    default_detail = "The request has invalid fields."

    def __init__(self, errors: list[FieldError], code: str = "invalid") -> None:
        detail = "; ".join(f"{each['field']} {each['message']}".strip() for each in errors[:3])
        super().__init__(detail or self.default_detail, code)
        self.errors = errors


class TooLarge(exceptions.APIException):
    status_code = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body may have at most {limit} bytes.", "too_large")


class StateConflict(exceptions.APIException):
    status_code = 409


class KeyReused(exceptions.APIException):
    status_code = 422
    default_detail = "This Idempotency-Key was used before with another body."
    default_code = "idempotency_key_reused"


def invalid_fields(error: ValidationError) -> InvalidInput:
    """Pydantic's findings as the contract's field errors; values are never repeated."""
    return InvalidInput(
        [
            {
                "field": ".".join(str(part) for part in problem["loc"]),
                # Pydantic names the same fault in two ways, depending on what else is checked.
                "code": problem["type"].replace("string_too_", "too_"),
                "message": _sentence(problem),
            }
            for problem in error.errors(include_url=False, include_input=False)
        ]
    )


# Pydantic speaks to programmers; these are for whoever reads a school's error log.
SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not known here: remove it, or check its spelling",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} characters",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


def _sentence(problem: ErrorDetails) -> str:
    template = SENTENCES.get(problem["type"].replace("string_too_", "too_"))
    return template.format(**problem.get("ctx", {})) if template else problem["msg"]


def problem_body(
    status: int, title: str, *, code: str, request_id: str, detail: str | None = None
) -> dict[str, Any]:
    """The members every problem has."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    body["requestId"] = request_id
    return body


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: problems for what is known, None for faults of ours."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, OperationalError | InterfaceError):
        log.error("database_unavailable", exc_info=error)
        error = Unavailable()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    body = problem_body(
        error.status_code,
        _title(error),
        code=_code(error),
        request_id=getattr(context["request"], "request_id", ""),
        detail=str(error.detail) if not isinstance(error.detail, dict | list) else None,
    )
    if isinstance(error, InvalidInput):
        body["errors"] = error.errors
    return Response(body, status=error.status_code, headers=_headers(error), content_type=PROBLEM)


class Unavailable(exceptions.APIException):
    status_code = 503
    default_detail = "The database cannot be reached; nothing was changed. Please try again."
    default_code = "database_unavailable"


def _title(error: exceptions.APIException) -> str:
    titles = {
        400: "The request is not valid",
        401: "A valid API key is needed",
        403: "The API key does not allow this",
        404: "There is no such thing",
        405: "The method is not allowed here",
        409: "The state does not allow this",
        413: "The body is too large",
        415: "The media type is not taken",
        422: "The request cannot be processed",
        429: "Too many requests",
        503: "The service cannot be reached for the moment",
    }
    return titles.get(error.status_code, "The request failed")


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    generic = {
        "error",
        "not_authenticated",
        "authentication_failed",
        "permission_denied",
        "invalid",
    }
    if isinstance(codes, str) and codes not in generic and error.status_code != 429:
        return codes
    return CODES.get(error.status_code, "error")


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if error.status_code == 503:
        headers["Retry-After"] = "5"
    if scheme := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = scheme
    return headers


def plain_problem(request: HttpRequest, status: int, title: str, code: str) -> JsonResponse:
    """A problem from outside DRF: an unknown address, a fault nobody caught."""
    request_id = getattr(request, "request_id", "")
    return JsonResponse(
        problem_body(status, title, code=code, request_id=request_id),
        status=status,
        content_type=PROBLEM,
    )
