"""The rows of supervised clusters, and the end of those whose supervisor is dead."""

import os
import platform
import secrets
from datetime import timedelta

import structlog
from django.db.models import Q
from django.db.models.functions import Now

from grading.models import WorkerCluster
from grading.services.leases import release_dead_cluster
from grading.services.supervision import processes
from grading.services.supervision.canaries import forget_queue

log = structlog.get_logger(__name__)

# Beats come every second. Clocks: the database's on both sides.
STALE_BEAT = timedelta(seconds=30)
# By the wall clock, which may be set a little between two looks at the same process.
SAME_START_SECONDS = 5.0
KEPT = timedelta(days=1)


def register_cluster() -> WorkerCluster:
    """A row for a cluster that is about to be started by this process."""
    host = platform.node()
    return WorkerCluster.objects.create(
        id=f"{host[:40]}:{os.getpid()}:{secrets.token_hex(4)}",
        host=host,
        supervisor_pid=os.getpid(),
        supervisor_started=processes.started_at(os.getpid()) or 0.0,
    )


def record_session(cluster_id: str, main_pid: int) -> None:
    """Note the session of the cluster's processes: the pid of its main process."""
    WorkerCluster.objects.filter(pk=cluster_id).update(
        session_pid=main_pid, session_started=processes.started_at(main_pid)
    )


def record_beat(cluster_id: str) -> None:
    """The supervisor is there and sees the database."""
    WorkerCluster.objects.filter(pk=cluster_id).update(heartbeat_at=Now())


def request_stop(cluster_id: str) -> None:
    """Ask the cluster's drains to take nothing more and to come to an end."""
    WorkerCluster.objects.filter(pk=cluster_id).update(stop_requested_at=Now())


def settle_end(cluster_id: str) -> int:
    """After the cluster's processes are gone: give back what they held; how many runs."""
    forget_queue(cluster_id)
    released = release_dead_cluster(cluster_id)
    WorkerCluster.objects.filter(pk=cluster_id).update(stopped_at=Now())
    return released


def end_abandoned_clusters() -> int:
    """End what supervisors that died on this machine left running; how many clusters."""
    ended = 0
    running = WorkerCluster.objects.filter(host=platform.node(), stopped_at=None)
    for cluster in running:
        if _is_supervised(cluster):
            continue
        strays = processes.end_strays(cluster.pk, cluster.session_pid)
        # Without a process there is no proof that it ran on this machine: another container may
        # have the same host name. A beat that stops is proof enough.
        if strays or not _beats(cluster):
            released = settle_end(cluster.pk)
            log.warning(
                "abandoned_cluster_ended", cluster=cluster.pk, processes=strays, runs=released
            )
            ended += 1
    return ended


def forget_old_clusters() -> int:
    """Delete the rows of clusters that ended, or were last heard of, a day ago; how many."""
    gone = Q(stopped_at__lt=Now() - KEPT) | Q(heartbeat_at__lt=Now() - KEPT)
    old = WorkerCluster.objects.filter(gone)
    for cluster in old:
        forget_queue(cluster.pk)
    return old.delete()[1].get("grading.WorkerCluster", 0)


def _is_supervised(cluster: WorkerCluster) -> bool:
    if not processes.is_alive(cluster.supervisor_pid):
        return False
    started = processes.started_at(cluster.supervisor_pid)
    is_same = started is not None and abs(started - cluster.supervisor_started) < SAME_START_SECONDS
    # A clock that was set must not make a living supervisor look like a stranger.
    return is_same or _beats(cluster)


def _beats(cluster: WorkerCluster) -> bool:
    return WorkerCluster.objects.filter(
        pk=cluster.pk, heartbeat_at__gte=Now() - STALE_BEAT
    ).exists()
