"""`Idempotency-Key`: the same call again gets the first answer, word for word."""

import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from grading.api.auth import client_of
from grading.api.errors import InvalidInput, KeyReused, StateConflict
from grading.api.parsers import json_of
from grading.queries.status_body import encode
from grading.services import idempotency

# The IETF draft writes the key as a quoted string; a bare one is meant the same way.
KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


def replayable(request: Request, answer: Callable[[Request], Response]) -> HttpResponse:
    """Answer a request, or replay what was answered under its Idempotency-Key."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return answer(request)
    begun = _begin(request, header)
    if begun.is_replay:
        return _replay(begun)
    try:
        return _answer_once(request, answer, begun)
    except BaseException:
        idempotency.abandon(begun.row)
        raise


@transaction.atomic
def _answer_once(
    request: Request, answer: Callable[[Request], Response], begun: idempotency.Begun
) -> Response:
    # What was done and the answer kept for it commit together: a process that dies in between
    # would leave a key that does the same once more.
    response = answer(request)
    location = response.headers.get("Location", "")
    idempotency.finish(begun.row, response.status_code, encode(response.data), location)
    return response


def _begin(request: Request, header: str) -> idempotency.Begun:
    match = KEY.fullmatch(header)
    if match is None:
        raise InvalidInput(
            [
                {
                    "field": "Idempotency-Key",
                    "code": "invalid",
                    "message": "must be 1 to 255 visible ASCII characters",
                }
            ]
        )
    try:
        return idempotency.begin(client_of(request), match[1], encode(json_of(request)))
    except idempotency.BodyDiffers:
        raise KeyReused from None
    except idempotency.InProgress:
        raise StateConflict(
            "The first request with this Idempotency-Key is still being answered.",
            "idempotency_in_progress",
        ) from None


def _replay(begun: idempotency.Begun) -> HttpResponse:
    response = HttpResponse(
        bytes(begun.row.answer or b""),
        status=begun.row.status_code or 200,
        content_type="application/json",
    )
    response.headers["Idempotent-Replayed"] = "true"
    if location := begun.row.headers.get("Location"):
        response.headers["Location"] = location
    return response
