"""django-q2's database broker, with a second queue for every cluster that it alone reads.

Clusters of all machines share one queue, where a task for one of them may be taken, and kept, by
any other. A canary there says little: a healthy cluster may see none for a while, and one that
hangs may hold a neighbour's. So each cluster also reads a queue named after its id, and first: a
canary waits behind what was prefetched, not behind the backlog.
"""

import os
import time
from typing import Any

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf

# Two queries a second more per cluster; the shared queue is asked five times a second.
OWN_QUEUE_INTERVAL = 0.5


def own_queue(cluster_id: str) -> str:
    """The queue that only this cluster reads."""
    return f"cluster:{cluster_id}"


class ClusterBroker(ORM):  # type: ignore[misc]
    row: int | None = None
    asked_at = 0.0

    def enqueue(self, task: str) -> int:
        """Queue a signed task; `row` is then its row, which is gone once it is acknowledged."""
        self.row = super().enqueue(task)
        return self.row

    def dequeue(self) -> Any:
        """The next tasks, those for this cluster alone first; None after an idle poll."""
        return self._take_own() or super().dequeue()

    def _take_own(self) -> list[tuple[int, str]]:
        cluster_id = os.environ.get("VSTEP_CLUSTER_ID")
        if not cluster_id or time.monotonic() < self.asked_at + OWN_QUEUE_INTERVAL:
            return []
        self.asked_at = time.monotonic()
        queue = self.get_connection().filter(key=own_queue(cluster_id))
        due = queue.filter(lock__lt=timezone.now()).order_by("pk")
        tasks = list(due.values_list("pk", "payload")[: Conf.BULK])
        if len(tasks) == Conf.BULK:
            self.asked_at = 0.0
        queue.filter(pk__in=[pk for pk, _ in tasks]).update(lock=self.timeout(None))
        return tasks
