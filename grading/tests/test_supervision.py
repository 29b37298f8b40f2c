"""`manage.py worker`, with real clusters whose processes are killed, frozen and cut off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from grading.models import WorkerCluster
from grading.services.supervision import processes
from grading.services.supervision.broker import ClusterBroker, own_queue
from grading.services.supervision.health import (
    DATABASE_GRACE_SECONDS,
    SILENCE_SECONDS,
    STARTUP_SECONDS,
    Health,
    restart_delay,
)

PROJECT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    found = connection.settings_dict
    where = {"host": found["HOST"], "port": found["PORT"]}
    query = urlencode({name: value for name, value in where.items() if value}, quote_via=quote)
    password = quote(found["PASSWORD"] or "")
    return f"postgresql://{found['USER']}:{password}@/{found['NAME']}?{query}"


def eventually(claim: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.1)
    return bool(claim())


class Worker:
    """A `manage.py worker` of the test's own."""

    def __init__(self) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": database_url()},
        )
        self.sessions: set[int] = set()

    def cluster(self) -> WorkerCluster | None:
        found = WorkerCluster.objects.filter(
            supervisor_pid=self.popen.pid, stopped_at=None, session_pid__isnull=False
        ).first()
        if found:
            self.sessions.add(found.session_pid)
        return found

    def is_replaced(self, before: WorkerCluster) -> bool:
        now = self.cluster()
        return now is not None and now.pk != before.pk

    def works_since(self, moment: datetime) -> bool:
        found = self.cluster()
        return bool(found and found.last_canary_ran_at and found.last_canary_ran_at > moment)

    def working_cluster(self) -> WorkerCluster:
        now = timezone.now()
        assert eventually(lambda: self.works_since(now))
        return self.cluster()

    def stop(self) -> int:
        with self.popen as popen:
            popen.send_signal(signal.SIGTERM)
            return popen.wait(30)

    def leftovers(self) -> list[psutil.Process]:
        return [left for session in self.sessions for left in processes.session_members(session)]


@pytest.fixture
def start_worker() -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker())
        return workers[-1]

    yield start
    for worker in workers:
        worker.popen.kill()
        with worker.popen as popen:
            popen.wait()
        for session in worker.sessions:
            processes.end_session(session)


def roles(session: int) -> dict[str, list[psutil.Process]]:
    """The sentinel starts its workers first, then the monitor, then the pusher."""
    main = psutil.Process(session)
    (sentinel,) = main.children()
    children = sorted(sentinel.children(), key=lambda child: (child.create_time(), child.pid))
    *workers, monitor, pusher = children
    return {
        "a busy worker": workers[:1],
        "every idle worker": workers,
        "the monitor": [monitor],
        "the pusher": [pusher],
        "the sentinel": [sentinel],
        "the main process": [main],
    }


def occupy_workers() -> None:
    """Longer than it takes to kill one, shorter than canaries may stay away."""
    brokers = [ClusterBroker() for _ in range(settings.Q_CLUSTER["workers"])]
    for broker in brokers:
        async_task("time.sleep", 5, broker=broker)
    taken = OrmQ.objects.filter(pk__in=[broker.row for broker in brokers]).exclude(
        lock__lte=timezone.now()
    )
    assert eventually(lambda: taken.count() == len(brokers), seconds=5)
    time.sleep(0.5)


