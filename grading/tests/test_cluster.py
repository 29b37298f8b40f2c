"""Real worker processes, killed in the middle of their work: nothing lost, nothing twice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from conftest import LETTER, submission
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.live_service import LiveService, eventually
from grading.tests.stub_provider import StubProvider

pytestmark = pytest.mark.cluster

PATH = "/api/v1/submissions"
SCORES = {"taskFulfillment": 7.5, "organization": 7.0, "vocabulary": 7.5, "grammar": 7.0}


@pytest.fixture
def service(tmp_path: Path, provider: StubProvider) -> Iterator[LiveService]:
    """Grades with the stub provider, which takes two seconds for each reply."""
    provider.script(default={"mode": "good", "latency": 2.0, "scores": SCORES})
    with LiveService(
        tmp_path,
        LLM_MODEL="openai/stub",
        LLM_API_BASE=provider.url,
        LLM_API_KEY=STUB_KEY,
        GRADING_CONCURRENCY="10",
    ) as live:
        yield live


def test_under_the_fixed_rules_only_high_confidence_completes(
    tmp_path: Path, provider: StubProvider
) -> None:
    provider.script(default={"mode": "good", "scores": SCORES})
    expected = {
        "high": (LETTER, "completed", None),
        "medium": (f"{LETTER} [[stub:wrong_quotes]]", "review_pending", "medium"),
        "low": (f"{LETTER} [[stub:content_filter]]", "review_pending", "high"),
    }
    with LiveService(
        tmp_path,
        LLM_MODEL="openai/stub",
        LLM_API_BASE=provider.url,
        LLM_API_KEY=STUB_KEY,
        AUTO_RELEASE_POLICY="fixed",
    ) as service:
        service.start_worker()
        for confidence, (text, status, priority) in expected.items():
            service.post(PATH, submission(submissionId=confidence, answer={"text": text}))
            path = f"{PATH}/{confidence}?include=provisional"
            eventually(lambda p=path: service.get(p)[1]["result"], 30, f"a {confidence} grade")
            body = service.get(path)[1]
            assert body["result"]["confidence"] == confidence
            assert (body["status"], body["reviewPriority"]) == (status, priority)


def post_many(service: LiveService, prefix: str, count: int) -> None:
    for number in range(count):
        status, _ = service.post(
            "/api/v1/submissions", submission(submissionId=f"{prefix}{number}")
        )
        assert status == 202


def graded(service: LiveService) -> int:
    return int(
        service.one("SELECT count(*) FROM grading_submission WHERE status = 'review_pending'")
    )


def assert_each_graded_once(service: LiveService, count: int) -> None:
    assert graded(service) == count
    assert service.one("SELECT count(*) FROM grading_grade") == count
    assert service.one("SELECT count(DISTINCT submission_id) FROM grading_grade") == count
    told = "SELECT count(*) FROM grading_outgoingevent WHERE type = 'submission.review_pending'"
    assert service.one(told) == count


def test_a_killed_worker_loses_nothing_and_grades_nothing_twice(service: LiveService) -> None:
    service.start_worker()
    post_many(service, "a", 50)
    eventually(lambda: graded(service) >= 5, 40, "the first grades")
    busy = service.one("SELECT worker FROM grading_gradingrun WHERE state = 'running' LIMIT 1")
    psutil.Process(int(busy.split("/")[1])).kill()
    eventually(lambda: graded(service) == 50, 120, "fifty grades")
    assert_each_graded_once(service, 50)


def test_whatever_process_of_the_cluster_dies_work_goes_on(service: LiveService) -> None:
    service.start_worker()
    victims = ["worker", "monitor", "pusher", "sentinel", "main"]
    for round_number, victim in enumerate(victims, start=1):
        processes = eventually(lambda: complete(service), 60, "a complete cluster")
        before = {one.pid for group in processes.values() for one in group}
        chosen = processes["workers" if victim == "worker" else victim][0]
        post_many(service, f"{victim}-", 5)
        chosen.kill()
        started = time.monotonic()
        eventually(lambda n=round_number: graded(service) == 5 * n, 90, f"grades after {victim}")
        print(f"\n{victim} killed: work went on after {time.monotonic() - started:.1f} s")
        if victim in {"sentinel", "main"}:
            eventually(lambda old=before: not alive(old), 30, f"the orphans of {victim}")
    assert_each_graded_once(service, 5 * len(victims))


def complete(service: LiveService) -> dict[str, list[psutil.Process]] | None:
    try:
        found = service.cluster_processes()
    except (psutil.NoSuchProcess, ValueError, IndexError):
        return None
    return found if len(found["workers"]) == 3 and service.answers("/ready") else None


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if psutil.pid_exists(pid)}


def test_a_worker_told_to_stop_drains_and_burns_no_attempt(
    service: LiveService, provider: StubProvider
) -> None:
    worker = service.start_worker()
    provider.script(default={"mode": "good", "latency": 40.0, "scores": SCORES})
    post_many(service, "a", 5)
    running = "SELECT count(*) FROM grading_gradingrun WHERE state = 'running'"
    eventually(lambda: service.one(running) == 5, 30, "five gradings in flight")
    pids = {one.pid for group in service.cluster_processes().values() for one in group}
    worker.terminate()
    assert worker.wait(35) == 0
    assert not alive(pids)
    assert service.sql("SELECT DISTINCT state, attempts FROM grading_gradingrun") == [("queued", 0)]
    provider.script(default={"mode": "good", "scores": SCORES})
    service.start_worker()
    eventually(lambda: graded(service) == 5, 60, "five grades")
    assert_each_graded_once(service, 5)


def test_a_letter_posted_twenty_times_at_once_is_in_the_queue_once_within_seconds(
    tmp_path: Path,
) -> None:
    with LiveService(tmp_path) as service:
        service.start_worker()
        started = time.monotonic()
        with ThreadPoolExecutor(20) as callers:
            answers = list(callers.map(lambda _n: service.post(PATH, submission()), range(20)))
        assert sorted(status for status, _ in answers) == [200] * 19 + [202]
        eventually(lambda: graded(service) == 1, 15, "a grade by the local scorer")
        seconds = time.monotonic() - started
        print(f"\nposted 20 times at once, in the queue once after {seconds:.2f} s")
        assert service.one("SELECT source FROM grading_grade") == "local"
        assert_each_graded_once(service, 1)
        worker = service.processes[-1]
        worker.terminate()
        assert worker.wait(35) == 0
        service.web.terminate()
        service.web.wait(20)
        eventually(lambda: not service.left_over(), 20, "a machine with no process left behind")
