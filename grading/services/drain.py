"""Many gradings in flight in one process: claim as slots free up, settle in small batches."""

import asyncio
import contextlib
import gc
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
)
from django.db.models.functions import Now

from grading.enums import RunState
from grading.gateways import llm
from grading.models import GradingRun, WorkerCluster
from grading.pipelines.panel import ProvidersUnavailable
from grading.pipelines.writing import grade_writing
from grading.services import leases, outages, plans
from grading.services.leases import Lease
from grading.services.settling import Outcome, settle_batch
from grading.services.wakeups import wake_workers

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

TICK_SECONDS = 0.5
# Half of the 30 s a worker has to stop in; the rest is for writing and for the supervisor.
STOP_GRACE_SECONDS = 15.0
# How long results are held for a database that is away, before the lease decides.
DATABASE_PATIENCE_SECONDS = 60.0
MOST_PER_BATCH = 50

# One loop and one database thread for the life of the process: a loop per drain would leak the
# provider clients that are kept per loop.
_runner: asyncio.Runner | None = None
_database: ThreadPoolExecutor | None = None


def preload() -> None:
    """Import what every worker needs before the cluster forks, so that forks share the memory."""
    if settings.LLM_MODEL:
        llm.preload()
    gc.collect()
    gc.freeze()


def is_work_due() -> bool:
    """Something waits that a worker could claim now."""
    return GradingRun.objects.filter(state=RunState.QUEUED, due_at__lte=Now()).exists()


def drain() -> int:
    """Grade what is due until nothing is, or for DRAIN_SECONDS; how many were settled.

    Returns at once where enough drains of this cluster are at work already: they will see it.
    """
    global _runner, _database
    if _runner is None or _database is None:
        _runner, _database = asyncio.Runner(), ThreadPoolExecutor(1, "database")
    return _runner.run(_drain_with_slot(_database))


def shut_down() -> None:
    """Give back what this process keeps between drains: its database connection and its loop."""
    global _runner, _database
    if _runner is not None and _database is not None:
        _database.submit(connections.close_all).result()
        _database.shutdown()
        _runner.close()
    _runner = _database = None


async def _drain_with_slot(database: ThreadPoolExecutor) -> int:
    settled = 0
    again = True
    while again:
        slot = await _on(database, _take_slot)
        if slot is None:
            return settled
        try:
            one = Drain(database, leases.worker_name(slot))
            settled += await one.run()
        finally:
            await _on(database, _free_slot, slot)
        # What became due while the slot was being freed found nobody: its wake-up was answered
        # by a drain that saw this slot taken.
        again = not one.is_stopping and not one.time_is_up and await _on(database, is_work_due)
        if one.time_is_up and not one.is_stopping:
            await _on(database, _pass_on)
    return settled


def _pass_on() -> None:
    if is_work_due():
        wake_workers()


def _slot_key(slot: int) -> int:
    name = f"{os.environ.get('VSTEP_CLUSTER_ID', 'none')}/drain/{slot}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _take_slot() -> int | None:
    with connection.cursor() as cursor:
        for slot in range(settings.DRAINS_PER_CLUSTER):
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_slot_key(slot)])
            if cursor.fetchone()[0]:
                # The slot is a lock of this connection: its age must not end it meanwhile, or
                # one drain too many would take the worker that is kept free for canaries.
                connection.close_at = None
                return slot
    return None


def _free_slot(slot: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_slot_key(slot)])


async def _on(
    database: ThreadPoolExecutor, function: Callable[..., Result], *arguments: Any
) -> Result:
    """Run a database function in the one database thread, through a short absence of the server."""
    loop = asyncio.get_running_loop()
    give_up = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return await loop.run_in_executor(database, _connected, function, arguments)
        except (OperationalError, InterfaceError):
            if time.monotonic() > give_up:
                raise
            log.warning("database_unavailable", function=function.__name__)
            await asyncio.sleep(1)