def assert_work_goes_on(worker: Worker) -> None:
    now = timezone.now()
    assert eventually(lambda: worker.works_since(now)), "no canary was run and acknowledged"
    brokers = [ClusterBroker() for _ in range(3)]
    for broker in brokers:
        async_task("grading.tasks.sweep", broker=broker)
    rows = [broker.row for broker in brokers]
    assert eventually(lambda: not OrmQ.objects.filter(pk__in=rows).exists())


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("victim", "is_replaced"),
    [
        ("a busy worker", False),
        ("every idle worker", True),
        ("the monitor", True),
        ("the pusher", False),
        ("the sentinel", True),
        ("the main process", True),
    ],
)
def test_work_goes_on_after_the_death_of(
    victim: str, is_replaced: bool, start_worker: Callable[[], Worker]
) -> None:
    worker = start_worker()
    before = worker.working_cluster()
    if victim == "a busy worker":
        occupy_workers()
    killed_at = time.monotonic()
    for process in roles(before.session_pid)[victim]:
        process.kill()
    if is_replaced:
        assert eventually(lambda: worker.is_replaced(before))
    assert_work_goes_on(worker)
    assert time.monotonic() - killed_at < 60
    assert worker.is_replaced(before) is is_replaced
    if is_replaced:
        assert processes.session_members(before.session_pid) == []
        assert not OrmQ.objects.filter(key=own_queue(before.pk)).exists()
    last = worker.cluster()
    assert worker.stop() == 0
    assert worker.leftovers() == []
    last.refresh_from_db()
    assert last.stop_requested_at <= last.stopped_at
    assert not OrmQ.objects.filter(key=own_queue(last.pk)).exists()


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_signal_to_the_whole_group_is_survived(start_worker: Callable[[], Worker]) -> None:
    worker = start_worker()
    before = worker.working_cluster()
    os.killpg(before.session_pid, signal.SIGTERM)
    assert eventually(lambda: worker.is_replaced(before))
    assert_work_goes_on(worker)
    assert processes.session_members(before.session_pid) == []


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_frozen_cluster_is_replaced_and_its_neighbour_left_alone(
    start_worker: Callable[[], Worker],
) -> None:
    well, frozen = start_worker(), start_worker()
    neighbour, before = well.working_cluster(), frozen.working_cluster()
    for process in processes.session_members(before.session_pid):
        process.suspend()
    assert eventually(lambda: frozen.cluster() and frozen.cluster().pk != before.pk)
    assert_work_goes_on(frozen)
    assert processes.session_members(before.session_pid) == []
    assert well.working_cluster().pk == neighbour.pk


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_does_not_stop_is_ended_at_a_second_signal(
    start_worker: Callable[[], Worker],
) -> None:
    worker = start_worker()
    cluster = worker.working_cluster()
    for process in roles(cluster.session_pid)["the sentinel"]:
        process.suspend()
    worker.popen.send_signal(signal.SIGINT)
    assert eventually(lambda: WorkerCluster.objects.get(pk=cluster.pk).stop_requested_at)
    asked_at = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - asked_at < 5
    assert worker.leftovers() == []


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_killed_supervisor_takes_its_cluster_along(start_worker: Callable[[], Worker]) -> None:
    worker = start_worker()
    worker.working_cluster()
    worker.popen.kill()
    assert eventually(lambda: worker.leftovers() == [], seconds=20)


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_what_a_killed_supervisor_left_hanging_is_ended_by_the_next(
    start_worker: Callable[[], Worker],
) -> None:
    first = start_worker()
    hanging = first.working_cluster()
    for process in roles(hanging.session_pid)["the sentinel"]:
        process.suspend()
    with first.popen as popen:
        popen.kill()
    time.sleep(2)
    assert first.leftovers()
    second = start_worker()
    second.working_cluster()
    assert first.leftovers() == []
    hanging.refresh_from_db()
    assert hanging.stopped_at is not None


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_an_absent_database_does_not_condemn_a_healthy_cluster(
    start_worker: Callable[[], Worker],
) -> None:
    worker = start_worker()
    before = worker.working_cluster()
    name = connection.settings_dict["NAME"]
    parameters = connection.get_connection_params()
    wanted = ("host", "port", "user", "password")
    where = {key: parameters[key] for key in wanted if parameters.get(key)}
    connection.close()
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as outside:
        outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        outside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        time.sleep(SILENCE_SECONDS + 1)
        outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert worker.working_cluster().pk == before.pk
    assert_work_goes_on(worker)


def test_silence_is_judged_by_what_was_proven() -> None:
    health = Health.at_start(100.0, failures=0)
    assert health.failure(100 + STARTUP_SECONDS - 1) is None
    assert health.failure(100 + STARTUP_SECONDS) == "does_not_start"

    health.observe(110.0, acknowledged=1, run_only=0)
    health.observe(130.0, acknowledged=1, run_only=0)
    assert health.failure(130 + SILENCE_SECONDS - 1) is None
    assert health.failure(130 + SILENCE_SECONDS) == "canaries_not_run"
    health.observe(140.0, acknowledged=0, run_only=2)
    assert health.failure(130 + SILENCE_SECONDS) == "canaries_not_acknowledged"


def test_silence_while_nobody_could_look_does_not_count() -> None:
    health = Health.at_start(0.0, failures=0)
    health.observe(50.0, acknowledged=1, run_only=0)
    health.excuse(20.0)
    assert health.failure(50 + SILENCE_SECONDS + 19) is None
    health.grant(100.0, DATABASE_GRACE_SECONDS)
    assert health.failure(100 + DATABASE_GRACE_SECONDS - 1) is None
    assert health.failure(100 + DATABASE_GRACE_SECONDS) == "canaries_not_run"


def test_a_cluster_that_keeps_failing_is_started_ever_more_slowly() -> None:
    assert [restart_delay(failures) for failures in range(9)] == [0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert Health.at_start(0.0, failures=2).failure(STARTUP_SECONDS * 3 - 1) is None


@pytest.mark.django_db
def test_a_cluster_reads_its_own_queue_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, mine, theirs = (
        ClusterBroker(list_key=key) for key in (None, own_queue("mine"), own_queue("theirs"))
    )
    for broker in (shared, mine, theirs):
        broker.enqueue("payload")
    monkeypatch.setenv("VSTEP_CLUSTER_ID", "mine")
    reader = ClusterBroker()
    taken = [row for _ in range(3) for row, _ in reader.dequeue() or []]
    assert taken == [mine.row, shared.row]
