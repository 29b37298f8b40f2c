"""Keeps one cluster at work: starts it, watches it from outside, replaces it, stops it in order."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from grading.services.supervision import canaries, processes, register
from grading.services.supervision.health import DATABASE_GRACE_SECONDS, Health, restart_delay

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

TICK_SECONDS = 0.5
LOOK_SECONDS = 1.0
CANARY_SECONDS = 2.0
# A tick that took longer: the machine, or the database, kept the supervisor itself waiting.
STALL_SECONDS = 2.0
# Within the 30 s an orchestrator gives, the end of the processes and of their rows included.
STOP_SECONDS = 27.0
ABANDONED_SECONDS = 30.0
SWEEPS = ("grading.tasks.sweep", "review.tasks.settle_ratings")
CONNECTION_LIMITS = {"connect_timeout": 10, "tcp_user_timeout": 10_000, "keepalives_idle": 10}
DATABASE_AWAY = (OperationalError, InterfaceError)


@dataclass
class Cluster:
    """A running cluster, and when its supervisor has to do what for it next."""

    id: str
    main: subprocess.Popen[bytes]
    health: Health
    look_at: float = 0.0
    canary_at: float = 0.0
    sweep_at: float = 0.0
    abandoned_at: float = 0.0
    sweep_rows: dict[str, int] = field(default_factory=dict)


class Supervisor:
    """One per `manage.py worker`; runs in the main thread."""

    def __init__(self) -> None:
        self.signals = 0
        self.failures = 0
        self.database_was_away = False

    def run(self) -> None:
        """Supervise clusters, one after the other, until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count_signal)
        while not self.signals:
            cluster = self._start()
            if cluster is None:
                return
            try:
                reason = self._watch(cluster)
                if reason is None:
                    self._stop(cluster)
            finally:
                self._end(cluster)
            if reason is not None:
                self._wait_before_next(cluster, reason)

    def _count_signal(self, _number: int, _frame: object) -> None:
        self.signals += 1

    def _start(self) -> Cluster | None:
        """None when told to stop before the database was there."""
        self._insist(register.end_abandoned_clusters)
        self._insist(register.forget_old_clusters)
        row = self._insist(register.register_cluster)
        if row is None:
            return None
        main = processes.start_cluster(row.pk)
        log.info("cluster_started", cluster=row.pk, session=main.pid)
        now = time.monotonic()
        cluster = Cluster(row.pk, main, Health.at_start(now, self.failures))
        cluster.abandoned_at = now + ABANDONED_SECONDS
        return cluster

    def _watch(self, cluster: Cluster) -> str | None:
        """Until the cluster fails, and why; None when told to stop."""
        self._insist(register.record_session, cluster.id, cluster.main.pid)
        last = time.monotonic()
        while not self.signals:
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            if now - last > STALL_SECONDS:
                cluster.health.excuse(now - last)
            last = now
            reason = _process_failure(cluster) or self._look(cluster, now)
            if reason:
                return reason
        return None

    def _look(self, cluster: Cluster, now: float) -> str | None:
        if now < cluster.look_at:
            return None
        cluster.look_at = now + LOOK_SECONDS
        if self._try(_attend, cluster, now) is None:
            # Nobody can prove anything without the database, and it takes a while to recover.
            cluster.health.grant(time.monotonic(), DATABASE_GRACE_SECONDS)
            return None
        return cluster.health.failure(now)

    def _stop(self, cluster: Cluster) -> None:
        log.info("cluster_stopping", cluster=cluster.id)
        # To the main process alone: the sentinel dies of it, and main then waits for ever.
        cluster.main.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        self._try(register.request_stop, cluster.id)
        while time.monotonic() < until and self.signals < 2:
            if processes.has_exited(cluster.main):
                return
            time.sleep(0.1)
        log.warning("cluster_does_not_stop", cluster=cluster.id, hastened=self.signals > 1)

    def _end(self, cluster: Cluster) -> None:
        """Leave no process of the cluster, then give back what it held."""
        ended = processes.end_session(cluster.main.pid)
        cluster.main.wait()
        settle = self._try if self.signals else self._insist
        released = settle(register.settle_end, cluster.id)
        log.info("cluster_ended", cluster=cluster.id, processes_killed=ended, runs=released)

    def _wait_before_next(self, cluster: Cluster, reason: str) -> None:
        self.failures = 0 if cluster.health.was_proven else self.failures + 1
        delay = restart_delay(self.failures)
        log.error(
            "cluster_failed",
            cluster=cluster.id,
            reason=reason,
            failures_in_a_row=self.failures,
            next_start_in=delay,
        )
        until = time.monotonic() + delay
        while time.monotonic() < until and not self.signals:
            time.sleep(TICK_SECONDS)

    def _insist(self, function: Callable[..., Result], *arguments: object) -> Result | None:
        """Call it until the database is there; None when told to stop meanwhile."""
        while (result := self._try(function, *arguments)) is None and self.database_was_away:
            if self.signals:
                return None
            time.sleep(1.0)
        return result

    def _try(self, function: Callable[..., Result], *arguments: object) -> Result | None:
        """Call it once; None, with `database_was_away` set, when the database is not there."""
        try:
            close_old_connections()
            result = function(*arguments)
        except DATABASE_AWAY as error:
            connection.close()
            if not self.database_was_away:
                log.warning("database_away", error=type(error).__name__)
            self.database_was_away = True
            return None
        if self.database_was_away:
            log.info("database_back")
        self.database_was_away = False
        return result


def supervise() -> None:
    """Run and replace a cluster until SIGTERM or SIGINT; returns when no process of it is left."""
    # A connection cut without a word would keep the supervisor waiting for hours.
    connection.settings_dict["OPTIONS"] = CONNECTION_LIMITS | connection.settings_dict["OPTIONS"]
    Supervisor().run()


def _process_failure(cluster: Cluster) -> str | None:
    if processes.has_exited(cluster.main):
        return "main_exited"
    if cluster.health.first_proof and not processes.has_children(cluster.main.pid):
        return "sentinel_gone"
    return None


def _attend(cluster: Cluster, now: float) -> bool:
    """Take in the canaries, send what is due, and say that the supervisor is there."""
    register.record_beat(cluster.id)
    is_new = cluster.health.first_proof is None
    evidence = canaries.collect_canaries(cluster.id)
    cluster.health.observe(now, acknowledged=evidence.acknowledged, run_only=evidence.run_only)
    if is_new and cluster.health.first_proof:
        log.info("cluster_works", cluster=cluster.id)
    if now >= cluster.canary_at and evidence.outstanding < canaries.MOST_OUTSTANDING:
        cluster.canary_at = now + CANARY_SECONDS
        canaries.send_canary(cluster.id)
    if now >= cluster.sweep_at:
        cluster.sweep_at = now + settings.SWEEP_SECONDS
        _send_sweeps(cluster)
    if now >= cluster.abandoned_at:
        cluster.abandoned_at = now + ABANDONED_SECONDS
        register.end_abandoned_clusters()
    return True


def _send_sweeps(cluster: Cluster) -> None:
    """To this cluster itself: in the shared queue one that hangs elsewhere could hold them."""
    queued = canaries.still_queued(list(cluster.sweep_rows.values()))
    for task in SWEEPS:
        if cluster.sweep_rows.get(task) not in queued:
            cluster.sweep_rows[task] = canaries.enqueue_for(cluster.id, task)
