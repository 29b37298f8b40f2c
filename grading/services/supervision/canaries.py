"""Proof that a cluster works: tasks of its own, run by it and acknowledged.

Both are asked for. A cluster whose monitor is dead runs everything and acknowledges nothing, and
one whose idle worker was killed does neither, while all its processes look well.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django_q.models import OrmQ
from django_q.tasks import async_task

from grading.models import Canary, WorkerCluster
from grading.services.supervision.broker import ClusterBroker, own_queue

# More say nothing new about a cluster that hangs.
MOST_OUTSTANDING = 4


@dataclass(frozen=True)
class Evidence:
    """What became of the canaries since the last look."""

    acknowledged: int
    run_only: int
    waiting: int

    @property
    def outstanding(self) -> int:
        return self.run_only + self.waiting


def enqueue_for(cluster_id: str, task: str, *arguments: int) -> int:
    """Queue a task that only this cluster can take; its queue row, gone once acknowledged."""
    broker = ClusterBroker(list_key=own_queue(cluster_id))
    async_task(task, *arguments, broker=broker)
    if broker.row is None:
        raise RuntimeError("the task was not queued")
    return broker.row


@transaction.atomic
def send_canary(cluster_id: str) -> None:
    """Queue one more canary for the cluster."""
    canary = Canary.objects.create(asked_by_id=cluster_id)
    canary.queue_row = enqueue_for(cluster_id, "grading.tasks.canary", canary.pk)
    canary.save()


def record_canary(canary_id: int) -> bool:
    """Note which cluster ran it; False when nobody asks any more."""
    cluster_id = os.environ.get("VSTEP_CLUSTER_ID", "")
    canaries = Canary.objects.filter(pk=canary_id)
    return bool(canaries.update(ran_by=cluster_id[:80], ran_at=Now()))


def collect_canaries(cluster_id: str) -> Evidence:
    """Look what became of the cluster's canaries, and forget those that are through."""
    canaries = list(Canary.objects.filter(asked_by=cluster_id).order_by("pk"))
    queued = still_queued([canary.queue_row for canary in canaries if canary.queue_row])
    through = [canary for canary in canaries if canary.queue_row not in queued]
    proofs = [canary for canary in through if canary.ran_by == cluster_id]
    Canary.objects.filter(pk__in=[canary.pk for canary in through]).delete()
    if proofs:
        WorkerCluster.objects.filter(pk=cluster_id).update(
            last_canary_ran_at=max(canary.ran_at for canary in proofs if canary.ran_at),
            last_canary_acked_at=Now(),
        )
    left = [canary for canary in canaries if canary.queue_row in queued]
    run_only = [canary for canary in left if canary.ran_by == cluster_id]
    return Evidence(len(proofs), len(run_only), len(left) - len(run_only))


def still_queued(rows: Sequence[int]) -> set[int]:
    """Which of these queue rows are not acknowledged yet."""
    return set(OrmQ.objects.filter(pk__in=rows).values_list("pk", flat=True))


@transaction.atomic
def forget_queue(cluster_id: str) -> None:
    """Take back everything queued for this cluster alone."""
    OrmQ.objects.filter(key=own_queue(cluster_id)).delete()
    Canary.objects.filter(asked_by=cluster_id).delete()
