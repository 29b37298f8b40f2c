"""What went wrong in a call to a model, told from the exceptions litellm raises.

Details carry a status or a class name, never the exception's own words: those may quote the
prompt or the key.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from grading.gateways.errors import GatewayError, GatewayErrorCode

_BY_STATUS: dict[int, GatewayErrorCode] = {
    400: GatewayErrorCode.BAD_REQUEST,
    401: GatewayErrorCode.AUTHENTICATION,
    403: GatewayErrorCode.AUTHENTICATION,
    404: GatewayErrorCode.UNKNOWN_MODEL,
    408: GatewayErrorCode.TIMEOUT,
    413: GatewayErrorCode.BAD_REQUEST,
    422: GatewayErrorCode.BAD_REQUEST,
    429: GatewayErrorCode.RATE_LIMIT,
}
# Words in an error that say more than its status does.
_BY_WORDS: tuple[tuple[str, GatewayErrorCode], ...] = (
    ("content_policy_violation", GatewayErrorCode.CONTENT_FILTER),
    ("content_filter", GatewayErrorCode.CONTENT_FILTER),
    # Groq checks the schema itself and answers 400 when its model missed it.
    ("json_validate_failed", GatewayErrorCode.NOT_JSON),
    ("LLM Provider NOT provided", GatewayErrorCode.UNKNOWN_MODEL),
    ("Missing credentials", GatewayErrorCode.AUTHENTICATION),
    ("api_key client option must be set", GatewayErrorCode.AUTHENTICATION),
)
_CONNECTION_ERRORS = frozenset(
    {"APIConnectionError", "ConnectError", "ReadError", "RemoteProtocolError", "ClientError"}
)
_TIMEOUT_ERRORS = frozenset({"Timeout", "APITimeoutError", "TimeoutException", "TimeoutError"})


def classify(error: Exception) -> GatewayError:
    """The gateway error for any exception of a call; what is not known counts as transient."""
    return GatewayError(_code(error), _detail(error), retry_after=_retry_after(error))


def names_the_reply_shape(error: Exception) -> bool:
    """A 400 because the server does not know the way we asked for JSON."""
    said = str(error)
    if "json_validate_failed" in _said(error):
        return False
    return _status(error) in (400, 422) and any(
        word in said for word in ("response_format", "json_schema", "json_object")
    )


def _code(error: Exception) -> GatewayErrorCode:
    names = _class_names(error)
    if names & _TIMEOUT_ERRORS:
        return GatewayErrorCode.TIMEOUT
    if names & _CONNECTION_ERRORS:
        return GatewayErrorCode.TRANSPORT
    status = _status(error)
    if "ContentPolicyViolationError" in names:
        return GatewayErrorCode.CONTENT_FILTER
    if status in (400, 422, 500):
        for words, code in _BY_WORDS:
            if words in _said(error):
                return code
    return _BY_STATUS.get(status or 0, GatewayErrorCode.PROVIDER_ERROR)


def _detail(error: Exception) -> str:
    status = _status(error)
    return f"status {status}" if status is not None else type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it was raised from, at most ten deep."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _class_names(error: Exception) -> frozenset[str]:
    return frozenset(kind.__name__ for link in _chain(error) for kind in type(link).__mro__)


def _said(error: Exception) -> str:
    bodies = (str(getattr(link, "body", "") or "") for link in _chain(error))
    return "\n".join((str(error), *bodies))


def _status(error: Exception) -> int | None:
    """The status the provider sent; litellm's own differs (it makes a 429 of a 413)."""
    status: int | None = None
    for link in _chain(error):
        found = getattr(link, "status_code", None)
        if isinstance(found, int):
            status = found
    return status


def _retry_after(error: Exception) -> float | None:
    for link in _chain(error):
        # Here, and not in `response.headers`, which litellm empties (faults.md L3).
        headers = getattr(link, "litellm_response_headers", None)
        if isinstance(headers, Mapping):
            return retry_after_seconds(_header(headers, "retry-after"))
    return None


def _header(headers: Mapping[Any, Any], name: str) -> str | None:
    for key, value in headers.items():
        if str(key).lower() == name:
            return str(value)
    return None


def retry_after_seconds(value: str | None) -> float | None:
    """Seconds to wait as RFC 9110 10.2.3 states them, number or date; None for anything else."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_until(value)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
