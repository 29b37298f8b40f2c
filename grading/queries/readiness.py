"""Whether work goes on: clusters alive, and how long the oldest response has waited."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now
from django_q.models import OrmQ

from grading.enums import Status
from grading.models import Submission, WorkerCluster

# A supervisor beats every few seconds; after this long without a run and acknowledged canary
# nobody should rely on its cluster.
ALIVE_SECONDS = 30


@dataclass(frozen=True)
class Readiness:
    clusters_alive: int
    oldest_waiting_seconds: float | None

    @property
    def is_ready(self) -> bool:
        return self.clusters_alive > 0


def look() -> Readiness:
    """The state now; OperationalError where the database cannot be reached."""
    OrmQ.objects.exists()
    alive = WorkerCluster.objects.filter(
        stopped_at=None,
        last_canary_acked_at__gte=Now() - timedelta(seconds=ALIVE_SECONDS),
    ).count()
    oldest = (
        Submission.objects.filter(status__in=[Status.PENDING, Status.PROCESSING])
        .order_by("created_at")
        .values_list("created_at", Now())
        .first()
    )
    return Readiness(alive, round((oldest[1] - oldest[0]).total_seconds(), 1) if oldest else None)
