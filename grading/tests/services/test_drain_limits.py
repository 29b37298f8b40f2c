"""What a drain may do at once, how long, and what becomes of what does not end."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conftest import Api, make_api, submission
from grading.models import Grade, GradingRun, RubricVersion, WorkerCluster
from grading.services import leases
from grading.services.drain import _slot_key, drain
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.stub_provider import StubProvider

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {"taskFulfillment": 7.5, "organization": 7.0, "vocabulary": 7.5, "grammar": 7.0}


@pytest.fixture
def school() -> Api:
    return make_api("North school")


@pytest.fixture
def with_model(provider: StubProvider, settings: Any) -> StubProvider:
    settings.LLM_MODEL = "openai/stub"
    settings.LLM_API_BASE = provider.url
    settings.LLM_API_KEY = STUB_KEY
    settings.LLM_TIMEOUT = 20
    settings.AUTO_RELEASE_POLICY = "fixed"
    return provider


def post(school: Api, count: int) -> None:
    for number in range(count):
        school.post("submissions", submission(submissionId=f"s{number}"))


def test_no_more_are_in_flight_than_the_operator_allows(
    school: Api, with_model: StubProvider, settings: Any
) -> None:
    settings.GRADING_CONCURRENCY = 3
    with_model.script(default={"mode": "good", "latency": 0.2, "scores": GOOD})
    post(school, 9)
    assert drain() == 9
    assert 1 < with_model.most_in_flight <= 3


def test_a_grading_that_hangs_past_every_limit_of_a_call_is_parked(
    school: Api, with_model: StubProvider, settings: Any
) -> None:
    settings.GRADING_DEADLINE_SECONDS = 1
    with_model.script(default={"mode": "hang"})
    post(school, 1)
    drain()
    run = GradingRun.objects.get()
    assert (run.state, run.last_error, run.orderly_ends) == ("queued", "deadline", 1)
    assert run.due_at > timezone.now()


def test_a_grading_longer_than_its_lease_keeps_it(
    school: Api, with_model: StubProvider, settings: Any
) -> None:
    settings.LEASE_SECONDS = 1.5
    with_model.script(default={"mode": "good", "latency": 4.0, "scores": GOOD})
    post(school, 1)
    recovered: list[int] = []

    def sweep_every_moment() -> None:
        for _ in range(16):
            time.sleep(0.25)
            recovered.append(leases.recover_expired())
        connection.close()

    sweeper = threading.Thread(target=sweep_every_moment)
    sweeper.start()
    assert drain() == 1
    sweeper.join()
    assert sum(recovered) == 0
    assert (GradingRun.objects.get().attempts, Grade.objects.count()) == (1, 1)


def test_a_fault_of_ours_is_tried_again_and_then_fails_in_the_open(school: Api) -> None:
    RubricVersion.objects.update(underlength_caps=["not what the grading expects"])
    post(school, 1)
    for _ in range(3):
        GradingRun.objects.update(due_at=timezone.now())
        drain()
    body = school.get("submissions/s0").json()
    assert (body["status"], body["error"]["code"]) == ("failed", "crashed")
    assert body["error"]["attempts"] == 3


def test_a_response_that_breaks_its_grading_stops_no_other(school: Api) -> None:
    post(school, 3)
    RubricVersion.objects.create(
        skill="writing", name="broken", criteria=[], underlength_caps=["not what is expected"]
    )
    GradingRun.objects.filter(submission__submission_id="s1").update(
        rubric_version=RubricVersion.objects.get(name="broken")
    )
    drain()
    waiting = GradingRun.objects.exclude(state="done").get()
    assert (waiting.submission.submission_id, waiting.attempts) == ("s1", 2)


def test_where_enough_drains_of_a_cluster_are_at_work_another_ends_at_once(
    school: Api, settings: Any
) -> None:
    post(school, 1)
    with connection.cursor() as cursor:
        for slot in range(settings.DRAINS_PER_CLUSTER):
            cursor.execute("SELECT pg_advisory_lock(%s)", [_slot_key(slot)])
        try:
            assert drain() == 0
        finally:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    assert GradingRun.objects.get().attempts == 0
    assert drain() == 1


def test_a_cluster_that_was_told_to_stop_claims_nothing(
    school: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(school, 1)
    monkeypatch.setenv("VSTEP_CLUSTER_ID", "mine")
    cluster = WorkerCluster.objects.create(
        id="mine", host="host", supervisor_pid=1, supervisor_started=0.0
    )
    WorkerCluster.objects.update(stop_requested_at=timezone.now())
    assert drain() == 0
    assert GradingRun.objects.get().attempts == 0
    cluster.stop_requested_at = None
    cluster.save()
    assert drain() == 1
