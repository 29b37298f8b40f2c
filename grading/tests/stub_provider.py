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

from grading.tests.stub_answers import Step, answer
from grading.tests.stub_replies import question_and_essay

_MARKER = re.compile(r"\[\[stub:([a-z0-9_]+)\]\]")


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
        runner = web.AppRunner(
            app, shutdown_timeout=0.1, handler_cancellation=True, access_log=None
        )
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
        _, essay = question_and_essay(body["messages"])
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
            return await answer(request, step, body, essay)
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
