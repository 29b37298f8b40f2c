"""An OpenAI-compatible provider on loopback that answers well, badly or not at all, as told.

As a context manager in a test, or by itself: `python -m grading.tests.stub_provider --port 9000`.
`POST /script` takes {"default": {...}, "queue": [{...}], "shares": [[0.5, {...}]]}, where each
{...} is a step: {"mode", "latency", "retry_after", "scores", "model", "text"}. A line
`[[stub:MODE]]` in the essay wins over the script. `GET /log` tells what was asked.
"""

import argparse
import asyncio
import hashlib
import json
import random
import re
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from aiohttp import web

from grading.tests import stub_replies as replies

_MARKER = re.compile(r"\[\[stub:([a-z0-9_]+)\]\]")
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
    "r400_json": (400, "json_validate_failed", "Failed to generate JSON"),
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


@dataclass(frozen=True)
class Hit:
    """One request as it came in; bodies only in memory, for the tests to look into."""

    at: float
    model: str
    mode: str
    body_hash: str
    headers: dict[str, str]
    body: dict[str, Any] = field(repr=False)

    def summary(self) -> dict[str, Any]:
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "body"}
        shown["headers"] = {k: v for k, v in self.headers.items() if k != "authorization"}
        return shown


class StubProvider:
    """The server, in a thread and an event loop of its own."""

    def __init__(self, port: int = 0, *, seed: int = 0) -> None:
        self.port = port
        self.hits: list[Hit] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.default = Step()
        self.queue: deque[Step] = deque()
        self.shares: list[tuple[float, Step]] = []
        self._random = random.Random(seed)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def script(
        self,
        *steps: Step | str | dict[str, Any],
        default: Step | str | dict[str, Any] | None = None,
        shares: list[tuple[float, Any]] | None = None,
    ) -> Self:
        """Answer the next requests by these steps, in order, and all later ones by the default."""
        self.queue.extend(Step.of(step) for step in steps)
        if default is not None:
            self.default = Step.of(default)
        if shares is not None:
            self.shares = [(share, Step.of(step)) for share, step in shares]
        return self

    def reset(self) -> None:
        self.hits.clear()
        self.queue.clear()
        self.shares, self.default = [], Step()
        self.most_in_flight = self.in_flight

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the stub provider did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def serve(self) -> None:
        """Run until stopped."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/log", self._log)
        app.router.add_post("/script", self._take_script)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=4096)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _log(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "hits": [hit.summary() for hit in self.hits],
                "inFlight": self.in_flight,
                "mostInFlight": self.most_in_flight,
            }
        )

    async def _take_script(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told.get("reset"):
            self.reset()
        self.script(
            *told.get("queue", []),
            default=told.get("default"),
            shares=[(share, step) for share, step in told["shares"]] if "shares" in told else None,
        )
        return web.json_response({"default": asdict(self.default), "queued": len(self.queue)})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        _, essay = replies.question_and_essay(body["messages"])
        step = self._next_step(essay)
        headers = {name.lower(): value for name, value in request.headers.items()}
        digest = hashlib.sha256(raw).hexdigest()
        self.hits.append(
            Hit(time.monotonic(), body.get("model", ""), step.mode, digest, headers, body)
        )
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(step.latency)
            return await self._answer(request, step, body, essay)
        finally:
            self.in_flight -= 1

    def _next_step(self, essay: str) -> Step:
        marker = _MARKER.search(essay)
        if marker:
            return Step(mode=marker.group(1))
        if self.queue:
            return self.queue.popleft()
        for share, step in self.shares:
            if self._random.random() < share:
                return step
        return self.default

    async def _answer(
        self, request: web.Request, step: Step, body: dict[str, Any], essay: str
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--mode", default="good")
    arguments = parser.parse_args()
    provider = StubProvider(arguments.port)
    provider.script(default=Step(mode=arguments.mode, latency=arguments.latency))
    asyncio.run(provider.serve())


if __name__ == "__main__":
    main()
