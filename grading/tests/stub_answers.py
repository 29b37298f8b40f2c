"""How the stub provider puts its answers, whole or broken, on the wire."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from grading.tests import stub_replies as replies

_STATUS_MODES = {
    "r429": (429, "rate_limit_exceeded", "Rate limit reached"),
    "r500": (500, "server_error", "The server had an error"),
    "r503": (503, "server_error", "Overloaded"),
    "r401": (401, "invalid_api_key", "Incorrect API key provided: sk-secret-echo"),
    "r403": (403, "permission_denied", "Not allowed"),
    "r404": (404, "model_not_found", "The model does not exist"),
    "r400": (400, "invalid_request_error", "Bad request"),
    "r400_context": (400, "context_length_exceeded", "This model's maximum context length is 10"),
    "r400_filter": (400, "content_filter", "The response was filtered: content_policy_violation"),
    "r400_json": (400, "json_validate_failed", "Output misses the json_schema"),
    "r413": (413, "request_too_large", "Request too large"),
    "r422": (422, "unprocessable", "Unprocessable"),
}
_SCHEMA_REFUSED = (400, "invalid_request_error", "response_format json_schema is not supported")


@dataclass(frozen=True)
class Step:
    """How one request is answered; `latency` in seconds before anything is sent."""

    mode: str = "good"
    latency: float = 0.0
    retry_after: str | None = None
    scores: dict[str, float] | None = None
    model: str | None = None
    text: str | None = None

    @classmethod
    def of(cls, value: "Step | str | dict[str, Any]") -> "Step":
        if isinstance(value, Step):
            return value
        return cls(mode=value) if isinstance(value, str) else cls(**value)


async def answer(
    request: web.Request, step: Step, body: dict[str, Any], essay: str
) -> web.StreamResponse:
    mode = step.mode
    if mode == "no_schema" and body.get("response_format", {}).get("type") == "json_schema":
        return _error(_SCHEMA_REFUSED, step)
    if mode in _STATUS_MODES:
        return _error(_STATUS_MODES[mode], step)
    if mode == "hang":
        await asyncio.sleep(3600)
    if mode == "html200":
        return web.Response(text="<html>maintenance</html>", content_type="text/html")
    if mode == "reset":
        return _aborted(request)
    sent = json.dumps(_completion(step, body, essay)).encode()
    if mode == "cut":
        return await _cut(request, sent)
    if mode == "drip":
        return await _dripped(request, sent)
    return web.Response(body=sent, content_type="application/json")


def _error(status: tuple[int, str, str], step: Step) -> web.Response:
    code, kind, message = status
    headers = {} if step.retry_after is None else {"Retry-After": step.retry_after}
    problem = {"error": {"message": message, "type": kind, "code": kind}}
    return web.json_response(problem, status=code, headers=headers)


def _aborted(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request, sent: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(sent))})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(sent[: len(sent) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _dripped(request: web.Request, sent: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(sent))})
    response.content_type = "application/json"
    await response.prepare(request)
    for position in range(len(sent)):
        await response.write(sent[position : position + 1])
        await asyncio.sleep(1)
    return response


def _completion(step: Step, body: dict[str, Any], essay: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": _text(step, body, essay)}
    finish = {"truncated": "length", "content_filter": "content_filter"}.get(step.mode, "stop")
    if step.mode == "null":
        message["content"] = None
    if step.mode == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    prompt_tokens = sum(len(str(m["content"])) for m in body["messages"]) // 4
    written = len(message["content"] or "") // 4
    model = "someone-elses-model" if step.mode == "other_model" else step.model or body["model"]
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        # litellm's groq code reads it without asking whether it is there.
        "service_tier": "default",
        "choices": [] if step.mode == "nochoices" else [choice],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": written,
            "total_tokens": prompt_tokens + written,
            "prompt_tokens_details": {"cached_tokens": prompt_tokens // 2},
        },
    }


def _text(step: Step, body: dict[str, Any], essay: str) -> str:
    if step.text is not None:
        return step.text
    if step.mode == "obedient":
        return replies.obedient_reply(body["messages"], essay)
    if step.mode in replies.TEXTS:
        return replies.TEXTS[step.mode](essay)
    text = json.dumps(replies.good_reply(essay, step.scores))
    return text[: len(text) // 2] if step.mode in ("truncated", "content_filter") else text
