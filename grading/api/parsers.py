"""JSON taken strictly: one meaning a key, nothing that cannot be stored, a bound on size."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from grading.api.errors import InvalidInput, TooLarge

SPACE = re.compile(r"[ \t\n\r]*")
DEEPEST_NESTING = 50
# Python itself refuses to read more than 4,300.
MOST_DIGITS = 1000


class NotJson(ValueError):
    """The text is not JSON as RFC 8259 means it; says what is wrong."""


class JsonBody(dict[str, Any]):
    """A parsed object, and in `texts` its top-level values as the text they came in."""

    def __init__(self, values: dict[str, Any], texts: dict[str, str]) -> None:
        super().__init__(values)
        self.texts = texts


def json_of(request: Request) -> JsonBody:
    """The request's body; empty for a request without one."""
    body = request.data
    return body if isinstance(body, JsonBody) else JsonBody({}, {})


def parse_object(text: str) -> JsonBody:
    """Parse a JSON object strictly; NotJson for anything else, duplicate keys and NaN included."""
    _refuse_deep_nesting(text)
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant, parse_int=_bounded_int
    )
    try:
        value, _end = decoder.raw_decode(text, _skip_space(text, 0))
        if not isinstance(value, dict):
            raise NotJson("The body must be a JSON object.")
        if _skip_space(text, _end) != len(text):
            raise NotJson(f"There is something after the JSON object, at character {_end}.")
        return JsonBody(value, _top_level_texts(text, decoder))
    except json.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {error.msg} at character {error.pos}.") from None


def _refuse_deep_nesting(text: str) -> None:
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if token[0] in "[{":
            depth += 1
            if depth > DEEPEST_NESTING:
                raise NotJson(f"The body is nested deeper than {DEEPEST_NESTING} levels.")
        elif token[0] in "]}":
            depth -= 1


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotJson("A key stands twice in one object: " + json.dumps(key)[:80])
        found[key] = value
    return found


def _refuse_constant(name: str) -> None:
    raise NotJson(f"{name} is not a JSON number.")


def _bounded_int(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise NotJson(f"A number has more than {MOST_DIGITS} digits.")
    return int(digits)


def _skip_space(text: str, position: int) -> int:
    match = SPACE.match(text, position)
    return match.end() if match else position


def _top_level_texts(text: str, decoder: json.JSONDecoder) -> dict[str, str]:
    texts: dict[str, str] = {}
    position = _skip_space(text, _skip_space(text, 0) + 1)
    while text[position] != "}":
        key, position = decoder.raw_decode(text, position)
        position = _skip_space(text, _skip_space(text, position) + 1)
        _value, end = decoder.raw_decode(text, position)
        texts[key] = text[position:end]
        position = _skip_space(text, end)
        if text[position] == ",":
            position = _skip_space(text, position + 1)
    return texts


class StrictJSONParser(BaseParser):
    """Hands views a JsonBody; 413 above the size limit, 400 with a sentence for bad JSON."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> JsonBody:
        if encoding := stream.headers.get("Content-Encoding"):
            raise UnsupportedMediaType(
                media_type or "", f"Content-Encoding {encoding} is not taken."
            )
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if int(stream.headers.get("Content-Length") or 0) > limit:
            raise TooLarge(limit)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(limit)
        return parse_bytes(body)


def parse_bytes(body: bytes) -> JsonBody:
    """The JSON object in UTF-8 bytes; InvalidInput or NotJson turned into 400 problems."""
    try:
        return parse_object(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _bad_body(f"The body is not UTF-8: byte {error.start} does not belong.") from None
    except NotJson as error:
        raise _bad_body(str(error)) from None
    except RecursionError:
        raise _bad_body("The body is nested too deeply.") from None


def _bad_body(message: str) -> APIException:
    return InvalidInput([{"field": "", "code": "not_json", "message": message}], code="not_json")
