"""The one error type of the gateways: it says what follows from it."""

from enum import StrEnum


class GatewayErrorCode(StrEnum):
    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    PROVIDER_ERROR = "provider_error"
    AUTHENTICATION = "authentication"
    UNKNOWN_MODEL = "unknown_model"
    BAD_REQUEST = "bad_request"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_JSON = "not_json"
    SCHEMA = "schema"
    RANGE = "range"


class Remedy(StrEnum):
    """What the caller does about an error."""

    WAIT = "wait"  # the provider is not well: give the response back and try later
    ASK_AGAIN = "ask_again"  # the reply was out of shape: one repair call may help
    GIVE_UP = "give_up"  # this response will not be graded by this model


REMEDIES: dict[GatewayErrorCode, Remedy] = {
    GatewayErrorCode.TRANSPORT: Remedy.WAIT,
    GatewayErrorCode.TIMEOUT: Remedy.WAIT,
    GatewayErrorCode.RATE_LIMIT: Remedy.WAIT,
    GatewayErrorCode.PROVIDER_ERROR: Remedy.WAIT,
    # A wrong key is ours to mend, not the candidate's: the response waits.
    GatewayErrorCode.AUTHENTICATION: Remedy.WAIT,
    GatewayErrorCode.UNKNOWN_MODEL: Remedy.WAIT,
    GatewayErrorCode.BAD_REQUEST: Remedy.GIVE_UP,
    GatewayErrorCode.CONTENT_FILTER: Remedy.GIVE_UP,
    GatewayErrorCode.REFUSAL: Remedy.GIVE_UP,
    GatewayErrorCode.TRUNCATED: Remedy.ASK_AGAIN,
    GatewayErrorCode.EMPTY: Remedy.ASK_AGAIN,
    GatewayErrorCode.NOT_JSON: Remedy.ASK_AGAIN,
    GatewayErrorCode.SCHEMA: Remedy.ASK_AGAIN,
    GatewayErrorCode.RANGE: Remedy.ASK_AGAIN,
}


class GatewayError(Exception):
    """A call that gave nothing usable; the message never holds candidate text or keys.

    `retry_after` is in seconds as the provider asked, None where it did not.
    """

    def __init__(
        self, code: GatewayErrorCode, detail: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @property
    def remedy(self) -> Remedy:
        return REMEDIES[self.code]
