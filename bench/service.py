"""Intake and grading of the whole service, over HTTP, with a provider that takes a second."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from conftest import submission
from grading.tests.live_service import LiveService, eventually
from grading.tests.stub_provider import StubProvider

LATENCY_SECONDS = 1.0
RESPONSES = 400
CALLERS = 8


def measure() -> list[Figure]:
    """Calls a second at intake against /health, and gradings a second against one at a time."""
    with StubProvider() as provider, tempfile.TemporaryDirectory() as folder:
        provider.script(default={"mode": "good", "latency": LATENCY_SECONDS})
        with LiveService(
            Path(folder),
            LLM_MODEL="openai/stub",
            LLM_API_BASE=provider.url,
            LLM_API_KEY="sk-bench",
            LOG_LEVEL="WARNING",
        ) as service:
            health = calls_per_second(lambda _number: service.get("/health"), RESPONSES)
            intake = calls_per_second(lambda number: post(service, number), RESPONSES)
            started = time.monotonic()
            service.start_worker()
            first = eventually(lambda: graded(service), 60, "a first grade")
            counted_from = time.monotonic()
            eventually(lambda: graded(service) == RESPONSES, 300, "all grades")
            seconds = time.monotonic() - counted_from
            rate = (RESPONSES - first) / seconds
    return [
        Figure("intake", intake, "submissions/s", "GET /health, same server", health),
        Figure("grading", rate, "responses/s", "one at a time, 1 s a reply", 1 / LATENCY_SECONDS),
        Figure(
            "start of a worker to its first grade",
            counted_from - started,
            "s",
            "limit",
            60.0,
        ),
    ]


def post(service: LiveService, number: int) -> None:
    status, _ = service.post("/api/v1/submissions", submission(submissionId=f"bench-{number}"))
    if status != 202:
        raise RuntimeError(f"intake answered {status}")


def graded(service: LiveService) -> int:
    return int(service.one("SELECT count(*) FROM grading_grade"))


def calls_per_second(call: Callable[[int], object], count: int) -> float:
    """Rate of `count` calls made by CALLERS threads."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            call(number)

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.monotonic() - started)