def _connected(function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    close_old_connections()
    return function(*arguments)


class Drain:
    """One drain: the runs in flight, and what is finished but not yet written."""

    def __init__(self, database: ThreadPoolExecutor, worker: str) -> None:
        self.database = database
        self.worker = worker
        self.model = plans.language_model()
        self.in_flight: dict[asyncio.Task[None], Lease] = {}
        self.finished: list[Outcome] = []
        self.settled = 0
        self.ends_at = time.monotonic() + settings.DRAIN_SECONDS
        self.renews_at = time.monotonic() + settings.LEASE_SECONDS / 3
        self.is_stopping = False

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() >= self.ends_at

    async def run(self) -> int:
        """Claim, grade and settle; how many were settled."""
        try:
            await self._grade_suspects()
            while await self._step():
                pass
        finally:
            await self._finish()
        return self.settled

    async def _grade_suspects(self) -> None:
        """What crashed a worker before is graded first and alone."""
        await self._look_for_a_stop()
        while not self.is_stopping and not self.time_is_up:
            claimed = await _on(self.database, _claim_alone, self.worker)
            if not claimed:
                return
            self._start(claimed)
            while self.in_flight and not self.is_stopping:
                await self._tick()
                await self._look_for_a_stop()
            await self._flush()

    async def _step(self) -> bool:
        await self._look_for_a_stop()
        free = settings.GRADING_CONCURRENCY - len(self.in_flight)
        claimed = 0
        if free and not self.is_stopping and not self.time_is_up:
            runs = await _on(self.database, leases.claim, self.worker, min(free, MOST_PER_BATCH))
            self._start(runs)
            claimed = len(runs)
        if self.is_stopping or not (self.in_flight or self.finished):
            return False
        if self.in_flight and (not claimed or claimed == free):
            await self._tick()
        await self._flush()
        return True

    def _start(self, runs: list[GradingRun]) -> None:
        for run in runs:
            lease = Lease(run.pk, run.fence)
            task = asyncio.create_task(self._grade(run, lease))
            self.in_flight[task] = lease
            task.add_done_callback(lambda done: self.in_flight.pop(done, None))

    async def _tick(self) -> None:
        """Wait until something in flight ends, at most TICK_SECONDS."""
        await asyncio.wait(
            set(self.in_flight), timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        await self._renew_when_due()

    async def _grade(self, run: GradingRun, lease: Lease) -> None:
        with bound_submission(run):
            try:
                response, plan = plans.response_of(run), plans.plan_of(run)
                async with asyncio.timeout(settings.GRADING_DEADLINE_SECONDS):
                    draft = await grade_writing(response, plan, self.model)
            except ProvidersUnavailable as error:
                log.warning("providers_unavailable", code=error.code, retry_after=error.retry_after)
                await self._postpone(lease, error.code, error.retry_after, error.tries)
            except plans.NoActiveVersion:
                log.error("no_active_rubric_or_prompt", skill=run.submission.skill)
                await self._postpone(lease, "no_active_version", None, ())
            except TimeoutError:
                await self._postpone(lease, "deadline", None, ())
            except Exception:
                # A fault of ours counts as a crash: tried again, then failed in the open.
                log.exception("grading_broke")
                await _on(self.database, leases.record_crash, lease)
            else:
                self.finished.append(Outcome(lease.run_id, lease.fence, draft))

    async def _postpone(
        self, lease: Lease, code: str, retry_after: float | None, tries: tuple[Any, ...]
    ) -> None:
        await _on(self.database, _postpone, lease, code, retry_after, tries)

    async def _flush(self) -> None:
        while self.finished:
            batch = self.finished[:MOST_PER_BATCH]
            self.settled += await _on(self.database, settle_batch, batch)
            del self.finished[: len(batch)]

    async def _renew_when_due(self) -> None:
        if time.monotonic() < self.renews_at or not self.in_flight:
            return
        self.renews_at = time.monotonic() + settings.LEASE_SECONDS / 3
        held = dict(self.in_flight)
        ours = await _on(self.database, leases.renew, list(held.values()))
        for task, lease in held.items():
            if lease.run_id not in ours:
                task.cancel()

    async def _look_for_a_stop(self) -> None:
        if not self.is_stopping:
            self.is_stopping = await _on(self.database, is_stop_requested)

    async def _finish(self) -> None:
        """Let what is in flight end within the grace, then give the rest back uncounted."""
        grace = STOP_GRACE_SECONDS if self.is_stopping else settings.GRADING_DEADLINE_SECONDS
        until = time.monotonic() + grace
        while self.in_flight and time.monotonic() < until:
            await asyncio.wait(set(self.in_flight), timeout=TICK_SECONDS)
            await self._flush()
            await self._renew_when_due()
            if not self.is_stopping:
                await self._look_for_a_stop()
                until = (
                    min(until, time.monotonic() + STOP_GRACE_SECONDS) if self.is_stopping else until
                )
        left = dict(self.in_flight)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._flush()
        for lease in left.values():
            await _on(self.database, _give_back, lease)


def is_stop_requested() -> bool:
    """This process's cluster was told to stop."""
    cluster = os.environ.get("VSTEP_CLUSTER_ID")
    return bool(
        cluster
        and WorkerCluster.objects.filter(pk=cluster, stop_requested_at__isnull=False).exists()
    )


def _claim_alone(worker: str) -> list[GradingRun]:
    leases.recover_expired()
    return leases.claim(worker, 1, alone=True)


def _postpone(
    lease: Lease, code: str, retry_after: float | None, tries: tuple[Any, ...]
) -> float | None:
    return outages.postpone(lease, code=code, retry_after=retry_after, tries=tries)


def _give_back(lease: Lease) -> bool:
    return leases.give_back(lease, reason="worker_stopping")


@contextlib.contextmanager
def bound_submission(run: GradingRun) -> Iterator[None]:
    """Log lines inside carry the submission they are about."""
    with structlog.contextvars.bound_contextvars(
        submission_id=run.submission.submission_id, run=run.pk
    ):
        yield
