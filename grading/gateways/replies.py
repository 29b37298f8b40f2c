"""From a model's words to a checked reply: one strict reading, nothing mended, nothing clamped."""

import json
import math
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grading.gateways.errors import GatewayError, GatewayErrorCode

Reply = TypeVar("Reply", bound=BaseModel)

# A full legal writing reply stays below; what is longer is a model that does not stop.
MAX_REPLY_CHARACTERS = 200_000
_MAX_PREAMBLE_CHARACTERS = 300
_MAX_PROBLEMS_TOLD = 8
_FENCE = re.compile(r"```[A-Za-z]*\s*\n?(.*?)```\s*\Z", re.DOTALL)
_RANGE_PROBLEMS = frozenset(
    {"greater_than_equal", "less_than_equal", "multiple_of", "finite_number"}
)


def parse_reply(text: str, schema: type[Reply]) -> Reply:
    """Read a model's reply; GatewayError NOT_JSON, SCHEMA or RANGE with a detail fit to send back.

    The detail names places and rules, never what was written there.
    """
    if len(text) > MAX_REPLY_CHARACTERS:
        raise GatewayError(GatewayErrorCode.SCHEMA, "the reply is far too long")
    value = _strict_json(_bare(text))
    _refuse_unstorable(value)
    try:
        return schema.model_validate(value, strict=True)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
    raise _problem(problems, _known_names(schema))


def _bare(text: str) -> str:
    """The JSON without one code fence or one short line of introduction around it."""
    stripped = text.strip().removeprefix("\ufeff").strip()
    if stripped.startswith("{"):
        return stripped
    head = stripped[:_MAX_PREAMBLE_CHARACTERS]
    fence, brace = head.find("```"), head.find("{")
    if fence != -1 and (brace == -1 or fence < brace):
        inside = _FENCE.match(stripped, fence)
        return inside.group(1).strip() if inside else stripped
    return stripped[brace:] if brace != -1 else stripped


def _strict_json(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object_without_repeats,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        detail = f"{error.msg} at line {error.lineno} column {error.colno}"
    except (RecursionError, ValueError):
        detail = "nested too deeply, or a number with too many digits"
    raise GatewayError(GatewayErrorCode.NOT_JSON, detail)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise GatewayError(GatewayErrorCode.SCHEMA, "an object holds the same key twice")
    return made


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise GatewayError(GatewayErrorCode.RANGE, "a number is out of range")
    return number


def _refuse_constant(literal: str) -> NoReturn:
    raise GatewayError(GatewayErrorCode.NOT_JSON, f"{literal} is not JSON")


def _refuse_unstorable(value: Any) -> None:
    """PostgreSQL can hold neither a NUL nor half a surrogate pair."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and not is_storable(item):
            raise GatewayError(GatewayErrorCode.SCHEMA, "a text holds a NUL or a lone surrogate")


def is_storable(text: str) -> bool:
    """Whether a database can hold the text as it is."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _known_names(schema: type[BaseModel]) -> frozenset[str]:
    described = schema.model_json_schema()
    parts = [described, *described.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _problem(problems: list[ErrorDetails], known: frozenset[str]) -> GatewayError:
    out_of_range = all(problem["type"] in _RANGE_PROBLEMS for problem in problems)
    told = [f"{_path(p['loc'], known)}: {p['msg']}" for p in problems[:_MAX_PROBLEMS_TOLD]]
    code = GatewayErrorCode.RANGE if out_of_range else GatewayErrorCode.SCHEMA
    return GatewayError(code, "; ".join(told))


def _path(location: tuple[int | str, ...], known: frozenset[str]) -> str:
    # An unknown key is the model's own text, and may be the candidate's.
    parts = [
        str(part) if isinstance(part, int) or part in known else "(unknown key)"
        for part in location
    ]
    return ".".join(parts) or "the reply"
